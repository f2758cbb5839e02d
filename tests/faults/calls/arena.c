/* arena.c: faults against what host and worker share: mappings and descriptors. SPDX-License-Identifier: Apache-2.0
 * The request's word secret=… is never logged, so whoever finds it in memory has found the request itself. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "fault.h"

enum { kDescriptorsMax = 1024 };

static int is_regular(int descriptor, struct stat* found) {
  return fstat(descriptor, found) == 0 && S_ISREG(found->st_mode);
}

/* stdin, stdout and stderr are only asked whether they could be truncated: the host's log is the evidence. */
static void truncate_arena(fault_call* call) {
  int error = EBADF, asked = 0;
  for (int descriptor = 0; descriptor < kDescriptorsMax; ++descriptor) {
    struct stat found;
    if (!is_regular(descriptor, &found)) continue;
    ++asked;
    const int can_write = (fcntl(descriptor, F_GETFL) & O_ACCMODE) != O_RDONLY;
    if (descriptor <= 2 ? can_write && found.st_size > 0 && (fcntl(descriptor, F_GETFL) & O_APPEND) == 0
                        : ftruncate(descriptor, 0) == 0)
      return fault_answer(call, "MISDEED: descriptor %d can be truncated", descriptor);
    error = errno;
  }
  char what[64];
  snprintf(what, sizeof what, "%d files asked", asked);
  fault_refused(call, error, what);
}

static int holds_secret(const fault_call* call, const char* bytes, size_t n) {
  char secret[kArgumentBytesMax];
  return fault_argument(call, "secret", secret) && memmem(bytes, n, secret, strlen(secret)) != NULL;
}

/* Calls visit for each line of the mappings whose permissions match, until it returns non-zero. */
static int each_mapping(const fault_call* call, const char* permissions,
                        int (*visit)(const fault_call* call, char* from, size_t n)) {
  for (const char* line = call->model->maps_at_load; line != NULL && *line != 0;) {
    char flags[8] = "";
    unsigned long from = 0, to = 0;
    if (sscanf(line, "%lx-%lx %4s", &from, &to, flags) == 3 && strcmp(flags, permissions) == 0) {
      const int result = visit(call, (char*)from, to - from);
      if (result != 0) return result;
    }
    line = strchr(line, '\n');
    if (line != NULL) ++line;
  }
  return 0;
}

static int make_writable(const fault_call* call, char* from, size_t n) {
  (void)call;
  if (mprotect(from, n, PROT_READ | PROT_WRITE) != 0) return 0;
  *(volatile char*)from = *(volatile char*)from;
  return 1;
}

/* The page the request's text lies on, whether the list of mappings could be read or not. Only a shared mapping can be
 * doubled by mremap with an old size of 0, and a private one is the worker's own. */
static int request_page_is_writable(const fault_call* call) {
  const uintptr_t page = (uintptr_t)call->req->inputs[0]->u.bytes.p & ~(uintptr_t)4095;
  void* twin = mremap((void*)page, 0, 4096, MREMAP_MAYMOVE);
  if (twin == MAP_FAILED) return 0;
  munmap(twin, 4096);
  return mprotect((void*)page, 4096, PROT_READ | PROT_WRITE) == 0;
}

static void write_arena(fault_call* call) {
  if (request_page_is_writable(call)) return fault_answer(call, "MISDEED: the request's own page is writable");
  const int error = errno;
  if (each_mapping(call, "r--s", make_writable)) return fault_answer(call, "MISDEED: a read-only mapping is writable");
  for (int descriptor = 3; descriptor < kDescriptorsMax; ++descriptor) {
    struct stat found;
    if (!is_regular(descriptor, &found) || found.st_size == 0) continue;
    const size_t n = (size_t)found.st_size;
    char* mapped = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (mapped == MAP_FAILED) continue;
    const int is_request = holds_secret(call, mapped, n);
    munmap(mapped, n);
    if (is_request) return fault_answer(call, "MISDEED: descriptor %d maps requests for writing", descriptor);
  }
  fault_refused(call, error, "mprotect");
}

static int scribble(const fault_call* call, char* from, size_t n) {
  (void)call;
  for (size_t at = 0; at < n; ++at) ((volatile char*)from)[at] = (char)(at * 31 + 7);
  return 0;
}

/* What the worker may write, it writes: the host must take nothing there for granted. */
/* What it said before lies in the memory it is about to destroy: the host gets a moment to read it. */
static void let_the_host_read(void) {
  const struct timespec moment = {0, 20000000};
  nanosleep(&moment, NULL);
}

static void garbage_headers(fault_call* call) {
  let_the_host_read();
  each_mapping(call, "rw-s", scribble);
  fault_answer(call, "answered on scribbled memory");
}

static int scribble_ones(const fault_call* call, char* from, size_t n) {
  (void)call;
  memset(from, 0xff, n < 4096 ? n : 4096);
  return 0;
}

/* Only the first page, with the largest numbers there are, while the worker goes on. */
static void huge_headers(fault_call* call) {
  let_the_host_read();
  each_mapping(call, "rw-s", scribble_ones);
  fault_answer(call, "answered on memory full of ones");
}

static void write_every_descriptor(fault_call* call) {
  static char garbage[4096];
  memset(garbage, 0xa5, sizeof garbage);
  for (int descriptor = 3; descriptor < kDescriptorsMax; ++descriptor) {
    struct stat found;
    if (is_regular(descriptor, &found) || fcntl(descriptor, F_GETFL) < 0) continue;
    fcntl(descriptor, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < 16 && write(descriptor, garbage, sizeof garbage) > 0; ++i) continue;
  }
  fault_answer(call, "wrote to every descriptor");
}

static void close_all_fds(fault_call* call) {
  for (int descriptor = 0; descriptor < kDescriptorsMax; ++descriptor) close(descriptor);
  fault_answer(call, "closed every descriptor");
}

static int take_away(const fault_call* call, char* from, size_t n) {
  (void)call;
  munmap(from, n);
  return 0;
}

static void unmap_arena(fault_call* call) {
  each_mapping(call, "rw-s", take_away);
  each_mapping(call, "r--s", take_away);
  fault_answer(call, "answered without shared memory");
}

const fault_kind fault_arena[] = {{"truncate-arena", truncate_arena, NULL},
                                  {"write-arena", write_arena, NULL},
                                  {"garbage-headers", garbage_headers, NULL},
                                  {"huge-headers", huge_headers, NULL},
                                  {"write-every-descriptor", write_every_descriptor, NULL},
                                  {"close-all-fds", close_all_fds, NULL},
                                  {"unmap-arena", unmap_arena, NULL},
                                  {NULL, NULL, NULL}};
