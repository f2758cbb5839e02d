// webhook_routes.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/webhook_routes.hpp"

#include "host/api/licensing/licensing_json.hpp"

namespace stoa::api {
namespace {

using http::Method;
using registry::Permission;

constexpr std::uint64_t kSecretOverlapS = 86'400, kSecretOverlapMostS = 30 * 86'400;

Json shown_json(const licensing::Webhook& webhook) {
  Json json{{"id", webhook.id.text}, {"url", webhook.url}, {"types", webhook.types}};
  json["state"] = webhook.disabled_because.empty() ? "active" : "disabled";
  if (!webhook.disabled_because.empty()) json["because"] = webhook.disabled_because;
  if (!webhook.owner.empty()) json["publisher"] = webhook.owner;
  json["created"] = time_text(webhook.created_ms);
  return json;
}

Json shown_json(const licensing::Outbox::Shown& shown) {
  Json json = shown_json(shown.webhook);
  json["secret"] = shown.secret;
  return json;
}

Json shown_json(const licensing::Delivery& delivery) {
  Json json{{"number", std::to_string(delivery.number)}, {"event", delivery.event},     {"type", delivery.type},
            {"at", time_text(delivery.at_ms)},           {"attempt", delivery.attempt}, {"outcome", delivery.outcome}};
  if (delivery.status > 0) json["status"] = delivery.status;
  if (!delivery.why.empty()) json["why"] = delivery.why;
  return json;
}

// A publisher on its own, an operator by its role on all.
Result<licensing::WebhookActor> who(const LicensingCall& call, Permission permission) {
  auto actor = call.issuer_who(permission);
  if (!actor) return std::unexpected(std::move(actor.error()));
  const bool is_publisher = actor->kind == licensing::Actor::Kind::publisher;
  return licensing::WebhookActor{actor->text(), is_publisher ? actor->name : std::string()};
}

Result<RegistryAnswer> list_webhooks(WebhookApi& api, LicensingCall& call) {
  const auto actor = who(call, Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto all = api.outbox.list(*actor);
  if (!all) return std::unexpected(all.error());
  Json items = Json::array();
  for (const licensing::Webhook& one : *all) items.push_back(shown_json(one));
  return RegistryAnswer{200, {{"items", std::move(items)}}};
}

Result<RegistryAnswer> create_webhook(WebhookApi& api, LicensingCall& call) {
  const auto actor = who(call, Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  std::string url = members.text("url");
  const Json* const listed = members.list("types");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  std::vector<std::string> types;
  for (const Json& type : *listed) {
    if (!type.is_string()) return failure(Code::invalid_argument, "registry.field", "types: want texts");
    types.push_back(type.get<std::string>());
  }
  const auto ends = api.ends();
  if (!ends) return std::unexpected(ends.error());
  const auto shown = api.outbox.create(*actor, std::move(url), std::move(types), *ends);
  if (!shown) return std::unexpected(shown.error());
  return RegistryAnswer{201, shown_json(*shown)};
}

Result<RegistryAnswer> one_webhook(WebhookApi& api, LicensingCall& call) {
  const auto actor = who(call, Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto webhook = api.outbox.one(*actor, call.param("webhook"));
  if (!webhook) return std::unexpected(webhook.error());
  return RegistryAnswer{200, shown_json(*webhook)};
}

Result<RegistryAnswer> rotate_webhook(WebhookApi& api, LicensingCall& call) {
  const auto actor = who(call, Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::uint64_t overlap_s = members.number_or("overlap_s", kSecretOverlapS);
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  if (overlap_s > kSecretOverlapMostS)
    return failure(Code::invalid_argument, "registry.field",
                   "overlap_s: want 0 to " + std::to_string(kSecretOverlapMostS));
  const auto shown = api.outbox.rotate(*actor, call.param("webhook"), static_cast<std::int64_t>(overlap_s) * 1'000);
  if (!shown) return std::unexpected(shown.error());
  return RegistryAnswer{200, shown_json(*shown)};
}

Result<RegistryAnswer> enable_webhook(WebhookApi& api, LicensingCall& call) {
  const auto actor = who(call, Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  if (auto read = no_members(call); !read) return std::unexpected(read.error());
  const auto webhook = api.outbox.enable(*actor, call.param("webhook"));
  if (!webhook) return std::unexpected(webhook.error());
  return RegistryAnswer{200, shown_json(*webhook)};
}

Result<RegistryAnswer> test_webhook(WebhookApi& api, LicensingCall& call) {
  const auto actor = who(call, Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  if (auto read = no_members(call); !read) return std::unexpected(read.error());
  if (auto done = api.outbox.test(*actor, call.param("webhook")); !done) return std::unexpected(done.error());
  return RegistryAnswer{202, {{"id", call.param("webhook")}, {"type", "webhook.test"}}};
}

Result<RegistryAnswer> remove_webhook(WebhookApi& api, LicensingCall& call) {
  const auto actor = who(call, Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  if (auto done = api.outbox.remove(*actor, call.param("webhook")); !done) return std::unexpected(done.error());
  return RegistryAnswer{204, nullptr};
}

Result<RegistryAnswer> list_deliveries(WebhookApi& api, LicensingCall& call) {
  const auto actor = who(call, Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto after = call.query_number("after", 0, {0, INT64_MAX}), limit = call.limit();
  if (!after) return std::unexpected(after.error());
  if (!limit) return std::unexpected(limit.error());
  const auto all = api.outbox.deliveries(*actor, call.param("webhook"), static_cast<std::int64_t>(*after), *limit);
  if (!all) return std::unexpected(all.error());
  Json items = Json::array();
  for (const licensing::Delivery& one : *all) items.push_back(shown_json(one));
  Json body{{"items", std::move(items)}};
  if (all->size() == *limit && !all->empty()) body["next"] = std::to_string(all->back().number);
  return RegistryAnswer{200, std::move(body)};
}

}  // namespace

void add_webhook_routes(WebhookApi& api, std::vector<http::Route>& routes) {
  using Act = Result<RegistryAnswer> (*)(WebhookApi&, LicensingCall&);
  const auto add = [&](Method method, const char* path, BodyIs body, Act act) {
    routes.push_back(licensing_route(api.licensing, Plane::operators, method, path, body,
                                     [&api, act](LicensingCall& call) { return act(api, call); }));
  };
  add(Method::get, "/v1/webhooks", BodyIs::none, list_webhooks);
  add(Method::post, "/v1/webhooks", BodyIs::json, create_webhook);
  add(Method::get, "/v1/webhooks/{webhook}", BodyIs::none, one_webhook);
  add(Method::del, "/v1/webhooks/{webhook}", BodyIs::none, remove_webhook);
  add(Method::post, "/v1/webhooks/{webhook}/rotate", BodyIs::json, rotate_webhook);
  add(Method::post, "/v1/webhooks/{webhook}/enable", BodyIs::json, enable_webhook);
  add(Method::post, "/v1/webhooks/{webhook}/test", BodyIs::json, test_webhook);
  add(Method::get, "/v1/webhooks/{webhook}/deliveries", BodyIs::none, list_deliveries);
}

}  // namespace stoa::api
