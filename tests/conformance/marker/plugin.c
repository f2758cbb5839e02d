// plugin.c: leaves a file in STOA_MARKER_DIR for each piece of its code that runs: while the loader relocates it, right
// after that, and when a model is loaded. SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include "tests/conformance/echo_plugin.h"

static void leave(const char* path) {
  const int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
  if (file >= 0) close(file);
}

__attribute__((constructor)) static void construct(void) { leave(STOA_MARKER_DIR "/constructor"); }

static void run_from_table(void) { leave(STOA_MARKER_DIR "/init_array"); }
__attribute__((used, section(".init_array"))) static void (*const table_entry)(void) = run_from_table;

static void echo_moment(const char* where, stoa_str config) {
  (void)config;
  if (strcmp(where, "load") == 0) leave(STOA_MARKER_DIR "/load");
}

#if defined(__x86_64__)
// Runs before this library is relocated: no call to another one, hence the bare system call.
#if defined(__has_attribute) && __has_attribute(disable_sanitizer_instrumentation)
#define BARE __attribute__((used, no_stack_protector, disable_sanitizer_instrumentation))
#else
#define BARE __attribute__((used))
#endif
static int chosen(void) { return 1; }
BARE static int (*resolve(void))(void) {
  static const char path[] = STOA_MARKER_DIR "/resolver";
  long result = 257;  // openat
  register long mode __asm__("r10") = 0600;
  __asm__ volatile("syscall"
                   : "+a"(result)
                   : "D"((long)AT_FDCWD), "S"(path), "d"((long)(O_CREAT | O_WRONLY | O_CLOEXEC)), "r"(mode)
                   : "rcx", "r11", "memory");
  return chosen;
}
int marker_choice(void) __attribute__((ifunc("resolve"), visibility("hidden")));
__attribute__((used)) static int (*const keep_choice)(void) = marker_choice;
#endif
