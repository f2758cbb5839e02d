/* ext/meter.h: what the customer pays for. Host extension. SPDX-License-Identifier: Apache-2.0
 * Rationale: totals, not increments: saying the same thing twice charges nothing twice. */
#ifndef STOA_EXT_METER_H
#define STOA_EXT_METER_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_HOST_METER "stoa.host.meter/1"
#define STOA_METER_CALL "call"                 /* counted by the host itself */
#define STOA_METER_TOKEN_IN "token.in"
#define STOA_METER_TOKEN_OUT "token.out"
#define STOA_METER_IMAGE "image"
#define STOA_METER_SECOND_AUDIO "second.audio"
typedef struct stoa_host_meter { /* table */
  /* Sets the request's total so far on a meter named in the manifest, in millionths of its unit (3 tokens: 3000000).
   * Before finish. STOA_INVALID_ARGUMENT: a meter the manifest does not name, a negative total or one below the last;
   * STOA_FAILED_PRECONDITION: after finish; STOA_RESOURCE_EXHAUSTED: the budget is used up, finish now. [any] */
  stoa_status (*set_total)(const stoa_host *host, const stoa_request *req, stoa_str meter, int64_t total_micro);
} stoa_host_meter;
#ifdef __cplusplus
}
#endif
#endif
