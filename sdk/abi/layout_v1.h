/* layout_v1.h: the layout of the C ABI, version 1, on 64-bit systems. Written by sdk/abi/lock.py; read it in a diff.
 * SPDX-License-Identifier: Apache-2.0
 * Compiles where the headers still mean what they meant at the release. A line that goes or changes breaks plugins. */
#include <stddef.h>
#include "stoa/dlpack.h"
#include "stoa/ext/assets.h"
#include "stoa/ext/batching.h"
#include "stoa/ext/card.h"
#include "stoa/ext/entitlement.h"
#include "stoa/ext/health.h"
#include "stoa/ext/inline.h"
#include "stoa/ext/log.h"
#include "stoa/ext/memory.h"
#include "stoa/ext/meter.h"
#include "stoa/ext/metrics.h"
#include "stoa/ext/session.h"
#include "stoa/ext/warmup.h"
#include "stoa/stoa.h"

#ifdef __cplusplus
template <class A, class B>
struct stoa_lock_same { enum { value = 0 }; };
template <class A>
struct stoa_lock_same<A, A> { enum { value = 1 }; };
#define STOA_LOCK_ASSERT(condition, text) static_assert(condition, text)
#define STOA_LOCK_TYPE(type, field, ...) stoa_lock_same<decltype(((type *)0)->field), __VA_ARGS__>::value
#define STOA_LOCK_ALIGN(type) alignof(type)
#else
#define STOA_LOCK_ASSERT(condition, text) _Static_assert(condition, text)
#define STOA_LOCK_TYPE(type, field, ...) __builtin_types_compatible_p(__typeof__(((type *)0)->field), __VA_ARGS__)
#define STOA_LOCK_ALIGN(type) _Alignof(type)
#endif
#define STOA_LOCK_RECORD(type, size, align) \
  STOA_LOCK_ASSERT(sizeof(type) >= size && STOA_LOCK_ALIGN(type) == align, #type " shrank or changed its alignment")
#define STOA_LOCK_TABLE(type, size, align) \
  STOA_LOCK_ASSERT(sizeof(type) == size && STOA_LOCK_ALIGN(type) == align, #type " changed its size or alignment")
#define STOA_LOCK_PLACE(type, field, offset, size) \
  STOA_LOCK_ASSERT(offsetof(type, field) == offset && sizeof(((type *)0)->field) == size, #type "." #field " moved")
#define STOA_LOCK_FIELD(type, field, offset, size, ...) \
  STOA_LOCK_PLACE(type, field, offset, size); \
  STOA_LOCK_ASSERT(STOA_LOCK_TYPE(type, field, __VA_ARGS__), #type "." #field " changed its type")
#define STOA_LOCK_VALUE(name, number) STOA_LOCK_ASSERT(name == number, #name " changed its value")

STOA_LOCK_TABLE(DLDevice, 8, 4);
STOA_LOCK_FIELD(DLDevice, device_type, 0, 4, DLDeviceType);
STOA_LOCK_FIELD(DLDevice, device_id, 4, 4, int32_t);

STOA_LOCK_TABLE(DLDataType, 4, 2);
STOA_LOCK_FIELD(DLDataType, code, 0, 1, uint8_t);
STOA_LOCK_FIELD(DLDataType, bits, 1, 1, uint8_t);
STOA_LOCK_FIELD(DLDataType, lanes, 2, 2, uint16_t);

STOA_LOCK_TABLE(DLTensor, 48, 8);
STOA_LOCK_FIELD(DLTensor, data, 0, 8, void *);
STOA_LOCK_FIELD(DLTensor, device, 8, 8, DLDevice);
STOA_LOCK_FIELD(DLTensor, ndim, 16, 4, int32_t);
STOA_LOCK_FIELD(DLTensor, dtype, 20, 4, DLDataType);
STOA_LOCK_FIELD(DLTensor, shape, 24, 8, int64_t *);
STOA_LOCK_FIELD(DLTensor, strides, 32, 8, int64_t *);
STOA_LOCK_FIELD(DLTensor, byte_offset, 40, 8, uint64_t);

STOA_LOCK_TABLE(DLPackVersion, 8, 4);
STOA_LOCK_FIELD(DLPackVersion, major, 0, 4, uint32_t);
STOA_LOCK_FIELD(DLPackVersion, minor, 4, 4, uint32_t);

STOA_LOCK_TABLE(DLManagedTensorVersioned, 80, 8);
STOA_LOCK_FIELD(DLManagedTensorVersioned, version, 0, 8, DLPackVersion);
STOA_LOCK_FIELD(DLManagedTensorVersioned, manager_ctx, 8, 8, void *);
STOA_LOCK_FIELD(DLManagedTensorVersioned, deleter, 16, 8, void (*)(struct DLManagedTensorVersioned *));
STOA_LOCK_FIELD(DLManagedTensorVersioned, flags, 24, 8, uint64_t);
STOA_LOCK_FIELD(DLManagedTensorVersioned, dl_tensor, 32, 48, DLTensor);

STOA_LOCK_TABLE(stoa_str, 16, 8);
STOA_LOCK_FIELD(stoa_str, p, 0, 8, const char *);
STOA_LOCK_FIELD(stoa_str, n, 8, 8, uint64_t);

STOA_LOCK_RECORD(stoa_error, 528, 4);
STOA_LOCK_FIELD(stoa_error, struct_size, 0, 4, uint32_t);
STOA_LOCK_FIELD(stoa_error, code, 4, 4, stoa_status);
STOA_LOCK_FIELD(stoa_error, retry_after_ms, 8, 4, uint32_t);
STOA_LOCK_FIELD(stoa_error, reserved, 12, 4, uint32_t);
STOA_LOCK_FIELD(stoa_error, reason, 16, 64, char[64]);
STOA_LOCK_FIELD(stoa_error, message, 80, 448, char[448]);

STOA_LOCK_TABLE(stoa_strings, 24, 8);
STOA_LOCK_FIELD(stoa_strings, items, 0, 8, const stoa_str *);
STOA_LOCK_FIELD(stoa_strings, shape, 8, 8, const int64_t *);
STOA_LOCK_FIELD(stoa_strings, ndim, 16, 4, int32_t);
STOA_LOCK_FIELD(stoa_strings, reserved, 20, 4, uint32_t);

STOA_LOCK_RECORD(stoa_part, 80, 8);
STOA_LOCK_FIELD(stoa_part, struct_size, 0, 4, uint32_t);
STOA_LOCK_FIELD(stoa_part, kind, 4, 4, uint32_t);
STOA_LOCK_FIELD(stoa_part, name, 8, 16, stoa_str);
STOA_LOCK_FIELD(stoa_part, media_type, 24, 16, stoa_str);
STOA_LOCK_PLACE(stoa_part, u, 40, 16);
STOA_LOCK_FIELD(stoa_part, u.bytes, 40, 16, stoa_str);
STOA_LOCK_FIELD(stoa_part, u.tensor, 40, 8, DLManagedTensorVersioned *);
STOA_LOCK_FIELD(stoa_part, u.strings, 40, 8, const stoa_strings *);
STOA_LOCK_FIELD(stoa_part, sync, 56, 8, void *);
STOA_LOCK_FIELD(stoa_part, owner, 64, 8, void *);
STOA_LOCK_FIELD(stoa_part, release, 72, 8, void (*)(struct stoa_part *));

STOA_LOCK_TABLE(stoa_sink, 32, 8);
STOA_LOCK_FIELD(stoa_sink, host, 0, 8, void *);
STOA_LOCK_FIELD(stoa_sink, emit, 8, 8, stoa_status (*)(const stoa_request *, stoa_part *const *, uint32_t, uint32_t));
STOA_LOCK_FIELD(stoa_sink, wait_writable, 16, 8, stoa_status (*)(const stoa_request *, uint64_t));
STOA_LOCK_FIELD(stoa_sink, finish, 24, 8, void (*)(const stoa_request *, stoa_status, const stoa_error *));

STOA_LOCK_RECORD(stoa_request, 152, 8);
STOA_LOCK_FIELD(stoa_request, struct_size, 0, 4, uint32_t);
STOA_LOCK_FIELD(stoa_request, flags, 4, 4, uint32_t);
STOA_LOCK_FIELD(stoa_request, id, 8, 8, uint64_t);
STOA_LOCK_FIELD(stoa_request, deadline_ns, 16, 8, uint64_t);
STOA_LOCK_FIELD(stoa_request, cancel, 24, 8, const uint32_t *);
STOA_LOCK_FIELD(stoa_request, sink, 32, 8, const stoa_sink *);
STOA_LOCK_FIELD(stoa_request, task, 40, 16, stoa_str);
STOA_LOCK_FIELD(stoa_request, params_json, 56, 16, stoa_str);
STOA_LOCK_FIELD(stoa_request, session, 72, 16, stoa_str);
STOA_LOCK_FIELD(stoa_request, tenant, 88, 16, stoa_str);
STOA_LOCK_FIELD(stoa_request, traceparent, 104, 16, stoa_str);
STOA_LOCK_FIELD(stoa_request, inputs, 120, 8, const stoa_part *const *);
STOA_LOCK_FIELD(stoa_request, n_inputs, 128, 4, uint32_t);
STOA_LOCK_FIELD(stoa_request, n_outputs, 132, 4, uint32_t);
STOA_LOCK_FIELD(stoa_request, outputs, 136, 8, const stoa_str *);
STOA_LOCK_FIELD(stoa_request, host, 144, 8, void *);

STOA_LOCK_RECORD(stoa_host, 56, 8);
STOA_LOCK_FIELD(stoa_host, struct_size, 0, 4, uint32_t);
STOA_LOCK_FIELD(stoa_host, abi, 4, 4, uint32_t);
STOA_LOCK_FIELD(stoa_host, ctx, 8, 8, void *);
STOA_LOCK_FIELD(stoa_host, name, 16, 16, stoa_str);
STOA_LOCK_FIELD(stoa_host, version, 32, 16, stoa_str);
STOA_LOCK_FIELD(stoa_host, get_extension, 48, 8, const void *(*)(const struct stoa_host *, const char *));

STOA_LOCK_RECORD(stoa_load, 64, 8);
STOA_LOCK_FIELD(stoa_load, struct_size, 0, 4, uint32_t);
STOA_LOCK_FIELD(stoa_load, n_devices, 4, 4, uint32_t);
STOA_LOCK_FIELD(stoa_load, devices, 8, 8, const DLDevice *);
STOA_LOCK_FIELD(stoa_load, model, 16, 16, stoa_str);
STOA_LOCK_FIELD(stoa_load, config_json, 32, 16, stoa_str);
STOA_LOCK_FIELD(stoa_load, memory_budget, 48, 8, uint64_t);
STOA_LOCK_FIELD(stoa_load, max_inflight, 56, 4, uint32_t);
STOA_LOCK_FIELD(stoa_load, n_threads, 60, 4, uint32_t);

STOA_LOCK_TABLE(stoa_model, 48, 8);
STOA_LOCK_FIELD(stoa_model, self, 0, 8, void *);
STOA_LOCK_FIELD(stoa_model, submit, 8, 8, stoa_status (*)(stoa_model *, stoa_request *const *, uint32_t, stoa_error *));
STOA_LOCK_FIELD(stoa_model, cancel, 16, 8, void (*)(stoa_model *, const stoa_request *, stoa_status));
STOA_LOCK_FIELD(stoa_model, drain, 24, 8, stoa_status (*)(stoa_model *, uint64_t, stoa_error *));
STOA_LOCK_FIELD(stoa_model, unload, 32, 8, void (*)(stoa_model *));
STOA_LOCK_FIELD(stoa_model, get_extension, 40, 8, const void *(*)(stoa_model *, const char *));

STOA_LOCK_TABLE(stoa_entry, 56, 8);
STOA_LOCK_FIELD(stoa_entry, abi, 0, 4, uint32_t);
STOA_LOCK_FIELD(stoa_entry, reserved, 4, 4, uint32_t);
STOA_LOCK_FIELD(stoa_entry, manifest, 8, 16, stoa_str);
STOA_LOCK_FIELD(stoa_entry, init, 24, 8, stoa_status (*)(const stoa_host *, stoa_error *));
STOA_LOCK_FIELD(stoa_entry, load, 32, 8, stoa_status (*)(const stoa_load *, stoa_model **, stoa_error *));
STOA_LOCK_FIELD(stoa_entry, deinit, 40, 8, void (*)(void));
STOA_LOCK_FIELD(stoa_entry, get_extension, 48, 8, const void *(*)(const char *));

STOA_LOCK_TABLE(stoa_host_assets, 32, 8);
STOA_LOCK_FIELD(stoa_host_assets, open, 0, 8, stoa_status (*)(const stoa_host *, stoa_str, stoa_asset **, uint64_t *, stoa_error *));
STOA_LOCK_FIELD(stoa_host_assets, read_at, 8, 8, int64_t (*)(stoa_asset *, uint64_t, void *, uint64_t));
STOA_LOCK_FIELD(stoa_host_assets, map, 16, 8, const void *(*)(stoa_asset *, stoa_error *));
STOA_LOCK_FIELD(stoa_host_assets, close, 24, 8, void (*)(stoa_asset *));

STOA_LOCK_RECORD(stoa_batch_limits, 24, 8);
STOA_LOCK_FIELD(stoa_batch_limits, struct_size, 0, 4, uint32_t);
STOA_LOCK_FIELD(stoa_batch_limits, max_requests, 4, 4, uint32_t);
STOA_LOCK_FIELD(stoa_batch_limits, max_cost, 8, 8, uint64_t);
STOA_LOCK_FIELD(stoa_batch_limits, max_delay_ns, 16, 8, uint64_t);

STOA_LOCK_TABLE(stoa_batching, 24, 8);
STOA_LOCK_FIELD(stoa_batching, limits, 0, 8, void (*)(stoa_model *, stoa_batch_limits *));
STOA_LOCK_FIELD(stoa_batching, cost, 8, 8, uint64_t (*)(stoa_model *, const stoa_request *));
STOA_LOCK_FIELD(stoa_batching, can_join, 16, 8, int32_t (*)(stoa_model *, const stoa_request *, const stoa_request *));

STOA_LOCK_TABLE(stoa_card, 8, 8);
STOA_LOCK_FIELD(stoa_card, json, 0, 8, stoa_str (*)(stoa_model *));

STOA_LOCK_RECORD(stoa_grant, 24, 8);
STOA_LOCK_FIELD(stoa_grant, struct_size, 0, 4, uint32_t);
STOA_LOCK_FIELD(stoa_grant, reserved, 4, 4, uint32_t);
STOA_LOCK_FIELD(stoa_grant, expires_unix_s, 8, 8, int64_t);
STOA_LOCK_FIELD(stoa_grant, limit, 16, 8, int64_t);

STOA_LOCK_TABLE(stoa_host_entitlement, 8, 8);
STOA_LOCK_FIELD(stoa_host_entitlement, query, 0, 8, stoa_status (*)(const stoa_host *, const stoa_request *, stoa_str, stoa_grant *, stoa_error *));

STOA_LOCK_TABLE(stoa_health, 8, 8);
STOA_LOCK_FIELD(stoa_health, check, 0, 8, stoa_status (*)(stoa_model *, int32_t, uint64_t, stoa_error *));

STOA_LOCK_TABLE(stoa_inline, 8, 8);
STOA_LOCK_FIELD(stoa_inline, expected_ns, 0, 8, uint64_t (*)(stoa_model *));

STOA_LOCK_TABLE(stoa_host_log, 8, 8);
STOA_LOCK_FIELD(stoa_host_log, log, 0, 8, void (*)(const stoa_host *, int32_t, const stoa_request *, stoa_str, stoa_str));

STOA_LOCK_TABLE(stoa_host_memory, 32, 8);
STOA_LOCK_FIELD(stoa_host_memory, alloc, 0, 8, void *(*)(const stoa_host *, const stoa_request *, uint64_t, stoa_error *));
STOA_LOCK_FIELD(stoa_host_memory, free, 8, 8, void (*)(const stoa_host *, void *));
STOA_LOCK_FIELD(stoa_host_memory, release_part, 16, 8, void (*)(stoa_part *));
STOA_LOCK_FIELD(stoa_host_memory, report, 24, 8, void (*)(const stoa_host *, DLDevice, uint64_t));

STOA_LOCK_TABLE(stoa_host_meter, 8, 8);
STOA_LOCK_FIELD(stoa_host_meter, set_total, 0, 8, stoa_status (*)(const stoa_host *, const stoa_request *, stoa_str, int64_t));

STOA_LOCK_TABLE(stoa_host_metrics, 16, 8);
STOA_LOCK_FIELD(stoa_host_metrics, open, 0, 8, stoa_metric *(*)(const stoa_host *, int32_t, stoa_str, stoa_str, stoa_str, stoa_error *));
STOA_LOCK_FIELD(stoa_host_metrics, record, 8, 8, void (*)(stoa_metric *, double));

STOA_LOCK_TABLE(stoa_stream, 16, 8);
STOA_LOCK_FIELD(stoa_stream, host, 0, 8, void *);
STOA_LOCK_FIELD(stoa_stream, io, 8, 8, int64_t (*)(struct stoa_stream *, void *, uint64_t));

STOA_LOCK_TABLE(stoa_session, 40, 8);
STOA_LOCK_FIELD(stoa_session, open, 0, 8, stoa_status (*)(stoa_model *, stoa_str, stoa_error *));
STOA_LOCK_FIELD(stoa_session, close, 8, 8, void (*)(stoa_model *, stoa_str));
STOA_LOCK_FIELD(stoa_session, bytes, 16, 8, uint64_t (*)(stoa_model *, stoa_str));
STOA_LOCK_FIELD(stoa_session, save, 24, 8, stoa_status (*)(stoa_model *, stoa_str, stoa_stream *, stoa_error *));
STOA_LOCK_FIELD(stoa_session, restore, 32, 8, stoa_status (*)(stoa_model *, stoa_str, stoa_stream *, stoa_error *));

STOA_LOCK_TABLE(stoa_warmup, 8, 8);
STOA_LOCK_FIELD(stoa_warmup, run, 0, 8, stoa_status (*)(stoa_model *, uint64_t, stoa_error *));

STOA_LOCK_VALUE(kDLCPU, 1);
STOA_LOCK_VALUE(kDLCUDA, 2);
STOA_LOCK_VALUE(kDLCUDAHost, 3);
STOA_LOCK_VALUE(kDLOpenCL, 4);
STOA_LOCK_VALUE(kDLVulkan, 7);
STOA_LOCK_VALUE(kDLMetal, 8);
STOA_LOCK_VALUE(kDLVPI, 9);
STOA_LOCK_VALUE(kDLROCM, 10);
STOA_LOCK_VALUE(kDLROCMHost, 11);
STOA_LOCK_VALUE(kDLExtDev, 12);
STOA_LOCK_VALUE(kDLCUDAManaged, 13);
STOA_LOCK_VALUE(kDLOneAPI, 14);
STOA_LOCK_VALUE(kDLWebGPU, 15);
STOA_LOCK_VALUE(kDLHexagon, 16);
STOA_LOCK_VALUE(kDLMAIA, 17);
STOA_LOCK_VALUE(kDLInt, 0);
STOA_LOCK_VALUE(kDLUInt, 1);
STOA_LOCK_VALUE(kDLFloat, 2);
STOA_LOCK_VALUE(kDLOpaqueHandle, 3);
STOA_LOCK_VALUE(kDLBfloat, 4);
STOA_LOCK_VALUE(kDLComplex, 5);
STOA_LOCK_VALUE(kDLBool, 6);
STOA_LOCK_VALUE(STOA_OK, 0);
STOA_LOCK_VALUE(STOA_CANCELLED, 1);
STOA_LOCK_VALUE(STOA_UNKNOWN, 2);
STOA_LOCK_VALUE(STOA_INVALID_ARGUMENT, 3);
STOA_LOCK_VALUE(STOA_DEADLINE_EXCEEDED, 4);
STOA_LOCK_VALUE(STOA_NOT_FOUND, 5);
STOA_LOCK_VALUE(STOA_ALREADY_EXISTS, 6);
STOA_LOCK_VALUE(STOA_PERMISSION_DENIED, 7);
STOA_LOCK_VALUE(STOA_RESOURCE_EXHAUSTED, 8);
STOA_LOCK_VALUE(STOA_FAILED_PRECONDITION, 9);
STOA_LOCK_VALUE(STOA_ABORTED, 10);
STOA_LOCK_VALUE(STOA_OUT_OF_RANGE, 11);
STOA_LOCK_VALUE(STOA_UNIMPLEMENTED, 12);
STOA_LOCK_VALUE(STOA_INTERNAL, 13);
STOA_LOCK_VALUE(STOA_UNAVAILABLE, 14);
STOA_LOCK_VALUE(STOA_DATA_LOSS, 15);
STOA_LOCK_VALUE(STOA_UNAUTHENTICATED, 16);
STOA_LOCK_VALUE(STOA_WOULD_BLOCK, 17);
STOA_LOCK_VALUE(STOA_PART_TENSOR, 1);
STOA_LOCK_VALUE(STOA_PART_TEXT, 2);
STOA_LOCK_VALUE(STOA_PART_BYTES, 3);
STOA_LOCK_VALUE(STOA_PART_JSON, 4);
STOA_LOCK_VALUE(STOA_PART_STRINGS, 5);
STOA_LOCK_VALUE(STOA_HEALTH_ALIVE, 0);
STOA_LOCK_VALUE(STOA_HEALTH_LOADED, 1);
STOA_LOCK_VALUE(STOA_HEALTH_ANSWERS, 2);
STOA_LOCK_VALUE(STOA_LOG_DEBUG, 10);
STOA_LOCK_VALUE(STOA_LOG_INFO, 20);
STOA_LOCK_VALUE(STOA_LOG_WARN, 30);
STOA_LOCK_VALUE(STOA_LOG_ERROR, 40);
STOA_LOCK_VALUE(STOA_METRIC_COUNTER, 1);
STOA_LOCK_VALUE(STOA_METRIC_GAUGE, 2);
STOA_LOCK_VALUE(STOA_METRIC_HISTOGRAM, 3);

/* ids */
#define STOA_EXT_HOST_ASSETS "stoa.host.assets/1"
#define STOA_EXT_BATCHING "stoa.batching/1"
#define STOA_EXT_CARD "stoa.card/1"
#define STOA_EXT_HOST_ENTITLEMENT "stoa.host.entitlement/1"
#define STOA_EXT_HEALTH "stoa.health/1"
#define STOA_EXT_INLINE "stoa.inline/1"
#define STOA_EXT_HOST_LOG "stoa.host.log/1"
#define STOA_EXT_HOST_MEMORY "stoa.host.memory/1"
#define STOA_EXT_HOST_METER "stoa.host.meter/1"
#define STOA_METER_CALL "call"
#define STOA_METER_TOKEN_IN "token.in"
#define STOA_METER_TOKEN_OUT "token.out"
#define STOA_METER_IMAGE "image"
#define STOA_METER_SECOND_AUDIO "second.audio"
#define STOA_EXT_HOST_METRICS "stoa.host.metrics/1"
#define STOA_EXT_SESSION "stoa.session/1"
#define STOA_EXT_WARMUP "stoa.warmup/1"
