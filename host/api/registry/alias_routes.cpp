// alias_routes.cpp: aliases, their steps, and moves that wait for a second operator.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>

#include "host/api/registry/registry_json.hpp"
#include "host/api/registry/registry_routes.hpp"

namespace stoa::api {
namespace {

using http::Method;
using registry::Catalogue;

Result<RegistryAnswer> outcome_of(const Result<registry::AliasOutcome>& outcome) {
  if (!outcome) return std::unexpected(outcome.error());
  // 202: nothing has moved yet.
  if (outcome->proposal) return RegistryAnswer{202, {{"proposal", json_of(*outcome->proposal)}}};
  return RegistryAnswer{200, {{"step", json_of(*outcome->step)}}};
}

Result<RegistryAnswer> move_alias(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  registry::AliasMove move{members.text("model"), members.text("alias"), {}, members.text_or("note", "")};
  const Json* const list = members.list("targets");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  auto targets = targets_in(*list);
  if (!targets) return std::unexpected(targets.error());
  move.targets = std::move(*targets);
  return call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return outcome_of(catalogue.move_alias(*actor, move)); });
}

Result<RegistryAnswer> take_back(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string model = members.text("model"), alias = members.text("alias"), note = members.text_or("note", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  return call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return outcome_of(catalogue.take_back_alias(*actor, model, alias, note)); });
}

Result<RegistryAnswer> list_aliases(RegistryCall& call) {
  auto records = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.aliases(call.query_or("model", "")); });
  if (!records) return std::unexpected(records.error());
  return RegistryAnswer{200, page_of(*records)};
}

Result<RegistryAnswer> list_steps(RegistryCall& call) {
  const auto limit = call.limit();
  const auto before = call.query_number("before", 0, {0, INT64_MAX});
  if (!limit) return std::unexpected(limit.error());
  if (!before) return std::unexpected(before.error());
  auto records = call.publishing.with_catalogue([&](Catalogue& catalogue) {
    return catalogue.alias_steps(call.query_or("model", ""), call.query_or("alias", ""), *limit + 1,
                                 static_cast<std::int64_t>(*before));
  });
  if (!records) return std::unexpected(records.error());
  return RegistryAnswer{200, page_before(std::move(*records), *limit,
                                         [](const registry::AliasStep& last) { return std::to_string(last.step); })};
}

Result<RegistryAnswer> list_proposals(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  if (auto allowed = require(*actor, registry::Permission::read_catalogue); !allowed)
    return std::unexpected(allowed.error());
  const std::string state = call.query_or("state", "open");
  if (state != "open" && state != "approved" && state != "declined")
    return failure(Code::invalid_argument, "registry.query",
                   "state: '" + state.substr(0, 64) + "' is none; want open, approved or declined");
  auto records = call.publishing.with_catalogue([&](Catalogue& catalogue) { return catalogue.proposals(state); });
  if (!records) return std::unexpected(records.error());
  return RegistryAnswer{200, page_of(*records)};
}

Result<RegistryAnswer> approve(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  if (auto read = no_members(call); !read) return std::unexpected(read.error());
  auto step = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.approve(*actor, {call.param("proposal")}); });
  if (!step) return std::unexpected(step.error());
  return RegistryAnswer{200, {{"step", json_of(*step)}}};
}

Result<RegistryAnswer> decline(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  if (auto read = no_members(call); !read) return std::unexpected(read.error());
  auto proposal = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.decline(*actor, {call.param("proposal")}); });
  if (!proposal) return std::unexpected(proposal.error());
  return RegistryAnswer{200, {{"proposal", json_of(*proposal)}}};
}

Result<RegistryAnswer> require_approvals(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string model = members.text("model");
  const std::uint64_t approvals = members.number("approvals");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  auto kept = call.publishing.with_catalogue([&](Catalogue& catalogue) {
    return catalogue.require_approvals(*actor, model,
                                       static_cast<std::int64_t>(std::min<std::uint64_t>(approvals, INT64_MAX)));
  });
  if (!kept) return std::unexpected(kept.error());
  return RegistryAnswer{200, {{"model", model}, {"approvals", approvals}}};
}

}  // namespace

void add_alias_routes(RegistryApi& api, std::vector<http::Route>& routes) {
  routes.push_back(registry_route(api, Method::get, "/v1/aliases", BodyIs::none, list_aliases));
  routes.push_back(registry_route(api, Method::put, "/v1/aliases", BodyIs::json, move_alias));
  routes.push_back(registry_route(api, Method::get, "/v1/aliases/steps", BodyIs::none, list_steps));
  routes.push_back(registry_route(api, Method::post, "/v1/aliases/take-back", BodyIs::json, take_back));
  routes.push_back(registry_route(api, Method::put, "/v1/aliases/approvals", BodyIs::json, require_approvals));
  routes.push_back(registry_route(api, Method::get, "/v1/proposals", BodyIs::none, list_proposals));
  routes.push_back(registry_route(api, Method::post, "/v1/proposals/{proposal}/approve", BodyIs::json, approve));
  routes.push_back(registry_route(api, Method::post, "/v1/proposals/{proposal}/decline", BodyIs::json, decline));
}

}  // namespace stoa::api
