// price_routes.cpp: prices, what models are charged by, and how customers pay. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/licensing_routes.hpp"
#include "licensing/document/price_list_file.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::api {
namespace {

using http::Method;
using registry::Permission;

// A publisher sees what is its own; nothing: an operator, who sees all.
Result<std::optional<std::string>> whose(LicensingCall& call) {
  if (call.actor && call.actor->kind == registry::Actor::Kind::publisher) return call.actor->name;
  const auto actor = call.operator_who(Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  return std::optional<std::string>();
}

Result<licensing::PriceList> list_in(const LicensingCall& call) {
  return licensing::parse_price_list_draft(call.body.dump(-1, ' ', false, Json::error_handler_t::replace), call.now_ms);
}

Result<RegistryAnswer> create_prices(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  auto list = list_in(call);
  if (!list) return std::unexpected(list.error());
  const auto made = call.book.create_prices(*actor, std::move(*list), call.once());
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made, call.now_ms)};
}

Result<RegistryAnswer> replace_prices(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  auto list = list_in(call);
  if (!list) return std::unexpected(list.error());
  const auto made = call.book.replace_prices(*actor, {call.param("price")}, std::move(*list), call.once());
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{200, json_of(*made, call.now_ms)};
}

Result<RegistryAnswer> list_prices(LicensingCall& call) {
  const auto publisher = whose(call);
  if (!publisher) return std::unexpected(publisher.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto lists = call.book.price_lists(*publisher ? **publisher : call.query_or("publisher", ""), *page);
  if (!lists) return std::unexpected(lists.error());
  return RegistryAnswer{200, page_of(*page, *lists, [](const auto& one) { return one.list.id; }, call.now_ms)};
}

// All versions of the list that the path names. Another publisher's is not there.
Result<std::vector<licensing::HeldPriceList>> versions_of(LicensingCall& call) {
  const auto publisher = whose(call);
  if (!publisher) return std::unexpected(publisher.error());
  auto versions = call.book.price_versions({call.param("price")});
  if (versions && *publisher && versions->front().list.publisher != **publisher)
    return failure(Code::not_found, "price.unknown",
                   fmt::format("there is no price list '{}'", call.param("price").substr(0, 80)));
  return versions;
}

Result<RegistryAnswer> one_price_list(LicensingCall& call) {
  const auto versions = versions_of(call);
  if (!versions) return std::unexpected(versions.error());
  return RegistryAnswer{200, json_of(versions->front(), call.now_ms)};
}

Result<RegistryAnswer> list_price_versions(LicensingCall& call) {
  const auto versions = versions_of(call);
  if (!versions) return std::unexpected(versions.error());
  return RegistryAnswer{200, items_of(*versions, call.now_ms)};
}

Result<RegistryAnswer> set_charge(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  licensing::Charge wanted;
  wanted.model = members.text("model");
  wanted.price_list.text = members.text("price_list");
  wanted.agreement.text = members.text("agreement");
  const std::string from = members.text_or("from", "");
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  if (!from.empty()) {
    const auto from_ms = registry::utc_ms_of(from);
    if (!from_ms)
      return failure(Code::invalid_argument, "registry.field",
                     "from: is no time, want 2027-01-31T00:00:00Z or 2027-01-31");
    wanted.from_ms = *from_ms;
  }
  const auto made = call.book.charge(*actor, std::move(wanted));
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made)};
}

Result<RegistryAnswer> list_charges(LicensingCall& call) {
  const auto publisher = whose(call);
  if (!publisher) return std::unexpected(publisher.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const std::string model = call.query_or("model", "");
  auto charges = model.empty() ? call.book.charges(*page) : call.book.charges_of(model);
  if (!charges) return std::unexpected(charges.error());
  const bool has_next = model.empty() && charges->size() == page->most && !charges->empty();
  const std::string next = has_next ? charges->back().model : "";
  if (*publisher)
    std::erase_if(*charges, [&](const licensing::Charge& one) { return !one.model.starts_with(**publisher + '/'); });
  Json body = items_of(*charges);
  if (has_next) body["next"] = next;
  return RegistryAnswer{200, std::move(body)};
}

Result<RegistryAnswer> set_billing(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  Members members(call.body);
  const std::string code = members.text("currency"), pays = members.text_or("pays", "ahead"),
                    limit = members.text_or("credit_limit", "0"), office = members.text_or("tax_office", "none");
  const std::uint64_t tax_ppm = members.number_or("tax_ppm", 0);
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto refuse = [](std::string message) {
    return failure(Code::invalid_argument, "customer.billing", std::move(message));
  };
  const auto currency = licensing::Currency::parse(code);
  if (!currency) return std::unexpected(currency.error());
  if (pays != "ahead" && pays != "afterwards") return refuse("pays: want ahead or afterwards");
  const auto credit_limit = licensing::parse_amount(limit);
  if (!credit_limit) return refuse("credit_limit: " + credit_limit.error().message);
  if (tax_ppm > 1'000'000) return refuse("tax_ppm: a whole is 1000000");
  const auto customer = call.book.customer(call.param("customer"));
  if (!customer) return std::unexpected(customer.error());
  const auto made = call.book.set_customer_billing(*actor, customer->id,
                                                   {.id = {},
                                                    .currency = *currency,
                                                    .pays_ahead = pays == "ahead",
                                                    .credit_limit = *credit_limit,
                                                    .tax_ppm = static_cast<std::uint32_t>(tax_ppm),
                                                    .tax_office = office});
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{200, json_of(*made)};
}

std::unexpected<Error> pays_nothing() {
  return failure(Code::not_found, "customer.no_billing", "nobody has said how this customer pays");
}

// The version that counts, and those before it.
Result<RegistryAnswer> billing_of(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto customer = call.book.customer(call.param("customer"));
  if (!customer) return std::unexpected(customer.error());
  const auto versions = call.book.customer_billing(customer->id);
  if (!versions) return std::unexpected(versions.error());
  if (versions->empty()) return pays_nothing();
  Json body = json_of(versions->front());
  body["versions"] = items_of(*versions)["items"];
  return RegistryAnswer{200, std::move(body)};
}

Result<RegistryAnswer> own_billing(LicensingCall& call) {
  const auto holder = call.customer_who(licensing::Scope::account);
  if (!holder) return std::unexpected(holder.error());
  const auto versions = call.book.customer_billing(holder->customer.id);
  if (!versions) return std::unexpected(versions.error());
  if (versions->empty()) return pays_nothing();
  Json body = json_of(versions->front());
  body.erase("set_by");
  return RegistryAnswer{200, std::move(body)};
}

// Whether a call of the model could be admitted by one of the licences that count.
bool is_licensed(const std::vector<licensing::HeldLicence>& licences, std::string_view model) {
  for (const licensing::HeldLicence& held : licences)
    for (const licensing::Coverage& coverage : held.licence.covers)
      if (covers_model(coverage, model)) return true;
  return false;
}

// Of the models that the customer has a licence for: what each costs now.
Result<RegistryAnswer> own_prices(LicensingCall& call) {
  const auto holder = call.customer_who(licensing::Scope::account);
  if (!holder) return std::unexpected(holder.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto licences = call.book.licences({.customer = holder->customer.id, .publisher = {}},
                                           {.after = "", .most = std::size_t{1} << 20});
  if (!licences) return std::unexpected(licences.error());
  const auto charges = call.book.charges(*page);
  if (!charges) return std::unexpected(charges.error());
  const auto now = call.book.billing_terms();
  if (!now) return std::unexpected(now.error());
  Json items = Json::array();
  for (const licensing::Charge& charge : *charges) {
    const auto* const by = now->terms->charged(charge.model);
    const auto list = by ? now->terms->price_list(by->price_list) : nullptr;
    if (!list || !is_licensed(*licences, charge.model)) continue;
    items.push_back({{"model", charge.model}, {"prices", Json::parse(licensing::write_price_list(*list))}});
  }
  Json body{{"items", std::move(items)}};
  if (charges->size() == page->most && !charges->empty()) body["next"] = charges->back().model;
  return RegistryAnswer{200, std::move(body)};
}

}  // namespace

void add_price_routes(LicensingApi& api, Plane plane, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, plane, method, path, body, std::move(act)));
  };
  if (plane == Plane::customers) {
    add(Method::get, "/v1/account/prices", BodyIs::none, own_prices);
    add(Method::get, "/v1/account/billing", BodyIs::none, own_billing);
    return;
  }
  add(Method::get, "/v1/prices", BodyIs::none, list_prices);
  add(Method::post, "/v1/prices", BodyIs::json, create_prices);
  add(Method::get, "/v1/prices/{price}", BodyIs::none, one_price_list);
  add(Method::put, "/v1/prices/{price}", BodyIs::json, replace_prices);
  add(Method::get, "/v1/prices/{price}/versions", BodyIs::none, list_price_versions);
  add(Method::get, "/v1/charges", BodyIs::none, list_charges);
  add(Method::post, "/v1/charges", BodyIs::json, set_charge);
  add(Method::get, "/v1/customers/{customer}/billing", BodyIs::none, billing_of);
  add(Method::put, "/v1/customers/{customer}/billing", BodyIs::json, set_billing);
}

}  // namespace stoa::api
