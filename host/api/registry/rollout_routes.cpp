// rollout_routes.cpp: roll-outs: begun, steered, looked at. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "host/api/registry/registry_json.hpp"
#include "host/api/registry/registry_routes.hpp"

namespace stoa::api {
namespace {

using http::Method;
using registry::Catalogue;

std::unexpected<Error> bad_item(const char* name, const char* wanted) {
  return failure(Code::invalid_argument, "registry.field", fmt::format("{}: want a list of {}", name, wanted));
}

Result<registry::RolloutShadow> shadow_in(const Json& object) {
  Members members(object, "shadow.");
  registry::RolloutShadow shadow;
  shadow.version = members.text("version");
  shadow.share_ppm = members.number_or("share_ppm", shadow.share_ppm);
  shadow.atol_nano = members.number_or("atol_nano", shadow.atol_nano);
  shadow.rtol_nano = members.number_or("rtol_nano", shadow.rtol_nano);
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  return shadow;
}

Result<registry::RolloutLimits> limits_in(const Json& object) {
  Members members(object, "limits.");
  registry::RolloutLimits limits;
  limits.requests_min = members.number_or("requests_min", limits.requests_min);
  limits.window_ms = members.number_or("window_ms", limits.window_ms);
  limits.error_margin_ppm = members.number_or("error_margin_ppm", limits.error_margin_ppm);
  limits.p99_ratio_percent = members.number_or("p99_ratio_percent", limits.p99_ratio_percent);
  limits.unready_ms = members.number_or("unready_ms", limits.unready_ms);
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  return limits;
}

Result<registry::RolloutPlan> plan_in(const Json& body) {
  Members members(body);
  registry::RolloutPlan plan;
  plan.model = members.text("model");
  plan.version = members.text_or("version", "");
  plan.promotes = members.flag_or("promotes", false);
  plan.note = members.text_or("note", "");
  const Json* const steps = members.list_if("steps_ppm");
  const Json* const customers = members.list_if("customers");
  const Json* const shadow = members.object_if("shadow");
  const Json* const limits = members.object_if("limits");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  for (const Json& step : steps ? *steps : Json::array()) {
    if (!step.is_number_unsigned()) return bad_item("steps_ppm", "integers, parts in a million");
    plan.steps_ppm.push_back(step.get<std::uint64_t>());
  }
  for (const Json& customer : customers ? *customers : Json::array()) {
    if (!customer.is_string()) return bad_item("customers", "strings");
    plan.customers.push_back(customer.get<std::string>());
  }
  if (shadow) {
    auto read = shadow_in(*shadow);
    if (!read) return std::unexpected(read.error());
    plan.shadow = std::move(*read);
  }
  if (limits) {
    auto read = limits_in(*limits);
    if (!read) return std::unexpected(read.error());
    plan.limits = *read;
  }
  return plan;
}

Result<RegistryAnswer> start(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  auto plan = plan_in(call.body);
  if (!plan) return std::unexpected(plan.error());
  const auto record = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.start_rollout(*actor, std::move(*plan)); });
  if (!record) return std::unexpected(record.error());
  return RegistryAnswer{201, json_of(*record)};
}

// What the acts on a model's roll-out have in common: who, the model and a reason.
struct Steering {
  registry::Actor actor;
  std::string model, because;
};
Result<Steering> steering_of(const RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  Steering read{*actor, members.text("model"), members.text_or("because", "")};
  if (auto ended = members.end(); !ended) return std::unexpected(ended.error());
  return read;
}

template <class Act>
Result<RegistryAnswer> steer(RegistryCall& call, Act act) {
  const auto read = steering_of(call);
  if (!read) return std::unexpected(read.error());
  const auto done = call.publishing.with_catalogue([&](Catalogue& catalogue) { return act(catalogue, *read); });
  if (!done) return std::unexpected(done.error());
  return RegistryAnswer{200, json_of(*done)};
}

Result<RegistryAnswer> pause(RegistryCall& call) {
  return steer(call, [](Catalogue& catalogue, const Steering& by) {
    return catalogue.pause_rollout(by.actor, by.model, true, by.because);
  });
}
Result<RegistryAnswer> resume(RegistryCall& call) {
  return steer(call, [](Catalogue& catalogue, const Steering& by) {
    return catalogue.pause_rollout(by.actor, by.model, false, by.because);
  });
}
Result<RegistryAnswer> promote(RegistryCall& call) {
  return steer(call, [](Catalogue& catalogue, const Steering& by) {
    return catalogue.promote_rollout(by.actor, by.model, by.because);
  });
}
Result<RegistryAnswer> roll_back(RegistryCall& call) {
  return steer(call, [](Catalogue& catalogue, const Steering& by) {
    return catalogue.roll_back(by.actor, by.model, by.because);
  });
}

// A release that failed on this host alone has no verdict in the catalogue: then the host's own goes.
Result<RegistryAnswer> forgive(RegistryApi& api, RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string model = members.text("model"), version = members.text("version");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto verdict =
      call.publishing.with_catalogue([&](Catalogue& catalogue) { return catalogue.forgive(*actor, model, version); });
  if (verdict) return RegistryAnswer{200, json_of(*verdict)};
  if (verdict.error().reason != "rollout.no_verdict" || !api.forgive_here(model, version))
    return std::unexpected(verdict.error());
  return RegistryAnswer{200, {{"model", model}, {"version", version}, {"state", "failed"}}};
}

// What a host that follows found.
Result<RegistryAnswer> report(RegistryCall& call) {
  using Kind = registry::RolloutNews::Kind;
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  registry::RolloutNews news;
  const std::string kind = members.text("kind");
  news.model = members.text("model");
  news.version = members.text("version");
  news.step = members.number_or("step", 0);
  news.reason = members.text_or("reason", "");
  news.numbers = members.text_or("numbers", "");
  news.back_to = members.text_or("back_to", "");
  news.rollout = members.text_or("rollout", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto known = registry::news_kind_of(kind);
  if (!known)
    return failure(Code::invalid_argument, "rollout.news",
                   fmt::format("kind: is '{}', want step, promoted, rolled_back or failed", kind.substr(0, 64)));
  news.kind = *known;
  if (news.rollout.empty() && (news.kind == Kind::step || news.kind == Kind::promoted))
    return failure(Code::invalid_argument, "rollout.news", "rollout: a step is one of a roll-out; name its id");
  const auto noted =
      call.publishing.with_catalogue([&](Catalogue& catalogue) { return catalogue.note_rollout(news, *actor); });
  if (!noted) return std::unexpected(noted.error());
  return RegistryAnswer{200, {{"noted", *noted}}};
}

Result<void> may_read(const RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  return require(*actor, registry::Permission::read_catalogue);
}

// A host that follows asks whom a roll-out names.
Result<RegistryAnswer> list(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  if (!require(*actor, registry::Permission::report_rollouts))
    if (auto allowed = may_read(call); !allowed) return std::unexpected(allowed.error());
  const auto limit = call.limit();
  if (!limit) return std::unexpected(limit.error());
  const auto records = call.publishing.with_catalogue([&](Catalogue& catalogue) {
    return catalogue.rollouts(call.query_or("model", ""), *limit + 1, call.query_or("before", ""));
  });
  if (!records) return std::unexpected(records.error());
  return RegistryAnswer{
      200, page_before(*records, *limit, [](const registry::RolloutRecord& last) { return last.id.text; })};
}

Result<RegistryAnswer> list_verdicts(RegistryCall& call) {
  if (auto allowed = may_read(call); !allowed) return std::unexpected(allowed.error());
  const auto records = call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return catalogue.verdicts(call.query_or("model", "")); });
  if (!records) return std::unexpected(records.error());
  return RegistryAnswer{200, page_of(*records)};
}

Result<RegistryAnswer> list_here(const RegistryApi& api, RegistryCall& call) {
  if (auto allowed = may_read(call); !allowed) return std::unexpected(allowed.error());
  const std::string model = call.query_or("model", "");
  std::vector<ModelReport> reports = api.rollouts();
  std::erase_if(reports, [&](const ModelReport& one) { return !model.empty() && one.model != model; });
  return RegistryAnswer{200, page_of(reports)};
}

}  // namespace

void add_rollout_routes(RegistryApi& api, std::vector<http::Route>& routes) {
  routes.push_back(registry_route(api, Method::get, "/v1/rollouts", BodyIs::none, list));
  routes.push_back(registry_route(api, Method::post, "/v1/rollouts", BodyIs::json, start));
  routes.push_back(registry_route(api, Method::get, "/v1/rollouts/here", BodyIs::none,
                                  [&api](RegistryCall& call) { return list_here(api, call); }));
  routes.push_back(registry_route(api, Method::post, "/v1/rollouts/pause", BodyIs::json, pause));
  routes.push_back(registry_route(api, Method::post, "/v1/rollouts/resume", BodyIs::json, resume));
  routes.push_back(registry_route(api, Method::post, "/v1/rollouts/promote", BodyIs::json, promote));
  routes.push_back(registry_route(api, Method::post, "/v1/rollouts/rollback", BodyIs::json, roll_back));
  routes.push_back(registry_route(api, Method::post, "/v1/rollouts/forgive", BodyIs::json,
                                  [&api](RegistryCall& call) { return forgive(api, call); }));
  routes.push_back(registry_route(api, Method::post, "/v1/rollouts/news", BodyIs::json, report));
  routes.push_back(registry_route(api, Method::get, "/v1/verdicts", BodyIs::none, list_verdicts));
}

}  // namespace stoa::api
