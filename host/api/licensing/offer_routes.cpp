// offer_routes.cpp: terms under a name. SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/licensing_routes.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::api {
namespace {

using http::Method;
using registry::Permission;

constexpr std::int64_t kDayMs = 86'400'000;

// Offers have no subject; anybody's will do to see whether the rest makes sense.
Result<void> check_terms(Json terms, const std::optional<std::int64_t>& lasts_ms, std::int64_t now_ms) {
  for (const char* name : {"subject", "id", "serial", "issuer", "issued", "not_before", "expires"})
    if (terms.contains(name))
      return failure(Code::invalid_argument, "offer.terms",
                     std::string("terms.") + name + ": is given when a licence is issued from the offer");
  terms["subject"] = {{"customer", "cus_anybody"}};
  terms["issuer"] = "platform";
  if (lasts_ms) terms["expires"] = time_text(now_ms + *lasts_ms);
  auto read = licence_in(terms, now_ms);
  return read ? Result<void>() : std::unexpected(std::move(read.error()));
}

// From when a licence of these terms lasts. Whoever reads them says what is wrong with them.
std::int64_t start_of(const Json& terms, std::int64_t now_ms) {
  const auto named = terms.find("not_before");
  if (named == terms.end() || !named->is_string()) return now_ms;
  return registry::utc_ms_of(named->get_ref<const std::string&>()).value_or(now_ms);
}

Result<RegistryAnswer> create_offer(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string name = members.text("name");
  const auto lasts_days = members.number_if("lasts_days");
  const Json* const terms = members.object_if("terms");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  if (!terms) return failure(Code::invalid_argument, "registry.field", "terms: is missing, want an object");
  std::optional<std::int64_t> lasts_ms;
  if (lasts_days && (*lasts_days < 1 || *lasts_days > 36'500))
    return failure(Code::invalid_argument, "offer.terms", "lasts_days: want 1 to 36500");
  if (lasts_days) lasts_ms = *lasts_days * kDayMs;
  if (auto good = check_terms(*terms, lasts_ms, call.now_ms); !good) return std::unexpected(good.error());
  const auto made = call.book.create_offer(*actor, name, terms->dump(), lasts_ms);
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made)};
}

Result<RegistryAnswer> list_offers(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto offers = call.book.offers(*page);
  if (!offers) return std::unexpected(offers.error());
  return RegistryAnswer{200, page_of(*page, *offers, [](const auto& one) { return one.id.text; })};
}

Result<RegistryAnswer> withdraw_offer(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  if (auto read = no_members(call); !read) return std::unexpected(read.error());
  const auto gone = call.book.withdraw_offer(*actor, call.param("offer"));
  if (!gone) return std::unexpected(gone.error());
  return RegistryAnswer{200, json_of(*gone)};
}

}  // namespace

Result<Json> terms_with_offer(LicensingCall& call, Json body) {
  const auto named = body.find("offer");
  if (named == body.end()) return body;
  if (!named->is_string()) return failure(Code::invalid_argument, "registry.field", "offer: want the name of an offer");
  const auto offer = call.book.offer(named->get_ref<const std::string&>());
  if (!offer) return std::unexpected(offer.error());
  if (offer->withdrawn_ms)
    return failure(Code::failed_precondition, "offer.withdrawn", "offer '" + offer->name + "' is withdrawn");
  body.erase("offer");
  Json terms = Json::parse(offer->terms);
  if (offer->lasts_ms) terms["expires"] = time_text(start_of(body, call.now_ms) + *offer->lasts_ms);
  for (const auto& [name, value] : body.items()) {
    if (terms.contains(name))
      return failure(Code::invalid_argument, "offer.terms",
                     name + ": is decided by the offer '" + offer->name + "'; issue without it to say something else");
    terms[name] = value;
  }
  return terms;
}

void add_offer_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::operators, method, path, body, std::move(act)));
  };
  add(Method::get, "/v1/offers", BodyIs::none, list_offers);
  add(Method::post, "/v1/offers", BodyIs::json, create_offer);
  add(Method::post, "/v1/offers/{offer}/withdraw", BodyIs::json, withdraw_offer);
}

}  // namespace stoa::api
