/* ext/inline.h: this model's submit never blocks and takes microseconds. Model extension.
 * SPDX-License-Identifier: Apache-2.0
 * Rationale: waking a model thread costs more than such a model does. A trusted in-process plugin that declares
 * itself inline is called on the I/O thread, for as long as the p99 the host measures stays under 50 us; then it is
 * moved to a model thread and stays there. */
#ifndef STOA_EXT_INLINE_H
#define STOA_EXT_INLINE_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_INLINE "stoa.inline/1"
typedef struct stoa_inline { /* table */
  /* What one submit of one request takes at the most, in ns, by the author's own measure. 0: do not inline after
   * all. A promise with it: submit blocks on nothing, and calls finish before it returns. [control] */
  uint64_t (*expected_ns)(stoa_model *model);
} stoa_inline;
#ifdef __cplusplus
}
#endif
#endif
