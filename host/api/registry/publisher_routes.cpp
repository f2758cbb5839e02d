// publisher_routes.cpp: publishers and their keys. SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/registry_json.hpp"
#include "host/api/registry/registry_routes.hpp"

namespace stoa::api {
namespace {

using http::Method;
using registry::Actor;
using registry::Catalogue;

Result<RegistryAnswer> issued(Result<registry::Issued<registry::PublisherRecord>> made, unsigned status) {
  if (!made) return std::unexpected(made.error());
  Json body = json_of(made->record);
  body["token"] = made->token;
  return RegistryAnswer{status, std::move(body)};
}

template <class Record>
Result<RegistryAnswer> answer_of(const Result<Record>& record) {
  if (!record) return std::unexpected(record.error());
  return RegistryAnswer{200, json_of(*record)};
}

Result<RegistryAnswer> create_publisher(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string name = members.text("name"), display_name = members.text_or("display_name", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  return call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return issued(catalogue.create_publisher(*actor, name, display_name), 201); });
}

Result<RegistryAnswer> list_publishers(RegistryCall& call) {
  auto records = call.publishing.with_catalogue([](Catalogue& catalogue) { return catalogue.publishers(); });
  if (!records) return std::unexpected(records.error());
  return RegistryAnswer{200, page_of(*records)};
}

Result<RegistryAnswer> one_publisher(RegistryCall& call) {
  return call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return answer_of(catalogue.publisher(call.param("name"))); });
}

Result<RegistryAnswer> replace_token(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  if (auto read = no_members(call); !read) return std::unexpected(read.error());
  return call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return issued(catalogue.replace_publisher_token(*actor, call.param("name")), 200); });
}

Result<RegistryAnswer> let_pass(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  if (auto read = no_members(call); !read) return std::unexpected(read.error());
  return call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return answer_of(catalogue.let_publisher_pass(*actor, call.param("name"))); });
}

Result<RegistryAnswer> set_state(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string state = members.text("state"), because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  return call.publishing.with_catalogue([&](Catalogue& catalogue) {
    return answer_of(catalogue.set_publisher_state(*actor, call.param("name"), state, because));
  });
}

Result<RegistryAnswer> list_keys(RegistryCall& call) {
  return call.publishing.with_catalogue([&](Catalogue& catalogue) -> Result<RegistryAnswer> {
    const auto records = catalogue.keys(call.param("name"));
    if (!records) return std::unexpected(records.error());
    return RegistryAnswer{200, page_of(*records, catalogue.now_ms())};
  });
}

Result<RegistryAnswer> list_plugins(RegistryCall& call) {
  auto records =
      call.publishing.with_catalogue([&](Catalogue& catalogue) -> Result<std::vector<registry::PluginRecord>> {
        if (const auto owner = catalogue.publisher(call.param("name")); !owner) return std::unexpected(owner.error());
        return catalogue.plugins(call.param("name"));
      });
  if (!records) return std::unexpected(records.error());
  return RegistryAnswer{200, page_of(*records)};
}

Result<RegistryAnswer> set_plugin_state(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string state = members.text("state"), because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const std::string plugin = call.param("name") + '/' + call.param("plugin");
  return call.publishing.with_catalogue(
      [&](Catalogue& catalogue) { return answer_of(catalogue.set_plugin_state(*actor, plugin, state, because)); });
}

Result<RegistryAnswer> add_key(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string pem = members.text("public_key"), possession_hex = members.text("possession");
  const registry::KeyTerms terms{.role = members.text_or("role", registry::kReleaseKey),
                                 .valid_until_ms = members.number_if("valid_until_ms")};
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  auto key = registry::PublicKey::from_pem(pem);
  if (!key) {
    key.error().message = "public_key: " + key.error().message;
    return std::unexpected(key.error());
  }
  const auto possession = signature_in("possession", possession_hex);
  if (!possession) return std::unexpected(possession.error());
  return call.publishing.with_catalogue([&](Catalogue& catalogue) -> Result<RegistryAnswer> {
    const auto kept = catalogue.add_key(*actor, call.param("name"), *key, *possession, terms);
    if (!kept) return std::unexpected(kept.error());
    return RegistryAnswer{201, json_of(*kept, catalogue.now_ms())};
  });
}

Result<RegistryAnswer> rotate_key(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const auto at_ms = members.number_if("at_ms");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  return call.publishing.with_catalogue([&](Catalogue& catalogue) -> Result<RegistryAnswer> {
    const auto kept = catalogue.rotate_key(*actor, call.param("name"), {call.param("key")}, at_ms);
    if (!kept) return std::unexpected(kept.error());
    return RegistryAnswer{200, json_of(*kept, catalogue.now_ms())};
  });
}

Result<RegistryAnswer> revoke_key(RegistryCall& call) {
  const auto actor = call.who();
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const auto from_ms = members.number_if("from_ms");
  const std::string because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  std::int64_t now_ms = 0;
  auto gone = call.publishing.with_catalogue([&](Catalogue& catalogue) {
    auto done = catalogue.revoke_key(*actor, call.param("name"), {call.param("key")}, from_ms, because);
    now_ms = catalogue.now_ms();
    return done;
  });
  if (!gone) return std::unexpected(gone.error());
  Json body = json_of(gone->key, now_ms);
  Json ids = Json::array();
  for (const registry::ReleaseId& id : gone->quarantined) ids.push_back(id.text);
  body["quarantined"] = std::move(ids);
  return RegistryAnswer{200, std::move(body)};
}

}  // namespace

void add_publisher_routes(RegistryApi& api, std::vector<http::Route>& routes) {
  routes.push_back(registry_route(api, Method::get, "/v1/publishers", BodyIs::none, list_publishers));
  routes.push_back(registry_route(api, Method::post, "/v1/publishers", BodyIs::json, create_publisher));
  routes.push_back(registry_route(api, Method::get, "/v1/publishers/{name}", BodyIs::none, one_publisher));
  routes.push_back(registry_route(api, Method::post, "/v1/publishers/{name}/token", BodyIs::json, replace_token));
  routes.push_back(registry_route(api, Method::post, "/v1/publishers/{name}/let-pass", BodyIs::json, let_pass));
  routes.push_back(registry_route(api, Method::put, "/v1/publishers/{name}/state", BodyIs::json, set_state));
  routes.push_back(registry_route(api, Method::get, "/v1/publishers/{name}/keys", BodyIs::none, list_keys));
  routes.push_back(registry_route(api, Method::get, "/v1/publishers/{name}/plugins", BodyIs::none, list_plugins));
  routes.push_back(
      registry_route(api, Method::put, "/v1/publishers/{name}/plugins/{plugin}/state", BodyIs::json, set_plugin_state));
  routes.push_back(registry_route(api, Method::post, "/v1/publishers/{name}/keys", BodyIs::json, add_key));
  routes.push_back(
      registry_route(api, Method::post, "/v1/publishers/{name}/keys/{key}/rotate", BodyIs::json, rotate_key));
  routes.push_back(
      registry_route(api, Method::post, "/v1/publishers/{name}/keys/{key}/revoke", BodyIs::json, revoke_key));
}

}  // namespace stoa::api
