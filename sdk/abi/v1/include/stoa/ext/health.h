/* ext/health.h: is this model able to answer? Model extension. SPDX-License-Identifier: Apache-2.0 */
#ifndef STOA_EXT_HEALTH_H
#define STOA_EXT_HEALTH_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_HEALTH "stoa.health/1"
enum { STOA_HEALTH_ALIVE = 0, STOA_HEALTH_LOADED = 1, STOA_HEALTH_ANSWERS = 2 };
typedef struct stoa_health { /* table */
  /* STOA_OK: healthy to that depth (ALIVE: threads run; LOADED: weights and device are there; ANSWERS: a golden case
   * comes out right). Else err says what is wrong, and the host stops sending requests. Returns by deadline_ns. [model] */
  stoa_status (*check)(stoa_model *model, int32_t depth, uint64_t deadline_ns, stoa_error *err);
} stoa_health;
#ifdef __cplusplus
}
#endif
#endif
