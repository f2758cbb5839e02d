/* ext/log.h: what a plugin wants written into the host's structured log. Host extension.
 * SPDX-License-Identifier: Apache-2.0 */
#ifndef STOA_EXT_LOG_H
#define STOA_EXT_LOG_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_HOST_LOG "stoa.host.log/1"
enum { STOA_LOG_DEBUG = 10, STOA_LOG_INFO = 20, STOA_LOG_WARN = 30, STOA_LOG_ERROR = 40 };
typedef struct stoa_host_log { /* table */
  /* Writes one line. req may be NULL; fields_json is an object or empty. Copied before it returns. Lines above the
   * host's rate are counted and dropped. Never put payloads here. [any] */
  void (*log)(const stoa_host *host, int32_t level, const stoa_request *req, stoa_str message, stoa_str fields_json);
} stoa_host_log;
#ifdef __cplusplus
}
#endif
#endif
