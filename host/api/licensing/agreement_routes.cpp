// agreement_routes.cpp: agreements and their parties' signatures, for operators and publishers.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/licensing_routes.hpp"
#include "licensing/document/agreement_file.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::HeldAgreement;
using registry::Permission;

bool is_publisher(const LicensingCall& call) {
  return call.actor && call.actor->kind == registry::Actor::Kind::publisher;
}

// Operators who may read customers, and a publisher that is a party: for others it is not there.
Result<std::vector<HeldAgreement>> versions_for(LicensingCall& call) {
  if (!is_publisher(call))
    if (const auto actor = call.operator_who(Permission::read_customers); !actor) return std::unexpected(actor.error());
  auto versions = call.book.agreement_versions({call.param("agreement")});
  if (!versions || !is_publisher(call)) return versions;
  const std::string party = licensing::publisher_party(call.actor->name);
  std::erase_if(*versions, [&](const HeldAgreement& held) {
    return std::ranges::count(licensing::signatories_of(held.agreement), party) == 0;
  });
  if (versions->empty())
    return failure(Code::not_found, "agreement.unknown",
                   fmt::format("there is no agreement '{}'", call.param("agreement").substr(0, 80)));
  return versions;
}

Result<RegistryAnswer> propose_as(LicensingCall& call, const std::optional<licensing::AgreementId>& amended) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  auto terms =
      licensing::parse_agreement_draft(call.body.dump(-1, ' ', false, Json::error_handler_t::replace), call.now_ms);
  if (!terms) return std::unexpected(terms.error());
  const auto made = call.book.propose(*actor, std::move(*terms), amended, call.once());
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{amended ? 200u : 201u, json_of(*made, call.now_ms)};
}

Result<RegistryAnswer> propose(LicensingCall& call) { return propose_as(call, {}); }
Result<RegistryAnswer> amend(LicensingCall& call) {
  return propose_as(call, licensing::AgreementId{call.param("agreement")});
}

Result<RegistryAnswer> list_agreements(LicensingCall& call) {
  licensing::AgreementFilter filter;
  if (is_publisher(call)) {
    filter.publisher = call.actor->name;
  } else {
    if (const auto actor = call.operator_who(Permission::read_customers); !actor) return std::unexpected(actor.error());
    filter.publisher = call.query_or("publisher", "");
  }
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto agreements = call.book.agreements(filter, *page);
  if (!agreements) return std::unexpected(agreements.error());
  return RegistryAnswer{200,
                        page_of(*page, *agreements, [](const auto& one) { return one.agreement.id; }, call.now_ms)};
}

Result<RegistryAnswer> one_agreement(LicensingCall& call) {
  const auto versions = versions_for(call);
  if (!versions) return std::unexpected(versions.error());
  return RegistryAnswer{200, json_of(versions->front(), call.now_ms)};
}

Result<RegistryAnswer> list_versions(LicensingCall& call) {
  const auto versions = versions_for(call);
  if (!versions) return std::unexpected(versions.error());
  return RegistryAnswer{200, items_of(*versions, call.now_ms)};
}

// version: which; the newest where nothing is said.
Result<RegistryAnswer> agreement_document(LicensingCall& call) {
  const auto versions = versions_for(call);
  if (!versions) return std::unexpected(versions.error());
  const auto wanted = call.query_number("version", versions->front().agreement.version, {1, UINT32_MAX});
  if (!wanted) return std::unexpected(wanted.error());
  const auto held =
      std::ranges::find_if(*versions, [&](const HeldAgreement& one) { return one.agreement.version == *wanted; });
  if (held == versions->end())
    return failure(Code::not_found, "agreement.unknown", fmt::format("version: there is no version {}", *wanted));
  return RegistryAnswer{200, bundle_of(*held)};
}

// A publisher signs with a key that the registry has of it, too.
std::vector<registry::PublicKey> registry_keys_of(LicensingCall& call, const std::string& party) {
  std::vector<registry::PublicKey> keys;
  constexpr std::string_view kPublisher = "publisher/";
  if (!call.api.publishing || !party.starts_with(kPublisher)) return keys;
  const auto known = call.api.publishing->with_catalogue(
      [&](registry::Catalogue& catalogue) { return catalogue.keys(party.substr(kPublisher.size())); });
  if (!known) return keys;
  for (const registry::PublisherKeyRecord& one : *known)
    if (one.is_active_at(call.now_ms)) keys.push_back(one.key);
  return keys;
}

Result<RegistryAnswer> sign(LicensingCall& call) {
  const auto actor = call.issuer_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  licensing::AgreementSigning signing{
      .id = {call.param("agreement")}, .party = members.text("party"), .text = {}, .envelope = {}};
  std::string file = members.text_or("file", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  if (signing.party == licensing::kPlatformParty && file.empty()) {
    // By this host, with its own key.
    const auto held = call.book.agreement(signing.id);
    if (!held) return std::unexpected(held.error());
    auto made = call.api.sign_agreement(held->text);
    if (!made) return std::unexpected(made.error());
    file = std::move(made->file);
    signing.also.push_back(std::move(made->key));
  } else {
    signing.also = registry_keys_of(call, signing.party);
  }
  auto opened = licensing::open_document(licensing::kAgreementDocument, file);
  if (!opened) return std::unexpected(opened.error());
  signing.text = std::move(opened->text);
  signing.envelope = std::move(opened->envelope);
  const auto held = call.book.sign_agreement(*actor, signing);
  if (!held) return std::unexpected(held.error());
  return RegistryAnswer{201, json_of(*held, call.now_ms)};
}

Result<RegistryAnswer> terminate(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto held = call.book.terminate_agreement(*actor, {call.param("agreement")}, because);
  if (!held) return std::unexpected(held.error());
  return RegistryAnswer{200, json_of(*held, call.now_ms)};
}

Result<RegistryAnswer> add_party_key(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string party = members.text("party"), pem = members.text("public_key");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto key = registry::PublicKey::from_pem(pem);
  if (!key) return std::unexpected(key.error());
  const auto made = call.book.add_party_key(*actor, party, *key);
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made)};
}

Result<RegistryAnswer> list_party_keys(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto keys = call.book.party_keys(call.query_or("party", ""));
  if (!keys) return std::unexpected(keys.error());
  return RegistryAnswer{200, items_of(*keys)};
}

Result<RegistryAnswer> revoke_party_key(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string party = members.text("party"), because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto gone = call.book.revoke_party_key(*actor, party, {call.param("key")}, because);
  if (!gone) return std::unexpected(gone.error());
  return RegistryAnswer{200, json_of(*gone)};
}

}  // namespace

void add_agreement_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::operators, method, path, body, std::move(act)));
  };
  add(Method::get, "/v1/agreements", BodyIs::none, list_agreements);
  add(Method::post, "/v1/agreements", BodyIs::json, propose);
  add(Method::get, "/v1/agreements/{agreement}", BodyIs::none, one_agreement);
  add(Method::put, "/v1/agreements/{agreement}", BodyIs::json, amend);
  add(Method::get, "/v1/agreements/{agreement}/versions", BodyIs::none, list_versions);
  add(Method::get, "/v1/agreements/{agreement}/document", BodyIs::none, agreement_document);
  add(Method::post, "/v1/agreements/{agreement}/signatures", BodyIs::json, sign);
  add(Method::post, "/v1/agreements/{agreement}/terminate", BodyIs::json, terminate);
  add(Method::get, "/v1/party-keys", BodyIs::none, list_party_keys);
  add(Method::post, "/v1/party-keys", BodyIs::json, add_party_key);
  add(Method::post, "/v1/party-keys/{key}/revoke", BodyIs::json, revoke_party_key);
}

}  // namespace stoa::api
