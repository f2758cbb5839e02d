// operator_routes.cpp: operators, the audit log, and the state of the registry. SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/registry_json.hpp"
#include "host/api/registry/registry_routes.hpp"

namespace stoa::api {
namespace {

using http::Method;
using registry::Catalogue;

Result<RegistryAnswer> create_operator(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string name = members.text("name"), role_text = members.text("role");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto role = registry::role_of(role_text);
  if (!role)
    return failure(Code::invalid_argument, "registry.field",
                   "role: '" + role_text + "' is none; want admin, reviewer, finance, auditor or host");
  auto issued = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.create_operator(*actor, name, *role); });
  if (!issued) return std::unexpected(issued.error());
  Json body = json_of(issued->record);
  body["token"] = issued->token;
  return RegistryAnswer{201, std::move(body)};
}

Result<RegistryAnswer> list_operators(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  auto records = call.publishing.with_catalogue([&](Catalogue& catalogue) { return catalogue.operators(*actor); });
  if (!records) return std::unexpected(records.error());
  return RegistryAnswer{200, page_of(*records)};
}

Result<RegistryAnswer> revoke_operator(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  auto gone = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.revoke_operator(*actor, call.param("name")); });
  if (!gone) return std::unexpected(gone.error());
  return RegistryAnswer{204, nullptr};
}

Result<RegistryAnswer> who_am_i(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Json body{{"actor", actor->text()}};
  if (actor->kind == registry::Actor::Kind::operators) body["role"] = name_of(actor->role);
  return RegistryAnswer{200, std::move(body)};
}

Result<RegistryAnswer> read_audit(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  const auto before = call.query_number("before", 0, {0, INT64_MAX}), limit = call.limit();
  if (!before) return std::unexpected(before.error());
  if (!limit) return std::unexpected(limit.error());
  auto lines = call.publishing.with_catalogue([&](Catalogue& catalogue) {
    return catalogue.audit(*actor, static_cast<std::int64_t>(*before), *limit, call.query_or("subject", ""));
  });
  if (!lines) return std::unexpected(lines.error());
  Json body = page_of(*lines);
  if (lines->size() == *limit && !lines->empty()) body["next"] = std::to_string(lines->back().line);
  return RegistryAnswer{200, std::move(body)};
}

// The chains are read as a whole: the answer takes as long as they are.
Result<RegistryAnswer> examine(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  if (auto allowed = require(*actor, registry::Permission::read_audit); !allowed)
    return std::unexpected(allowed.error());
  auto found = call.publishing.with_catalogue([](Catalogue& catalogue) { return catalogue.examine(); });
  if (!found) return std::unexpected(found.error());
  return RegistryAnswer{200,
                        {{"audit", {{"lines", found->audit.lines}, {"sha256", registry::to_hex(found->audit.sha256)}}},
                         {"alias_steps", found->alias_steps}}};
}

}  // namespace

void add_operator_routes(RegistryApi& api, std::vector<http::Route>& routes) {
  routes.push_back(registry_route(api, Method::get, "/v1/whoami", BodyIs::none, who_am_i));
  routes.push_back(registry_route(api, Method::get, "/v1/operators", BodyIs::none, list_operators));
  routes.push_back(registry_route(api, Method::post, "/v1/operators", BodyIs::json, create_operator));
  routes.push_back(registry_route(api, Method::del, "/v1/operators/{name}", BodyIs::none, revoke_operator));
  routes.push_back(registry_route(api, Method::get, "/v1/audit", BodyIs::none, read_audit));
  routes.push_back(registry_route(api, Method::get, "/v1/audit/head", BodyIs::none, examine, &RegistryApi::slow));
}

}  // namespace stoa::api
