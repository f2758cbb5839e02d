// customer_routes.cpp: customers and their keys, for operators. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/licensing_routes.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::CustomerState;
using registry::Permission;

constexpr std::int64_t kOverlapS = 86'400;  // where nothing is said: a day to bring the new key everywhere

Result<RegistryAnswer> create_customer(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string name = members.text("name"), display_name = members.text_or("display_name", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto made = call.book.create_customer(*actor, name, display_name);
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made)};
}

Result<RegistryAnswer> list_customers(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto customers = call.book.customers(*page);
  if (!customers) return std::unexpected(customers.error());
  return RegistryAnswer{200, page_of(*page, *customers, [](const auto& one) { return one.id.text; })};
}

// The customer that the path names, for an operator who may.
Result<licensing::Customer> customer_of(LicensingCall& call, Permission permission) {
  const auto actor = call.operator_who(permission);
  if (!actor) return std::unexpected(actor.error());
  return call.book.customer(call.param("customer"));
}

Result<RegistryAnswer> one_customer(LicensingCall& call) {
  const auto customer = customer_of(call, Permission::read_customers);
  if (!customer) return std::unexpected(customer.error());
  return RegistryAnswer{200, json_of(*customer)};
}

Result<RegistryAnswer> set_state(LicensingCall& call) {
  const auto customer = customer_of(call, Permission::manage_customers);
  if (!customer) return std::unexpected(customer.error());
  Members members(call.body);
  const std::string name = members.text("state"), because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto state = licensing::customer_state_of(name);
  if (!state)
    return failure(Code::invalid_argument, "registry.field",
                   "state: '" + name.substr(0, 64) + "' is none, want active, suspended or closed");
  const auto changed =
      call.book.set_customer_state(*call.operator_who(Permission::manage_customers), customer->id, *state, because);
  if (!changed) return std::unexpected(changed.error());
  return RegistryAnswer{200, json_of(*changed)};
}

Result<RegistryAnswer> list_keys(LicensingCall& call) {
  const auto customer = customer_of(call, Permission::read_customers);
  if (!customer) return std::unexpected(customer.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto keys = call.book.keys(customer->id, *page);
  if (!keys) return std::unexpected(keys.error());
  return RegistryAnswer{200, page_of(*page, *keys, [](const auto& one) { return one.id.text; }, call.now_ms)};
}

Result<RegistryAnswer> create_key(LicensingCall& call) {
  const auto customer = customer_of(call, Permission::manage_customers);
  if (!customer) return std::unexpected(customer.error());
  const auto wanted = key_in(call.body);
  if (!wanted) return std::unexpected(wanted.error());
  const auto made =
      call.book.create_key(*call.operator_who(Permission::manage_customers), customer->id, *wanted, call.once());
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made, call.now_ms)};
}

Result<RegistryAnswer> one_key(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto key = call.book.key({call.param("key")});
  if (!key) return std::unexpected(key.error());
  return RegistryAnswer{200, json_of(*key, call.now_ms)};
}

Result<RegistryAnswer> rotate_key(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  return actor ? rotate_key_of(call, *actor) : std::unexpected(actor.error());
}

Result<RegistryAnswer> revoke_key(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  return actor ? revoke_key_of(call, *actor) : std::unexpected(actor.error());
}

}  // namespace

Result<RegistryAnswer> rotate_key_of(LicensingCall& call, const licensing::Actor& actor) {
  Members members(call.body);
  const std::int64_t overlap_s = members.number_if("overlap_s").value_or(kOverlapS);
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  // Beyond what is allowed stays so, and does not wrap around.
  const std::int64_t overlap_ms = std::clamp<std::int64_t>(overlap_s, -1, INT64_MAX / 1000) * 1000;
  const auto made = call.book.rotate_key(actor, {call.param("key")}, overlap_ms, call.once());
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made, call.now_ms)};
}

Result<RegistryAnswer> revoke_key_of(LicensingCall& call, const licensing::Actor& actor) {
  Members members(call.body);
  const std::string because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto gone = call.book.revoke_key(actor, {call.param("key")}, because);
  if (!gone) return std::unexpected(gone.error());
  return RegistryAnswer{200, json_of(*gone, call.now_ms)};
}

void add_customer_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::operators, method, path, body, std::move(act)));
  };
  add(Method::get, "/v1/customers", BodyIs::none, list_customers);
  add(Method::post, "/v1/customers", BodyIs::json, create_customer);
  add(Method::get, "/v1/customers/{customer}", BodyIs::none, one_customer);
  add(Method::put, "/v1/customers/{customer}/state", BodyIs::json, set_state);
  add(Method::get, "/v1/customers/{customer}/keys", BodyIs::none, list_keys);
  add(Method::post, "/v1/customers/{customer}/keys", BodyIs::json, create_key);
  add(Method::get, "/v1/keys/{key}", BodyIs::none, one_key);
  add(Method::post, "/v1/keys/{key}/rotate", BodyIs::json, rotate_key);
  add(Method::post, "/v1/keys/{key}/revoke", BodyIs::json, revoke_key);
}

}  // namespace stoa::api
