/* ext/warmup.h: the slow first calls happen before the model is ready. Model extension.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STOA_EXT_WARMUP_H
#define STOA_EXT_WARMUP_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_WARMUP "stoa.warmup/1"
typedef struct stoa_warmup { /* table */
  /* Runs what must be run once (JIT, allocator, caches). Called on every model thread in turn, before the golden
   * cases. Anything but STOA_OK fails the load, err says why. Returns by deadline_ns. [model] */
  stoa_status (*run)(stoa_model *model, uint64_t deadline_ns, stoa_error *err);
} stoa_warmup;
#ifdef __cplusplus
}
#endif
#endif
