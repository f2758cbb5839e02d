/* ext/session.h: state that outlives a request (chat memory, KV cache, RL environment). Model extension.
 * SPDX-License-Identifier: Apache-2.0
 * The host owns the ids: stoa_request.session names an open one. One session's requests never run at the same time. */
#ifndef STOA_EXT_SESSION_H
#define STOA_EXT_SESSION_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_SESSION "stoa.session/1"
typedef struct stoa_stream { /* table, the host's: bytes in one direction */
  void *host;
  /* Moves up to n bytes (save: out of buf, restore: into buf). Returns how many, 0 at the end, < 0: minus a
   * stoa_status. May block. [model] */
  int64_t (*io)(struct stoa_stream *stream, void *buf, uint64_t n);
} stoa_stream;
typedef struct stoa_session { /* table */
  /* Opens an empty session. STOA_ALREADY_EXISTS, STOA_RESOURCE_EXHAUSTED. id is for the call only. [model] */
  stoa_status (*open)(stoa_model *model, stoa_str id, stoa_error *err);
  /* Forgets a session; unknown ids are ignored. [model] */
  void (*close)(stoa_model *model, stoa_str id);
  /* Bytes the session holds, for eviction; 0 for unknown ids. [any] */
  uint64_t (*bytes)(stoa_model *model, stoa_str id);
  /* Writes the session to out; it stays open. STOA_NOT_FOUND. [model] */
  stoa_status (*save)(stoa_model *model, stoa_str id, stoa_stream *out, stoa_error *err);
  /* Opens a session from what save wrote, from this or an earlier release. STOA_DATA_LOSS, STOA_ALREADY_EXISTS. [model] */
  stoa_status (*restore)(stoa_model *model, stoa_str id, stoa_stream *in, stoa_error *err);
} stoa_session;
#ifdef __cplusplus
}
#endif
#endif
