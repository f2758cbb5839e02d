// licence_routes.cpp: licences, for operators and the publishers of what they cover.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/licensing_routes.hpp"
#include "licensing/document/licence_file.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::HeldLicence;
using registry::Permission;

bool covers_model_of(const HeldLicence& held, std::string_view publisher) {
  return std::ranges::any_of(held.licence.covers, [&](const licensing::Coverage& one) {
    return std::string_view(one.model).substr(0, one.model.find('/')) == publisher;
  });
}

// What a publisher sees of it: its own models alone, and no keys.
HeldLicence seen_by(HeldLicence held, std::string_view publisher) {
  std::erase_if(held.licence.covers, [&](const licensing::Coverage& one) {
    return std::string_view(one.model).substr(0, one.model.find('/')) != publisher;
  });
  held.licence.subject.keys.clear();
  held.licence.content_keys.clear();
  return held;
}

// Whoever may see it: operators who may read customers, and the publisher of a model it covers. For others it is not
// there.
Result<HeldLicence> licence_of(LicensingCall& call) {
  const bool is_publisher = call.actor && call.actor->kind == registry::Actor::Kind::publisher;
  if (!is_publisher)
    if (const auto actor = call.operator_who(Permission::read_customers); !actor) return std::unexpected(actor.error());
  auto held = call.book.licence({call.param("licence")});
  if (!held || !is_publisher) return held;
  if (!covers_model_of(*held, call.actor->name))
    return failure(Code::not_found, "licence.unknown",
                   fmt::format("there is no licence '{}'", call.param("licence").substr(0, 80)));
  return seen_by(std::move(*held), call.actor->name);
}

Result<RegistryAnswer> page_of_licences(LicensingCall& call, licensing::LicenceFilter filter) {
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  filter.with_what_is_over = call.query_or("all", "") == "true";
  auto licences = call.book.licences(filter, *page);
  if (!licences) return std::unexpected(licences.error());
  if (!filter.publisher.empty() && call.actor && call.actor->kind == registry::Actor::Kind::publisher)
    for (HeldLicence& held : *licences) held = seen_by(std::move(held), filter.publisher);
  return RegistryAnswer{200,
                        page_of(*page, *licences, [](const auto& one) { return one.licence.id.text; }, call.now_ms)};
}

Result<RegistryAnswer> list_licences(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  licensing::LicenceFilter filter{.customer = {}, .publisher = call.query_or("publisher", "")};
  if (const std::string name = call.query_or("customer", ""); !name.empty()) {
    const auto customer = call.book.customer(name);
    if (!customer) return std::unexpected(customer.error());
    filter.customer = customer->id;
  }
  return page_of_licences(call, std::move(filter));
}

Result<RegistryAnswer> list_publishers_licences(LicensingCall& call) {
  if (!call.actor)
    return failure(Code::unauthenticated, "token.missing", "Authorization: is missing, want 'Bearer' and a token");
  if (auto allowed = require_publisher(*call.actor, call.param("name"), Permission::read_customers); !allowed)
    return std::unexpected(allowed.error());
  return page_of_licences(call, {.customer = {}, .publisher = call.param("name")});
}

// Who issues it is who asks: it need not be said.
Result<licensing::Licence> terms_in(const LicensingCall& call, const licensing::Actor& actor, Json body) {
  body["issuer"] =
      actor.kind == licensing::Actor::Kind::publisher ? actor.name : std::string(licensing::kPlatformIssuer);
  return licence_in(body, call.now_ms);
}

// The book gives these; whoever sends them would find others.
Result<void> require_not_given(const LicensingCall& call, const licensing::Actor& actor) {
  for (const char* const name : {"id", "serial", "issued"})
    if (call.body.contains(name))
      return failure(Code::invalid_argument, "licence.terms",
                     fmt::format("{}: is given by the host, leave it out", name));
  const std::string_view own =
      actor.kind == licensing::Actor::Kind::publisher ? std::string_view(actor.name) : licensing::kPlatformIssuer;
  if (const auto issuer = call.body.find("issuer"); issuer != call.body.end() && *issuer != std::string(own))
    return failure(Code::invalid_argument, "licence.terms",
                   fmt::format("issuer: is '{}', whoever asks; leave it out", own));
  return {};
}

Result<RegistryAnswer> issue(LicensingCall& call) {
  const auto actor = call.issuer_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  if (auto fine = require_not_given(call, *actor); !fine) return std::unexpected(fine.error());
  const auto whole = terms_with_offer(call, call.body);
  if (!whole) return std::unexpected(whole.error());
  auto terms = terms_in(call, *actor, *whole);
  if (!terms) return std::unexpected(terms.error());
  const auto made = call.book.issue(*actor, std::move(*terms), call.once());
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made, call.now_ms)};
}

Result<RegistryAnswer> replace(LicensingCall& call) {
  const auto actor = call.issuer_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  if (auto fine = require_not_given(call, *actor); !fine) return std::unexpected(fine.error());
  Json body = call.body;
  if (!body.contains("subject")) body["subject"] = {{"customer", "cus_same"}};  // the subject stays who it was
  auto terms = terms_in(call, *actor, std::move(body));
  if (!terms) return std::unexpected(terms.error());
  const auto made = call.book.replace(*actor, {call.param("licence")}, std::move(*terms));
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{200, json_of(*made, call.now_ms)};
}

Result<RegistryAnswer> revoke(LicensingCall& call) {
  const auto actor = call.issuer_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string because = members.text("because");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto gone = call.book.revoke(*actor, {call.param("licence")}, because);
  if (!gone) return std::unexpected(gone.error());
  return RegistryAnswer{200, json_of(*gone, call.now_ms)};
}

Result<RegistryAnswer> one_licence(LicensingCall& call) {
  const auto held = licence_of(call);
  if (!held) return std::unexpected(held.error());
  return RegistryAnswer{200, json_of(*held, call.now_ms)};
}

Result<RegistryAnswer> list_serials(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto serials = call.book.serials({call.param("licence")});
  if (!serials) return std::unexpected(serials.error());
  return RegistryAnswer{200, items_of(*serials, call.now_ms)};
}

// The licence as a file for a host without a network: signed with the platform's key, which signs its own alone.
Result<RegistryAnswer> licence_file(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto held = call.book.licence({call.param("licence")});
  if (!held) return std::unexpected(held.error());
  if (held->revoked_ms || held->is_from_file || held->licence.issuer != licensing::kPlatformIssuer)
    return failure(Code::failed_precondition, "licence.not_issuer",
                   fmt::format("licence {} {}: the platform's key signs what the platform issued and did not revoke",
                               held->licence.id.text,
                               held->revoked_ms ? "is revoked" : "was issued by '" + held->licence.issuer + "'"));
  const auto file = call.api.sign(held->licence);
  if (!file) return std::unexpected(file.error());
  if (auto noted = call.book.note_export(*actor, held->licence); !noted) return std::unexpected(noted.error());
  return RegistryAnswer{
      200, Json{{"name", held->licence.id.text + std::string(licensing::kLicenceSuffix)}, {"file", *file}}};
}

}  // namespace

void add_licence_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::operators, method, path, body, std::move(act)));
  };
  add(Method::get, "/v1/licences", BodyIs::none, list_licences);
  add(Method::post, "/v1/licences", BodyIs::json, issue);
  add(Method::get, "/v1/licences/{licence}", BodyIs::none, one_licence);
  add(Method::put, "/v1/licences/{licence}", BodyIs::json, replace);
  add(Method::post, "/v1/licences/{licence}/revoke", BodyIs::json, revoke);
  add(Method::get, "/v1/licences/{licence}/serials", BodyIs::none, list_serials);
  add(Method::get, "/v1/licences/{licence}/file", BodyIs::none, licence_file);
  add(Method::get, "/v1/publishers/{name}/licences", BodyIs::none, list_publishers_licences);
}

}  // namespace stoa::api
