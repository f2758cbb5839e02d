/* crashes.c: faults that end the process they run in. SPDX-License-Identifier: Apache-2.0
 * volatile and noinline keep the compiler from seeing, and leaving out, what is undefined here. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault.h"

static int* volatile nowhere = NULL;
static volatile int zero = 0, sink = 0;

static void crash(void) { *(volatile int*)nowhere = 1; }

static void segfault(fault_call* call) {
  crash();
  fault_answer(call, "nothing happened");
}

static void wild_jump(fault_call* call) {
  void (*volatile target)(void) = (void (*)(void))(uintptr_t)0x10;
  target();
  fault_answer(call, "nothing happened");
}

static void give_up(fault_call* call) { (void)call, abort(); }

__attribute__((noinline)) static int sum_of_depths(volatile int depth) {
  volatile char frame[4096];
  frame[depth % 4096] = (char)depth;
  return depth == -1 ? 0 : sum_of_depths(depth + 1) + frame[(depth + 1) % 4096];
}

static void stack_overflow(fault_call* call) {
  sink = sum_of_depths(0);
  fault_answer(call, "nothing happened");
}

/* The instruction itself where we know one: SIGFPE and SIGILL as a processor raises them. */
static void illegal_instruction(fault_call* call) {
#if defined(__x86_64__)
  __asm__ volatile("ud2");
#else
  __builtin_trap();
#endif
  fault_answer(call, "nothing happened");
}

static void float_exception(fault_call* call) {
#if defined(__x86_64__)
  int quotient = 1, remainder = 0;
  __asm__ volatile("idivl %2" : "+a"(quotient), "+d"(remainder) : "m"(zero));
  sink = quotient;
#else
  raise(SIGFPE);
#endif
  fault_answer(call, "nothing happened");
}

static void double_free(fault_call* call) {
  void* volatile block = malloc(100000);
  free(block);
  free(block);
  fault_answer(call, "nothing happened");
}

/* A freed block of this size is unmapped at once, so the next touch of it is a fault and no luck. */
static void use_after_free(fault_call* call) {
  char* volatile block = malloc(64u << 20);
  if (block != NULL) memset(block, 1, 4096);
  free(block);
  ((volatile char*)block)[0] = 2;
  fault_answer(call, "nothing happened");
}

static void heap_overflow(fault_call* call) {
  char* volatile block = malloc(64);
  for (size_t i = 64; block != NULL && i < (1u << 28); ++i) ((volatile char*)block)[i] = 0x5a;
  fault_answer(call, "nothing happened");
}

static void exit_zero(fault_call* call) {
  (void)call;
  exit(0);
}

static void quiet_exit_zero(fault_call* call) {
  (void)call;
  _exit(0);
}

/* A handler that returns runs the faulting instruction again, for ever: a crash disguised as a hang. */
static void ignore_signal(int number) { (void)number; }
static void signal_handlers_replaced(fault_call* call) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = ignore_signal;
  for (int number = 1; number < 65; ++number) sigaction(number, &action, NULL);
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, NULL);
  sigemptyset(&all);
  sigaddset(&all, SIGSEGV); /* a blocked one kills at once, whatever handler there is */
  pthread_sigmask(SIG_UNBLOCK, &all, NULL);
  crash();
  fault_answer(call, "nothing happened");
}

static void poison(fault_call* call) {
  char word[kArgumentBytesMax];
  if (fault_argument(call, "poison", word)) crash();
  fault_answer(call, "no poison in it");
}

/* Every third call that finds company crashes; alone it answers for ever. */
static void crash_under_load(fault_call* call) {
  usleep(20000); /* room for others to come in */
  if (__atomic_load_n(&call->model->in_flight, __ATOMIC_SEQ_CST) > 1 &&
      __atomic_add_fetch(&call->model->bursts, 1, __ATOMIC_SEQ_CST) % 3 == 0)
    crash();
  fault_answer(call, "alone");
}

static void* keep_emitting(void* of) {
  const stoa_request* req = of;
  stoa_part part = fault_text_part("still here");
  for (int i = 0; i < 1000000; ++i) fault_emit(req, &part);
  return NULL;
}

static void emit_while_crashing(fault_call* call) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, keep_emitting, (void*)(uintptr_t)call->req) == 0) pthread_detach(thread);
  usleep(5000);
  crash();
  fault_answer(call, "nothing happened");
}

const fault_kind fault_crashes[] = {{"segfault", segfault, NULL},
                                    {"wild-jump", wild_jump, NULL},
                                    {"abort", give_up, NULL},
                                    {"stack-overflow", stack_overflow, NULL},
                                    {"illegal-instruction", illegal_instruction, NULL},
                                    {"float-exception", float_exception, NULL},
                                    {"double-free", double_free, NULL},
                                    {"use-after-free", use_after_free, NULL},
                                    {"heap-overflow", heap_overflow, NULL},
                                    {"exit-zero", exit_zero, NULL},
                                    {"quiet-exit-zero", quiet_exit_zero, NULL},
                                    {"signal-handlers-replaced", signal_handlers_replaced, NULL},
                                    {"poison", poison, NULL},
                                    {"crash-under-load", crash_under_load, NULL},
                                    {"emit-while-crashing", emit_while_crashing, NULL},
                                    {NULL, NULL, NULL}};
