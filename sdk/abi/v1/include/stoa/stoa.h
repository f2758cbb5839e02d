/* stoa.h: the C ABI between a Stoa host and a model plugin, version 1. C11 and C++11 onwards.
 * SPDX-License-Identifier: Apache-2.0                          Full reference: docs/reference/abi.md
 * R1 TABLES (structs of functions) are frozen; a change is a new table under a new id, "stoa.name/2".
 * R2 RECORDS (structs that start with struct_size) only grow at the end. Read through STOA_HAS(); accept
 *    shorter and longer ones. Zero or absent means the default named here.
 * R3 Arrays of records cross as arrays of pointers, so a grown record changes no stride.
 * R4 No exception, longjmp, FILE*, errno, allocator or C++ type crosses. Text is UTF-8, pointer + length.
 * R5 Enumerations are open: skip a value you do not know, never abort on it.
 * R6 Whatever crosses can be said over shared memory: the same plugin runs in a worker process, unchanged.
 * Thread tags: [control] one caller at a time per object, may block. [model] a model thread of the host, up
 * to stoa_load.n_threads at once per model, may block and compute. [any] any thread, at any time, prompt.
 * The host holds no lock while plugin code runs. A pointer is never NULL unless its comment says so.    */
#ifndef STOA_STOA_H
#define STOA_STOA_H
#include <stddef.h>
#include <stdint.h>
#include "stoa/dlpack.h"
#define STOA_ABI_VERSION 1u
#define STOA_HAS(type, rec, field) ((rec)->struct_size >= offsetof(type, field) + sizeof((rec)->field))
#if defined(_WIN32)
#define STOA_EXPORT __declspec(dllexport)
#else
#define STOA_EXPORT __attribute__((visibility("default")))
#endif
#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t stoa_status; /* 0..16 are the canonical RPC codes, 17 is ours, >= 100 are the plugin's own */
enum {
  STOA_OK = 0, STOA_CANCELLED = 1, STOA_UNKNOWN = 2, STOA_INVALID_ARGUMENT = 3, STOA_DEADLINE_EXCEEDED = 4,
  STOA_NOT_FOUND = 5, STOA_ALREADY_EXISTS = 6, STOA_PERMISSION_DENIED = 7, STOA_RESOURCE_EXHAUSTED = 8,
  STOA_FAILED_PRECONDITION = 9, STOA_ABORTED = 10, STOA_OUT_OF_RANGE = 11, STOA_UNIMPLEMENTED = 12,
  STOA_INTERNAL = 13, STOA_UNAVAILABLE = 14, STOA_DATA_LOSS = 15, STOA_UNAUTHENTICATED = 16,
  STOA_WOULD_BLOCK = 17 /* the consumer is slow: nothing was taken, wait_writable() and try again */
};
typedef struct stoa_str { const char *p; uint64_t n; } stoa_str; /* not NUL-terminated; p may be NULL if n == 0 */
typedef struct stoa_error { /* record; the caller's memory, usually its stack: nothing to free, ever */
  uint32_t struct_size; stoa_status code;
  uint32_t retry_after_ms, reserved;    /* 0: no advice */
  char reason[64];                      /* NUL-terminated stable dotted word, e.g. "image.too_large"; may be "" */
  char message[448];                    /* NUL-terminated sentence for people, with the numbers */
} stoa_error;

/* ---- payload: one typed part ---- */
enum { STOA_PART_TENSOR = 1, STOA_PART_TEXT = 2, STOA_PART_BYTES = 3, STOA_PART_JSON = 4, STOA_PART_STRINGS = 5 };
typedef struct stoa_strings { /* tensor of byte strings (the protocol's BYTES), row-major */
  const stoa_str *items; const int64_t *shape; int32_t ndim; uint32_t reserved;
} stoa_strings;
typedef struct stoa_part { /* record. Whoever holds a part reads its payload and calls release once, when done. */
  uint32_t struct_size, kind;           /* kind: STOA_PART_*; selects the member of u */
  stoa_str name, media_type;            /* "image/png", "audio/pcm;rate=16000", "text/plain"; n == 0: none */
  union { stoa_str bytes; DLManagedTensorVersioned *tensor; const stoa_strings *strings; } u;
  void *sync;                           /* device event to wait on before reading; NULL: data is ready */
  void *owner;                          /* the producer's, for release */
  void (*release)(struct stoa_part *part); /* [any] frees the payload. NULL: a view, valid for this call only */
} stoa_part;

/* ---- one request, and the sink its answer goes to ---- */
typedef struct stoa_request stoa_request;
typedef struct stoa_sink { /* table "stoa.sink/1", the host's. One answer is one emit, a stream is many. */
  void *host;
  /* Hands over n parts in order. STOA_OK: payloads are the host's now (records are copied; a part without
   * release is copied whole). STOA_WOULD_BLOCK or any other status: nothing was taken. STOA_CANCELLED: stop
   * computing, then finish. STOA_FAILED_PRECONDITION: after finish. flags: 0. [any] */
  stoa_status (*emit)(const stoa_request *req, stoa_part *const *parts, uint32_t n, uint32_t flags);
  /* Blocks until emit may succeed (STOA_OK), the request is cancelled (its cancel word) or deadline_ns passes
   * (STOA_DEADLINE_EXCEEDED; 0: the request's own deadline). [any] */
  stoa_status (*wait_writable)(const stoa_request *req, uint64_t deadline_ns);
  /* Ends the request: exactly once, after all emits, last touch of req. err may be NULL. [any] */
  void (*finish)(const stoa_request *req, stoa_status status, const stoa_error *err);
} stoa_sink;
struct stoa_request { /* record, the host's; valid from submit until finish, and so is all it points to */
  uint32_t struct_size, flags;
  uint64_t id;                          /* unique in this host process, never 0 */
  uint64_t deadline_ns;                 /* CLOCK_MONOTONIC; 0: none */
  const uint32_t *cancel;               /* 0: go on; else the stoa_status to finish with. Read by stoa_cancelled() */
  const stoa_sink *sink;
  stoa_str task, params_json, session, tenant, traceparent; /* each may be empty; params_json: an object */
  const stoa_part *const *inputs; uint32_t n_inputs;  /* read-only; checked against the manifest by the host */
  uint32_t n_outputs; const stoa_str *outputs;        /* names the caller wants; n_outputs == 0: all */
  void *host;                           /* the host's */
};

/* ---- the three objects: host, model, plugin ---- */
typedef struct stoa_host { /* record, the host's; valid from init until deinit has returned */
  uint32_t struct_size, abi;
  void *ctx; stoa_str name, version;
  /* The host's table for id ("stoa.host.log/1"), or NULL where it has none. Same answer every time. [any] */
  const void *(*get_extension)(const struct stoa_host *host, const char *id);
} stoa_host;
typedef struct stoa_load { /* record, the host's, for the call only: what to load and what it may use */
  uint32_t struct_size, n_devices;
  const DLDevice *devices;              /* n_devices of them; none: the CPU */
  stoa_str model, config_json;          /* the manifest's model name; operator's settings, an object or empty */
  uint64_t memory_budget;               /* bytes; 0: no limit stated */
  uint32_t max_inflight, n_threads;     /* requests between submit and finish; [model] threads. At least 1 */
} stoa_load;
typedef struct stoa_model stoa_model;
struct stoa_model { /* table "stoa.model/1", the plugin's: one loaded model */
  void *self;
  /* Takes n >= 1 requests as one batch. STOA_OK: every one gets its finish(), from this thread before it
   * returns or from another later. Any other status: none was taken, err says why. [model] */
  stoa_status (*submit)(stoa_model *model, stoa_request *const *reqs, uint32_t n, stoa_error *err);
  /* A request's cancel word was set: a hint to wake up and look. finish() still comes. May be NULL. [any] */
  void (*cancel)(stoa_model *model, const stoa_request *req, stoa_status why);
  /* Finishes all requests taken. STOA_DEADLINE_EXCEEDED: some are still running. May be NULL. [control] */
  stoa_status (*drain)(stoa_model *model, uint64_t deadline_ns, stoa_error *err);
  /* Joins the model's threads and frees it; no request is in flight, and nothing is called after. [control] */
  void (*unload)(stoa_model *model);
  /* The model's table for id ("stoa.batching/1"), or NULL. Same answer every time. May be NULL. [any] */
  const void *(*get_extension)(stoa_model *model, const char *id);
};
typedef struct stoa_entry { /* table "stoa.entry/1", the plugin's; static storage */
  uint32_t abi, reserved;               /* the ABI version spoken, within the range asked for; 0 */
  stoa_str manifest;                    /* the manifest it was built with: must hash to source_sha256 of the package */
  /* First call after the handshake, once. A status but STOA_OK refuses the host; deinit is not called. [control] */
  stoa_status (*init)(const stoa_host *host, stoa_error *err);
  /* Loads one model; may take long. STOA_OK: *out is the plugin's until unload. Else *out is untouched. [control] */
  stoa_status (*load)(const stoa_load *load, stoa_model **out, stoa_error *err);
  /* Last call, after every unload. May be NULL. [control] */
  void (*deinit)(void);
  /* The plugin's table for id, or NULL. May be NULL. [any] */
  const void *(*get_extension)(const char *id);
} stoa_entry;

/* The one exported symbol: an entry whose abi lies in [abi_min, abi_max], or NULL with err filled in. Called
 * before anything else; runs no model code, opens nothing. [control] */
STOA_EXPORT const stoa_entry *stoa_plugin_entry(uint32_t abi_min, uint32_t abi_max, stoa_error *err);
/* 0: go on, else the status to finish with. [any] */
static inline stoa_status stoa_cancelled(const stoa_request *req) {
  return (stoa_status)__atomic_load_n(req->cancel, __ATOMIC_RELAXED);
}
#ifdef __cplusplus
}
#endif
#endif
