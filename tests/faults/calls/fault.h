/* fault.h: what every fault of this corpus has at hand: its arguments, the host's tables, and how it reports.
 * SPDX-License-Identifier: Apache-2.0
 * A request's text is words "name=value". A fault that is to be refused answers "refused: …"; one whose act succeeded
 * answers "MISDEED: …", which no sandbox may let happen. */
#ifndef STOA_FAULTS_FAULT_H
#define STOA_FAULTS_FAULT_H
#include <stddef.h>
#include <stdint.h>

#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif

enum { kArgumentBytesMax = 512 };

typedef struct fault_kind fault_kind;
typedef struct fault_model { /* one loaded kind */
  stoa_model table;
  const fault_kind* kind;
  char* maps_at_load; /* /proc/self/maps as load could read it, NUL-terminated, or NULL */
  int in_flight;      /* requests between submit and its return; atomic */
  int bursts;         /* calls that saw another one in flight; atomic */
  int releases;       /* of the part that release_twice lent last; atomic */
} fault_model;
typedef struct fault_call {
  const stoa_host* host;
  fault_model* model;
  const stoa_request* req;
} fault_call;

struct fault_kind {
  const char* name;
  void (*act)(fault_call* call); /* answers the request, or never comes back */
  void (*cancel)(stoa_model* model, const stoa_request* req, stoa_status why);
};

/* The families, each ended by a kind without a name. */
extern const fault_kind fault_crashes[], fault_hangs[], fault_resources[], fault_trespass[], fault_arena[],
    fault_protocol[], fault_answers[], fault_batching[];
/* A kind's STOA_EXT_BATCHING, or NULL. One that has it acts there, and not in its call. */
const void* fault_batching_table(const fault_kind* kind);

/* The line that proves that it acted. */
void fault_say_fired(stoa_model* model, const stoa_request* req);

/* The request's word "name=…" in out (kArgumentBytesMax bytes); 1 if there is one. */
int fault_argument(const fault_call* call, const char* name, char* out);
long fault_number(const fault_call* call, const char* name, long otherwise);

/* The host's table for id, or NULL. */
const void* fault_table(const fault_call* call, const char* id);

stoa_str fault_text(const char* text);
stoa_part fault_text_part(const char* text);
stoa_status fault_emit(const stoa_request* req, stoa_part* part);
void fault_finish(const stoa_request* req, stoa_status status);

/* Emit the one text and finish with OK. */
void fault_answer(const fault_call* call, const char* format, ...) __attribute__((format(printf, 2, 3)));
void fault_refused(const fault_call* call, int error, const char* what);

void fault_throw(fault_call* call); /* throws.cpp */

#ifdef __cplusplus
}
#endif
#endif
