/* hangs.c: faults that do not come back, or not in time. SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "fault.h"

static volatile uint64_t turns = 0;

static void infinite_loop(fault_call* call) {
  for (;;) turns = turns + 1;
  fault_answer(call, "out of a loop without an end");
}

/* Ends by itself, so that a host without a killer may at least be joined; far behind every deadline of this corpus. */
static void sleep_past_deadline(fault_call* call) {
  for (int i = 0; i < 600; ++i) usleep(100000);
  fault_answer(call, "slept");
}

static void deadlock(fault_call* call) {
  pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&mutex);
  pthread_mutex_lock(&mutex);
  fault_answer(call, "took a mutex twice");
}

static void never_finish(fault_call* call) { (void)call; }

/* Emits and then forgets to finish: half an answer is none. */
static void emit_and_never_finish(fault_call* call) {
  stoa_part part = fault_text_part("half an answer");
  fault_emit(call->req, &part);
}

static void stop_self(fault_call* call) {
  kill(getpid(), SIGSTOP);
  fault_answer(call, "stopped and continued");
}

static void hang_in_cancel(stoa_model* model, const stoa_request* req, stoa_status why) {
  (void)model, (void)req, (void)why;
  for (;;) pause();
}

static void cancel_hook_hangs(fault_call* call) {
  for (int i = 0; i < 600; ++i) usleep(100000);
  fault_answer(call, "slept");
}

static void crash_in_cancel(stoa_model* model, const stoa_request* req, stoa_status why) {
  (void)model, (void)req, (void)why;
  static int* volatile nowhere = NULL;
  *(volatile int*)nowhere = 1;
}

static void slow_but_legal(fault_call* call) {
  usleep(300000);
  fault_answer(call, "slow, and in time");
}

const fault_kind fault_hangs[] = {{"infinite-loop", infinite_loop, NULL},
                                  {"sleep-past-deadline", sleep_past_deadline, NULL},
                                  {"deadlock", deadlock, NULL},
                                  {"never-finish", never_finish, NULL},
                                  {"emit-and-never-finish", emit_and_never_finish, NULL},
                                  {"stop-self", stop_self, NULL},
                                  {"cancel-hook-hangs", cancel_hook_hangs, hang_in_cancel},
                                  {"cancel-hook-crashes", cancel_hook_hangs, crash_in_cancel},
                                  {"slow-but-legal", slow_but_legal, NULL},
                                  {NULL, NULL, NULL}};
