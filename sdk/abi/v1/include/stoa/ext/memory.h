/* ext/memory.h: output memory from the host's pools, and what a model holds. Host extension.
 * SPDX-License-Identifier: Apache-2.0
 * Rationale: an output written into host memory crosses to the client without another copy; in a worker it is the
 * shared arena itself. */
#ifndef STOA_EXT_MEMORY_H
#define STOA_EXT_MEMORY_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_HOST_MEMORY "stoa.host.memory/1"
typedef struct stoa_host_memory { /* table */
  /* A block of n bytes, 64-byte aligned, not zeroed, for an output of req. The plugin owns it until a part whose
   * owner is *block and whose release is this table's release_part is taken by emit, or until free. NULL with err:
   * STOA_RESOURCE_EXHAUSTED with the limit. [any] */
  void *(*alloc)(const stoa_host *host, const stoa_request *req, uint64_t n, stoa_error *err);
  /* Gives back a block that was not emitted. block may be NULL. [any] */
  void (*free)(const stoa_host *host, void *block);
  /* What a part over such a block uses as its release: part->owner is the block. [any] */
  void (*release_part)(stoa_part *part);
  /* Tells the host how many bytes the model now holds on a device (weights, caches). Replaces the last report. [any] */
  void (*report)(const stoa_host *host, DLDevice device, uint64_t bytes_in_use);
} stoa_host_memory;
#ifdef __cplusplus
}
#endif
#endif
