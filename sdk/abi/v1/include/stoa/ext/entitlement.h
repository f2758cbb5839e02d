/* ext/entitlement.h: what the caller's licence allows beyond the call itself. Host extension.
 * SPDX-License-Identifier: Apache-2.0
 * Rationale: the host enforces the licence; a plugin asks only to offer more or less (a larger context, a feature). */
#ifndef STOA_EXT_ENTITLEMENT_H
#define STOA_EXT_ENTITLEMENT_H
#include "stoa/stoa.h"
#ifdef __cplusplus
extern "C" {
#endif
#define STOA_EXT_HOST_ENTITLEMENT "stoa.host.entitlement/1"
typedef struct stoa_grant { /* record; the caller's, struct_size set by the caller; filled in on STOA_OK */
  uint32_t struct_size, reserved;
  int64_t expires_unix_s;  /* 0: does not expire */
  int64_t limit;           /* the entitlement's number (tokens, seats, pixels); -1: without limit */
} stoa_grant;
typedef struct stoa_host_entitlement { /* table */
  /* STOA_OK: the request's licence grants feature (dotted word), *out says how much. STOA_PERMISSION_DENIED: it does
   * not, err has reason and message. Answered from memory. [any] */
  stoa_status (*query)(const stoa_host *host, const stoa_request *req, stoa_str feature, stoa_grant *out,
                       stoa_error *err);
} stoa_host_entitlement;
#ifdef __cplusplus
}
#endif
#endif
