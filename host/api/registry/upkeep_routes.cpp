// upkeep_routes.cpp: is the registry as it should be, and what can be mended while it runs.
// SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/registry_routes.hpp"
#include "registry/upkeep/diagnosis.hpp"

namespace stoa::api {
namespace {

constexpr std::uint64_t kGraceDefaultS = 3600, kGraceMinS = 60, kGraceMaxS = 7 * 24 * 3600;

// Never 0: somebody may be publishing.
Result<registry::DoctorTerms> terms_of(const RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  if (auto allowed = require(*actor, registry::Permission::maintain); !allowed) return std::unexpected(allowed.error());
  const auto grace_s = call.query_number("grace_s", kGraceDefaultS, {kGraceMinS, kGraceMaxS});
  if (!grace_s) return std::unexpected(grace_s.error());
  return registry::DoctorTerms{.now_ms = call.now_ms, .grace_ms = static_cast<std::int64_t>(*grace_s) * 1000};
}

Result<RegistryAnswer> answer_of(const Result<registry::Diagnosis>& found) {
  if (!found) return std::unexpected(found.error());
  return RegistryAnswer{200, Json::parse(registry::diagnosis_json(*found))};
}

Result<RegistryAnswer> look_over(RegistryCall& call) {
  const auto terms = terms_of(call);
  if (!terms) return std::unexpected(terms.error());
  return answer_of(registry::examine_registry(call.publishing.folder(), *terms));
}

Result<RegistryAnswer> mend(RegistryCall& call) {
  const auto terms = terms_of(call);
  if (!terms) return std::unexpected(terms.error());
  return answer_of(registry::mend_registry(call.publishing, *terms));
}

}  // namespace

// All blobs are read: the answer takes as long as that.
void add_upkeep_routes(RegistryApi& api, std::vector<http::Route>& routes) {
  routes.push_back(registry_route(api, http::Method::get, "/v1/doctor", BodyIs::none, look_over, &RegistryApi::slow));
  routes.push_back(registry_route(api, http::Method::post, "/v1/doctor", BodyIs::none, mend, &RegistryApi::slow));
}

}  // namespace stoa::api
