/* protocol.c: faults against the rules of stoa.h: order, ownership, records, meters.
 * SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"
#include "stoa/ext/memory.h"
#include "stoa/ext/meter.h"

static void finish_twice(fault_call* call) {
  stoa_part part = fault_text_part("finished twice");
  const stoa_request* req = call->req;
  const stoa_sink* sink = req->sink;
  fault_emit(req, &part);
  sink->finish(req, STOA_OK, NULL);
  sink->finish(req, STOA_INTERNAL, NULL);
}

static void emit_after_finish(fault_call* call) {
  stoa_part part = fault_text_part("emitted once"), late = fault_text_part("emitted late");
  stoa_part* const parts[1] = {&late};
  const stoa_request* req = call->req;
  const stoa_sink* sink = req->sink;
  fault_emit(req, &part);
  sink->finish(req, STOA_OK, NULL);
  sink->emit(req, parts, 1, 0);
  sink->wait_writable(req, 1);
}

static void finish_without_answer(fault_call* call) { fault_finish(call->req, STOA_OK); }

static void finish_would_block(fault_call* call) { fault_finish(call->req, STOA_WOULD_BLOCK); }

static void finish_unknown_status(fault_call* call) { fault_finish(call->req, -2147483647); }

static void* finish_as_well(void* of) {
  const stoa_request* req = of;
  req->sink->finish(req, STOA_OK, NULL);
  return NULL;
}

static void finish_from_two_threads(fault_call* call) {
  pthread_t thread;
  const stoa_request* req = call->req;
  const stoa_sink* sink = req->sink;
  stoa_part part = fault_text_part("finished by two");
  fault_emit(req, &part);
  const int error = pthread_create(&thread, NULL, finish_as_well, (void*)(uintptr_t)req);
  sink->finish(req, STOA_OK, NULL);
  if (error == 0) pthread_join(thread, NULL);
}

static void emit_null_parts(fault_call* call) {
  stoa_part* const parts[2] = {NULL, NULL};
  const stoa_status status = call->req->sink->emit(call->req, parts, 2, 0xffffffffu);
  fault_finish(call->req, status);
}

static void count_release(stoa_part* part) {
  fault_model* model = part->owner;
  __atomic_add_fetch(&model->releases, 1, __ATOMIC_SEQ_CST);
}

/* Lends a part, gives it back itself as well, and says at the next call whether the host did so more than once. */
static void release_twice(fault_call* call) {
  static const char text[] = "lent and given back";
  const int before = __atomic_exchange_n(&call->model->releases, 0, __ATOMIC_SEQ_CST);
  if (before > 2) return fault_answer(call, "MISDEED: the host released one part %d times", before - 1);
  stoa_part part = fault_text_part(text);
  part.owner = call->model;
  part.release = count_release;
  if (fault_emit(call->req, &part) == STOA_OK) part.release(&part);
  fault_finish(call->req, STOA_OK);
}

/* The host's own block, given back before and after it was handed over. */
static void free_emitted_block(fault_call* call) {
  const stoa_host_memory* memory = fault_table(call, STOA_EXT_HOST_MEMORY);
  stoa_error err = {sizeof err, 0, 0, 0, "", ""};
  char* block = memory == NULL ? NULL : memory->alloc(call->host, call->req, 4096, &err);
  if (block == NULL) return fault_refused(call, ENOMEM, "no memory of the host");
  memset(block, 'b', 4096);
  stoa_part part = fault_text_part("");
  part.u.bytes.p = block;
  part.u.bytes.n = 4096;
  part.owner = block;
  part.release = memory->release_part;
  const stoa_status status = fault_emit(call->req, &part);
  memory->free(call->host, block);
  memory->free(call->host, block);
  fault_finish(call->req, status);
}

/* Writes far behind the block the host lent: into its neighbours there, and in the arena into other answers. */
static void overflow_block(fault_call* call) {
  const stoa_host_memory* memory = fault_table(call, STOA_EXT_HOST_MEMORY);
  stoa_error err = {sizeof err, 0, 0, 0, "", ""};
  volatile char* block = memory == NULL ? NULL : memory->alloc(call->host, call->req, 64, &err);
  if (block == NULL) return fault_refused(call, ENOMEM, "no memory of the host");
  for (size_t i = 0; i < (256u << 20); ++i) block[i] = 0x5a;
  fault_answer(call, "overflowed a block");
}

static void foreign_block(fault_call* call) {
  const stoa_host_memory* memory = fault_table(call, STOA_EXT_HOST_MEMORY);
  char mine[64] = "never the host's";
  if (memory != NULL) memory->free(call->host, mine + 16);
  fault_answer(call, "gave back what was never lent");
}

static void short_record(fault_call* call) {
  stoa_part part = fault_text_part("in a record of four bytes");
  part.struct_size = 4;
  fault_finish(call->req, fault_emit(call->req, &part));
}

/* Longer than this host knows: a later ABI's, and right (R2). */
static void long_record(fault_call* call) {
  struct {
    stoa_part part;
    char more[4096];
  } later;
  memset(&later, 0x7f, sizeof later);
  later.part = fault_text_part("in a longer record");
  later.part.struct_size = sizeof later;
  fault_finish(call->req, fault_emit(call->req, &later.part));
}

static void meter_lies(fault_call* call) {
  const stoa_host_meter* meter = fault_table(call, STOA_EXT_HOST_METER);
  if (meter == NULL) return fault_refused(call, ENOSYS, "no meter");
  static const struct {
    const char* name;
    int64_t total;
  } kLies[] = {{"token.in", -1}, {"undeclared.meter", 1}, {"token.in", INT64_MIN}, {"", 1}};
  if (meter->set_total(call->host, call->req, fault_text("token.in"), 5) != STOA_OK)
    return fault_answer(call, "a declared meter was refused");
  for (size_t i = 0; i < sizeof kLies / sizeof kLies[0]; ++i)
    if (meter->set_total(call->host, call->req, fault_text(kLies[i].name), kLies[i].total) == STOA_OK)
      return fault_answer(call, "MISDEED: a meter took lie %d", (int)i);
  if (meter->set_total(call->host, call->req, fault_text("token.in"), 4) == STOA_OK)
    return fault_answer(call, "MISDEED: a meter ran backwards");
  fault_refused(call, EINVAL, "every lie");
}

/* Neither text ends where it should, and the reason is none. */
static void huge_error_message(fault_call* call) {
  stoa_error err;
  memset(&err, 0xff, sizeof err);
  err.struct_size = 0xffffffffu;
  err.code = STOA_INTERNAL;
  memset(err.message, 'm', sizeof err.message);
  call->req->sink->finish(call->req, STOA_INTERNAL, &err);
}

/* A request the host never made. */
static void forged_request(fault_call* call) {
  stoa_request forged = *call->req;
  forged.id ^= 0x5a5a5a5a;
  forged.host = (void*)(uintptr_t)0x1234567890;
  stoa_part part = fault_text_part("for a forged request");
  fault_emit(&forged, &part);
  fault_finish(&forged, STOA_OK);
  fault_answer(call, "forged a request");
}

const fault_kind fault_protocol[] = {{"finish-twice", finish_twice, NULL},
                                     {"emit-after-finish", emit_after_finish, NULL},
                                     {"finish-without-answer", finish_without_answer, NULL},
                                     {"finish-would-block", finish_would_block, NULL},
                                     {"finish-unknown-status", finish_unknown_status, NULL},
                                     {"finish-from-two-threads", finish_from_two_threads, NULL},
                                     {"emit-null-parts", emit_null_parts, NULL},
                                     {"release-twice", release_twice, NULL},
                                     {"free-emitted-block", free_emitted_block, NULL},
                                     {"overflow-block", overflow_block, NULL},
                                     {"foreign-block", foreign_block, NULL},
                                     {"short-record", short_record, NULL},
                                     {"long-record", long_record, NULL},
                                     {"meter-lies", meter_lies, NULL},
                                     {"huge-error-message", huge_error_message, NULL},
                                     {"forged-request", forged_request, NULL},
                                     {NULL, NULL, NULL}};
