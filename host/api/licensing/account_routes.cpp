// account_routes.cpp: what a key's holder asks about its own customer. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/licensing_routes.hpp"
#include "licensing/terms/refusal.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::Scope;

void add_resets(Json& json, const licensing::Quota& quota, std::int64_t now_ms) {
  if (const auto end_ms = licensing::end_of_period(quota.period, now_ms)) json["resets"] = time_text(*end_ms);
}

// A limit, and what is left of it.
Json left_of(LicensingCall& call, const std::string& holder, const licensing::Quota& quota) {
  const std::uint64_t used = call.api.used(holder, quota);
  Json json{{"meter", quota.meter},
            {"period", name_of(quota.period)},
            {"amount", quota.amount},
            {"used", used},
            {"left", quota.amount > used ? quota.amount - used : 0}};
  add_resets(json, quota, call.now_ms);
  return json;
}

// Of a key as its customer sees it, with what is left of its budget.
Json key_json(LicensingCall& call, const licensing::ApiKey& key) {
  Json json = json_of(key, call.now_ms);
  if (key.budget) json["budget"] = left_of(call, key.id.text, *key.budget);
  return json;
}

Result<RegistryAnswer> account(LicensingCall& call) {
  const auto holder = call.customer_who(Scope::account);
  if (!holder) return std::unexpected(holder.error());
  return RegistryAnswer{200, {{"customer", json_of(holder->customer)}, {"key", key_json(call, holder->key)}}};
}

Result<RegistryAnswer> list_own_keys(LicensingCall& call) {
  const auto holder = call.customer_who(Scope::account);
  if (!holder) return std::unexpected(holder.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto keys = call.book.keys(holder->customer.id, *page);
  if (!keys) return std::unexpected(keys.error());
  Json body{{"items", Json::array()}};
  for (const licensing::ApiKey& key : *keys) body["items"].push_back(key_json(call, key));
  if (keys->size() == page->most && !keys->empty()) body["next"] = keys->back().id.text;
  return RegistryAnswer{200, std::move(body)};
}

Result<RegistryAnswer> create_own_key(LicensingCall& call) {
  const auto holder = call.customer_who(Scope::manage);
  if (!holder) return std::unexpected(holder.error());
  const auto wanted = key_in(call.body);
  if (!wanted) return std::unexpected(wanted.error());
  const auto made = call.book.create_key(holder->actor, holder->customer.id, *wanted, call.once());
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made, call.now_ms)};
}

// Another customer's key is not told from one that is not there.
Result<licensing::Actor> who_owns_key(LicensingCall& call) {
  const auto holder = call.customer_who(Scope::manage);
  if (!holder) return std::unexpected(holder.error());
  const auto key = call.book.key({call.param("key")});
  if (!key) return std::unexpected(key.error());
  if (key->customer == holder->customer.id) return holder->actor;
  return failure(Code::not_found, "key.not_found",
                 fmt::format("there is no key '{}'", call.param("key").substr(0, 80)));
}

Result<RegistryAnswer> rotate_own_key(LicensingCall& call) {
  const auto actor = who_owns_key(call);
  return actor ? rotate_key_of(call, *actor) : std::unexpected(actor.error());
}

Result<RegistryAnswer> revoke_own_key(LicensingCall& call) {
  const auto actor = who_owns_key(call);
  return actor ? revoke_key_of(call, *actor) : std::unexpected(actor.error());
}

// As its customer sees it, with what is left of it.
Result<Json> licence_json(LicensingCall& call, const licensing::Book::OwnLicence& own) {
  const licensing::Licence& licence = own.held.licence;
  Json json = json_of(own.held, call.now_ms);
  json.erase("content_keys");
  if (own.refusal != licensing::Refusal::none) json["refused"] = licensing::row_of(own.refusal).reason;
  Json limits = Json::array();
  for (const licensing::Quota& quota : licence.quotas) limits.push_back(left_of(call, held_id(own.held).text, quota));
  json["limits"] = std::move(limits);
  if (!licence.floating) return json;
  const auto leases = call.book.leases({}, held_id(own.held), {.after = "", .most = 100'000});
  if (!leases) return std::unexpected(leases.error());
  const std::uint64_t seats = licence.floating->seats;
  json["floating"]["held"] = leases->size();
  json["floating"]["free"] = seats > leases->size() ? seats - leases->size() : 0;
  return json;
}

// By a key that only a file knows: it may know the licences that name it, though no scope was given to it.
Result<RegistryAnswer> list_own_licences(LicensingCall& call) {
  const bool is_of_file = call.holder && licensing::is_of_file(call.holder->actor);
  const auto holder = is_of_file ? Result<licensing::Book::Holder>(*call.holder) : call.customer_who(Scope::account);
  if (!holder) return std::unexpected(holder.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto licences = call.book.own_licences(holder->actor, call.query_or("all", "") == "true", *page);
  if (!licences) return std::unexpected(licences.error());
  Json body{{"items", Json::array()}};
  for (const licensing::Book::OwnLicence& own : *licences) {
    auto json = licence_json(call, own);
    if (!json) return std::unexpected(json.error());
    body["items"].push_back(std::move(*json));
  }
  if (licences->size() == page->most && !licences->empty()) body["next"] = held_id(licences->back().held).text;
  return RegistryAnswer{200, std::move(body)};
}

Result<RegistryAnswer> list_own_leases(LicensingCall& call) {
  const auto holder = call.customer_who(Scope::account);
  if (!holder) return std::unexpected(holder.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto leases = call.book.leases(holder->customer.id, {}, *page);
  if (!leases) return std::unexpected(leases.error());
  return RegistryAnswer{200, page_of(*page, *leases, [](const auto& one) { return one.id.text; })};
}

}  // namespace

void add_account_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::customers, method, path, body, std::move(act)));
  };
  add(Method::get, "/v1/account", BodyIs::none, account);
  add(Method::get, "/v1/account/keys", BodyIs::none, list_own_keys);
  add(Method::post, "/v1/account/keys", BodyIs::json, create_own_key);
  add(Method::post, "/v1/account/keys/{key}/rotate", BodyIs::json, rotate_own_key);
  add(Method::post, "/v1/account/keys/{key}/revoke", BodyIs::json, revoke_own_key);
  add(Method::get, "/v1/account/licences", BodyIs::none, list_own_licences);
  add(Method::get, "/v1/leases", BodyIs::none, list_own_leases);
}

}  // namespace stoa::api
