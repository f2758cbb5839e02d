// entitlement.cpp: stoa.host.entitlement/1: asks the composition root what a request's licence grants.
// SPDX-License-Identifier: Apache-2.0
#include "stoa/ext/entitlement.h"

#include "host/runtime/abi_error.hpp"
#include "host/runtime/call.hpp"
#include "host/runtime/extensions/extensions.hpp"
#include "host/runtime/host_context.hpp"

namespace stoa::runtime::extensions {
namespace {

stoa_status query(const stoa_host* host, const stoa_request* req, stoa_str feature, stoa_grant* out,
                  stoa_error* err) noexcept {
  const HostContext& context = HostContext::of(host);
  if (req == nullptr || feature.p == nullptr || feature.n == 0)
    return error_to_abi(Code::invalid_argument, "entitlement.no_feature", "the request or the feature is missing", err);
  if (!context.services.entitlement)
    return error_to_abi(Code::permission_denied, "licence.none", "this host has no licences configured", err);
  const CallSpec& spec = Call::of(*req)->spec();
  const EntitlementQuery asked{.plugin = context.plugin_id,
                               .model = spec.model,
                               .tenant = {req->tenant.p, req->tenant.n},
                               .feature = {feature.p, feature.n},
                               .request_id = req->id,
                               .licence = spec.licence};
  const auto grant = context.services.entitlement(asked);
  if (!grant) return error_to_abi(grant.error(), err);
  if (STOA_HAS(stoa_grant, out, expires_unix_s)) out->expires_unix_s = grant->expires_unix_s;
  if (STOA_HAS(stoa_grant, out, limit)) out->limit = grant->limit;
  return STOA_OK;
}

}  // namespace

constinit const stoa_host_entitlement kEntitlement = {&query};

}  // namespace stoa::runtime::extensions
