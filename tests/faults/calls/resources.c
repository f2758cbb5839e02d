/* resources.c: faults that take more than their share. SPDX-License-Identifier: Apache-2.0
 * Each bounds itself, so that a host without a sandbox survives the proof that the fault is real. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fault.h"
#include "stoa/ext/log.h"
#include "stoa/ext/metrics.h"

enum { kChildrenMax = 64, kThreadsMax = 4096, kDescriptorsMax = 65536 };
static const size_t kMiB = 1u << 20;

/* Touches memory page by page until it is refused or 2 GiB are its own, eight times what its budget allows. */
static void memory_balloon(fault_call* call) {
  enum { kChunksMax = 64 };
  const size_t chunk = 32 * kMiB;
  char* chunks[kChunksMax];
  int n = 0, error = 0;
  for (; n < kChunksMax; ++n) {
    chunks[n] = mmap(NULL, chunk, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (chunks[n] == MAP_FAILED) {
      error = errno;
      break;
    }
    for (size_t at = 0; at < chunk; at += 4096) ((volatile char*)chunks[n])[at] = 1;
  }
  for (int i = 0; i < n; ++i) munmap(chunks[i], chunk);
  char what[64];
  snprintf(what, sizeof what, "after %d MiB", n * 32);
  if (n < kChunksMax) return fault_refused(call, error, what);
  fault_answer(call, "MISDEED: 2 GiB of memory");
}

/* The address space without touching it: 8 GiB at once. */
static void address_space(fault_call* call) {
  void* block = mmap(NULL, 8192 * kMiB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (block == MAP_FAILED) return fault_refused(call, errno, "8 GiB of addresses");
  munmap(block, 8192 * kMiB);
  fault_answer(call, "8 GiB of addresses, none of them touched");
}

static void fork_bomb(fault_call* call) {
  pid_t children[kChildrenMax];
  int n = 0, error = 0;
  for (; n < kChildrenMax; ++n) {
    children[n] = fork();
    if (children[n] == 0) {
      usleep(1000000);
      _exit(0);
    }
    if (children[n] < 0) {
      error = errno;
      break;
    }
  }
  for (int i = 0; i < n; ++i) waitpid(children[i], NULL, 0);
  if (n == 0) return fault_refused(call, error, "fork");
  fault_answer(call, "MISDEED: %d children", n);
}

static void* wait_for_the_end(void* gate) {
  pthread_mutex_lock(gate);
  pthread_mutex_unlock(gate);
  return NULL;
}

static void thread_bomb(fault_call* call) {
  static pthread_t threads[kThreadsMax];
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  pthread_attr_t small;
  pthread_attr_init(&small);
  pthread_attr_setstacksize(&small, 64u << 10);
  int n = 0, error = 0;
  pthread_mutex_lock(&gate);
  while (n < kThreadsMax && error == 0) {
    error = pthread_create(&threads[n], &small, wait_for_the_end, &gate);
    if (error == 0) ++n;
  }
  pthread_mutex_unlock(&gate);
  for (int i = 0; i < n; ++i) pthread_join(threads[i], NULL);
  pthread_attr_destroy(&small);
  char what[64];
  snprintf(what, sizeof what, "after %d threads", n);
  if (n < kThreadsMax) return fault_refused(call, error, what);
  fault_answer(call, "MISDEED: %d threads", n);
}

/* Leaks until there are none left, and answers with none left. */
static void fd_leak(fault_call* call) {
  int n = 0;
  while (n < kDescriptorsMax && eventfd(0, EFD_CLOEXEC) >= 0) ++n;
  char what[64];
  const int error = errno;
  snprintf(what, sizeof what, "after %d descriptors", n);
  if (n < kDescriptorsMax) return fault_refused(call, error, what);
  fault_answer(call, "MISDEED: %d descriptors", n);
}

static void flood(int descriptor) {
  static char line[65536];
  memset(line, '.', sizeof line);
  line[sizeof line - 1] = '\n';
  for (size_t sent = 0; sent < 64 * kMiB; sent += sizeof line)
    if (write(descriptor, line, sizeof line) < 0) return;
}

static void stdout_flood(fault_call* call) {
  flood(STDOUT_FILENO);
  fault_answer(call, "said much on stdout");
}

static void stderr_flood(fault_call* call) {
  flood(STDERR_FILENO);
  fault_answer(call, "said much on stderr");
}

/* The pipe that wakes the host's I/O thread, again and again, with nothing said. */
static void bell_flood(fault_call* call) {
  enum { kBell = 5 };
  struct stat status;
  if (fstat(kBell, &status) != 0 || !S_ISFIFO(status.st_mode)) return fault_refused(call, ENOENT, "no bell");
  for (int i = 0; i < 20000000; ++i)
    if (write(kBell, "", 1) < 0 && errno != EAGAIN) break;
  fault_answer(call, "rang much");
}

static void log_flood(fault_call* call) {
  static char line[16384];
  memset(line, 'x', sizeof line - 1);
  const stoa_host_log* log = fault_table(call, STOA_EXT_HOST_LOG);
  for (int i = 0; log != NULL && i < 20000; ++i)
    log->log(call->host, STOA_LOG_ERROR, call->req, fault_text(line), fault_text("{\"not\": \"an object\""));
  fault_answer(call, "said much in the log");
}

static void metric_flood(fault_call* call) {
  const stoa_host_metrics* metrics = fault_table(call, STOA_EXT_HOST_METRICS);
  if (metrics == NULL) return fault_refused(call, ENOSYS, "no metrics");
  int n = 0;
  for (; n < 100000; ++n) {
    char name[64];
    stoa_error err = {sizeof err, 0, 0, 0, "", ""};
    snprintf(name, sizeof name, "flood_%d", n);
    stoa_metric* metric =
        metrics->open(call->host, STOA_METRIC_COUNTER, fault_text(name), fault_text("h"), fault_text(""), &err);
    if (metric == NULL) break;
    metrics->record(metric, -1e300);
  }
  char what[64];
  snprintf(what, sizeof what, "after %d series", n);
  if (n < 100000) return fault_refused(call, 0, what);
  fault_answer(call, "MISDEED: %d series", n);
}

/* Everywhere a program may usually write; what was written is removed again. */
static void fill_disk(fault_call* call) {
  static const char* const kPlaces[] = {"/tmp", "/var/tmp", "/dev/shm", ".", "/", "/run", "/var/log"};
  static char block[1u << 20];
  char places[256] = "", path[128];
  int error = 0;
  for (size_t i = 0; i < sizeof kPlaces / sizeof kPlaces[0]; ++i) {
    snprintf(path, sizeof path, "%s/stoa-fault-%d", kPlaces[i], (int)getpid());
    const int file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (file < 0) {
      error = errno;
      continue;
    }
    int written = 0;
    while (written < 64 && write(file, block, sizeof block) == (ssize_t)sizeof block) ++written;
    close(file);
    unlink(path);
    snprintf(places + strlen(places), sizeof places - strlen(places), " %s: %d MiB", kPlaces[i], written);
  }
  if (places[0] == 0) return fault_refused(call, error, "no place to write");
  fault_answer(call, "MISDEED:%s", places);
}

/* A file without a name counts as memory and is bounded by the budget. */
static void fill_memfd(fault_call* call) {
  static char block[1u << 20];
  const int file = memfd_create("fault", MFD_CLOEXEC);
  if (file < 0) return fault_refused(call, errno, "memfd_create");
  int written = 0;
  while (written < 2048 && write(file, block, sizeof block) == (ssize_t)sizeof block) ++written;
  const int error = errno;
  close(file);
  if (written < 2048) return fault_refused(call, error, "a memfd");
  fault_answer(call, "MISDEED: a memfd of 2 GiB");
}

const fault_kind fault_resources[] = {{"memory-balloon", memory_balloon, NULL},
                                      {"address-space", address_space, NULL},
                                      {"fork-bomb", fork_bomb, NULL},
                                      {"thread-bomb", thread_bomb, NULL},
                                      {"fd-leak", fd_leak, NULL},
                                      {"stdout-flood", stdout_flood, NULL},
                                      {"stderr-flood", stderr_flood, NULL},
                                      {"log-flood", log_flood, NULL},
                                      {"bell-flood", bell_flood, NULL},
                                      {"metric-flood", metric_flood, NULL},
                                      {"fill-disk", fill_disk, NULL},
                                      {"fill-memfd", fill_memfd, NULL},
                                      {NULL, NULL, NULL}};
