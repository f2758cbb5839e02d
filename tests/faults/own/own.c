/* own.c: faults of a library's own life: while it is loaded, shakes hands, warms up, is asked for its health and ends.
 * SPDX-License-Identifier: Apache-2.0
 * One library per kind, chosen by FAULT_KIND: what happens at loading cannot share one. Where the host's log cannot be
 * reached yet, or no more, the proof is a line on stderr. */
#ifdef FAULT_NO_ENTRY /* the symbol is there, and hidden */
#define stoa_plugin_entry stoa_hidden_entry
__asm__(".globl stoa_plugin_entry\n.hidden stoa_plugin_entry\nstoa_plugin_entry:\n");
#endif
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stoa/ext/health.h"
#include "stoa/ext/log.h"
#include "stoa/ext/warmup.h"
#include "stoa/manifest.h"
#include "stoa/stoa.h"

enum fault {
  no_fault,
  constructor_crash,
  constructor_hang,
  constructor_exit,
  wrong_abi_range,
  null_entry,
  entry_crash,
  entry_hang,
  other_manifest,
  init_refuses,
  init_crash,
  init_hang,
  load_refuses,
  load_crash,
  load_hang,
  load_exit_zero,
  null_model,
  null_submit,
  slow_warm_up,
  crash_in_warm_up,
  death_after_warm_up,
  wrong_golden,
  health_hangs,
  health_crashes,
  wild_extension,
  crash_in_unload,
  unload_hang,
  unload_exit_zero,
  crash_in_deinit,
  deinit_hang,
  destructor_crash,
  destructor_hang,
  atexit_hang,
  drain_never_done,
};
static const int kKind = FAULT_KIND;

static const stoa_host* the_host;
static int* volatile nowhere = NULL;

static void crash(void) { *(volatile int*)nowhere = 1; }
static void hang(void) {
  for (;;) pause();
}

/* The bare system call: it works in a constructor, and after deinit. */
static void say_on_stderr(void) {
  static const char line[] = "fault fired kind=" FAULT_NAME " injection=own\n";
  if (write(STDERR_FILENO, line, sizeof line - 1) < 0) return;
}

static void say(void) {
  static const char line[] = "fault fired kind=" FAULT_NAME " injection=own";
  const stoa_str message = {line, sizeof line - 1}, none = {NULL, 0};
  const stoa_host_log* log = the_host == NULL ? NULL : the_host->get_extension(the_host, STOA_EXT_HOST_LOG);
  if (log != NULL) log->log(the_host, STOA_LOG_INFO, NULL, message, none);
  say_on_stderr(); /* inside the host a crash takes the host's log buffer along */
}

static void act_if(int kind, void (*act)(void)) {
  if (kKind != kind) return;
  say();
  act();
}

static void leave(void) { exit(0); }
static void leave_quietly(void) { _exit(0); }

__attribute__((constructor)) static void construct(void) {
  act_if(constructor_crash, crash);
  act_if(constructor_hang, hang);
  act_if(constructor_exit, leave_quietly);
}

__attribute__((destructor)) static void destruct(void) {
  the_host = NULL; /* gone by now */
  act_if(destructor_crash, crash);
  act_if(destructor_hang, hang);
}

static void hang_at_exit(void) {
  say_on_stderr();
  hang();
}

static stoa_status submit(stoa_model* model, stoa_request* const* reqs, uint32_t n, stoa_error* err) {
  (void)model, (void)err;
  for (uint32_t i = 0; i < n; ++i) {
    stoa_part part;
    memset(&part, 0, sizeof part);
    part.struct_size = sizeof part;
    part.kind = STOA_PART_TEXT;
    part.name.p = "text";
    part.name.n = 4;
    part.u.bytes.p = "alive";
    part.u.bytes.n = 5;
    if (kKind == wrong_golden) {
      say();
      part.u.bytes.n = 4;
    }
    stoa_part* const parts[1] = {&part};
    reqs[i]->sink->finish(reqs[i], reqs[i]->sink->emit(reqs[i], parts, 1, 0), NULL);
  }
  return STOA_OK;
}

static void unload(stoa_model* model) {
  (void)model;
  act_if(crash_in_unload, crash);
  act_if(unload_hang, hang);
  act_if(unload_exit_zero, leave);
}

/* About when the host hears that the model is warm. */
static void* die_soon(void* unused) {
  usleep(5000);
  say();
  crash();
  return unused;
}

static void die_later(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, die_soon, NULL);
}

static stoa_status drain(stoa_model* model, uint64_t deadline_ns, stoa_error* err) {
  (void)model, (void)deadline_ns, (void)err;
  say();
  return STOA_DEADLINE_EXCEEDED;
}

static stoa_status run_warmup(stoa_model* model, uint64_t deadline_ns, stoa_error* err) {
  (void)model, (void)deadline_ns, (void)err;
  act_if(slow_warm_up, hang);
  act_if(crash_in_warm_up, crash);
  if (kKind == death_after_warm_up) die_later();
  return STOA_OK;
}

static stoa_status check_health(stoa_model* model, int32_t depth, uint64_t deadline_ns, stoa_error* err) {
  (void)model, (void)depth, (void)deadline_ns, (void)err;
  act_if(health_hangs, hang);
  act_if(health_crashes, crash);
  return STOA_OK;
}

static const stoa_warmup kWarmup = {run_warmup};
static const stoa_health kHealth = {check_health};

static const void* model_extension(stoa_model* model, const char* id) {
  (void)model;
  if (kKind == wild_extension) {
    say();
    return (const void*)(uintptr_t)0x10;
  }
  const int warms_up = kKind == slow_warm_up || kKind == crash_in_warm_up || kKind == death_after_warm_up;
  if (warms_up && strcmp(id, STOA_EXT_WARMUP) == 0) return &kWarmup;
  if ((kKind == health_hangs || kKind == health_crashes) && strcmp(id, STOA_EXT_HEALTH) == 0) return &kHealth;
  return NULL;
}

static stoa_status init(const stoa_host* host, stoa_error* err) {
  the_host = host;
  act_if(init_crash, crash);
  act_if(init_hang, hang);
  if (kKind != init_refuses) return STOA_OK;
  say();
  memset(err->reason, 'r', sizeof err->reason); /* no NUL anywhere */
  memset(err->message, 0xff, sizeof err->message);
  return STOA_INTERNAL;
}

static stoa_status load(const stoa_load* load, stoa_model** out, stoa_error* err) {
  static stoa_model model = {NULL, submit, NULL, NULL, unload, model_extension};
  (void)load, (void)err;
  act_if(load_crash, crash);
  act_if(load_hang, hang);
  act_if(load_exit_zero, leave);
  if (kKind == load_refuses || kKind == null_model || kKind == null_submit) say();
  if (kKind == load_refuses) return -77;
  if (kKind == atexit_hang) atexit(hang_at_exit);
  if (kKind == null_submit) model.submit = NULL;
  if (kKind == drain_never_done) model.drain = drain;
  *out = kKind == null_model ? NULL : &model;
  return STOA_OK;
}

static void deinit(void) {
  act_if(crash_in_deinit, crash);
  act_if(deinit_hang, hang);
}

const stoa_entry* stoa_plugin_entry(uint32_t abi_min, uint32_t abi_max, stoa_error* err) {
  static stoa_entry entry = {STOA_ABI_VERSION, 0, {stoa_manifest_json, 0}, init, load, deinit, NULL};
  (void)abi_min, (void)err;
  entry.manifest.n = stoa_manifest_json_size;
  act_if(entry_crash, crash);
  act_if(entry_hang, hang);
  if (kKind == wrong_abi_range || kKind == null_entry || kKind == other_manifest) say();
  if (kKind == wrong_abi_range) entry.abi = abi_max + 1;
  if (kKind == other_manifest) entry.manifest.n -= 1;
  return kKind == null_entry ? NULL : &entry;
}
#ifdef FAULT_UNDEFINED
extern int stoa_fault_defined_nowhere(int);
__attribute__((used)) static int (*const keep)(int) = stoa_fault_defined_nowhere;
#endif
