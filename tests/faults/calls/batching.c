/* batching.c: rules for batches that never answer. SPDX-License-Identifier: Apache-2.0
 * They are asked when several requests are there at once, so these kinds come in bursts. */
#include <string.h>
#include <unistd.h>

#include "fault.h"
#include "stoa/ext/batching.h"

static void limits(stoa_model* model, stoa_batch_limits* out) {
  (void)model;
  out->max_requests = 4;
  out->max_cost = 100;
  out->max_delay_ns = 100000000; /* 0.1 s: a burst meets */
}

static uint64_t never_say_cost(stoa_model* model, const stoa_request* req) {
  fault_say_fired(model, req);
  for (;;) pause();
}

static int32_t never_say_who_joins(stoa_model* model, const stoa_request* first, const stoa_request* next) {
  (void)next;
  fault_say_fired(model, first);
  for (;;) pause();
}

static void answer(fault_call* call) { fault_answer(call, "asked nothing"); }

const fault_kind fault_batching[] = {
    {"cost-never-said", answer, NULL}, {"can-join-never-said", answer, NULL}, {NULL, NULL, NULL}};

const void* fault_batching_table(const fault_kind* kind) {
  static const stoa_batching cost = {limits, never_say_cost, NULL}, join = {limits, NULL, never_say_who_joins};
  if (kind == &fault_batching[0]) return &cost;
  return kind == &fault_batching[1] ? &join : NULL;
}
