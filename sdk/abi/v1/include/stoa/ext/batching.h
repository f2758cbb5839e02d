/* ext/batching.h: the host forms batches for this model. Model extension. Without it every submit has one request.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STOA_EXT_BATCHING_H
#define STOA_EXT_BATCHING_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_BATCHING "stoa.batching/1"
typedef struct stoa_batch_limits { /* record; the caller's, struct_size set by the caller */
  uint32_t struct_size;
  uint32_t max_requests;   /* per submit; 0 or 1: no batches */
  uint64_t max_cost;       /* sum of cost() per submit; 0: no limit */
  uint64_t max_delay_ns;   /* how long the first request may wait for company; 0: take what is queued */
} stoa_batch_limits;
typedef struct stoa_batching { /* table */
  /* Fills in the limits. Called once, after load. [control] */
  void (*limits)(stoa_model *model, stoa_batch_limits *out);
  /* The request's cost in the model's own unit (tokens, pixels); at least 1. May be NULL: 1 each. [any] */
  uint64_t (*cost)(stoa_model *model, const stoa_request *req);
  /* Non-zero: next may share a batch with first (same shapes, same session rules). May be NULL: always. [any] */
  int32_t (*can_join)(stoa_model *model, const stoa_request *first, const stoa_request *next);
} stoa_batching;
#ifdef __cplusplus
}
#endif
#endif
