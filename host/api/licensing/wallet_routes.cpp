// wallet_routes.cpp: top-ups, credits, refunds and adjustments. SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/licensing_routes.hpp"
#include "host/api/licensing/settlement_call.hpp"
#include "host/api/licensing/settlement_json.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::ActKind;

template <class Made>
Result<RegistryAnswer> created(const Made& made) {
  if (!made) return std::unexpected(made.error());
  return RegistryAnswer{201, json_of(*made)};
}

// The customer that the path names, for whoever may act.
Result<std::string> paying_customer(LicensingCall& call) {
  const auto customer = call.book.customer(call.param("customer"));
  if (!customer) return std::unexpected(customer.error());
  return customer->id.text;
}

Result<RegistryAnswer> top_up(LicensingCall& call) {
  Members members(call.body);
  const std::string amount = members.text("amount"), currency = members.text("currency");
  const std::string provider = members.text_or("provider", "bank");
  auto ordered = order_of(call, members.text("reason"));
  if (!ordered) return std::unexpected(ordered.error());
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto customer = paying_customer(call);
  if (!customer) return std::unexpected(customer.error());
  const auto money = money_in(amount, currency);
  if (!money) return std::unexpected(money.error());
  return created(ordered->settlement.top_up(ordered->order, {*customer, provider, *money}));
}

Result<RegistryAnswer> give_credit(LicensingCall& call) {
  Members members(call.body);
  const std::string amount = members.text("amount"), currency = members.text("currency");
  const std::string expires = members.text("expires");
  auto ordered = order_of(call, members.text("reason"));
  if (!ordered) return std::unexpected(ordered.error());
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto customer = paying_customer(call);
  if (!customer) return std::unexpected(customer.error());
  const auto money = money_in(amount, currency);
  if (!money) return std::unexpected(money.error());
  const auto expires_ms = registry::utc_ms_of(expires);
  if (!expires_ms)
    return failure(Code::invalid_argument, "registry.field",
                   "expires: is no time, want 2027-01-31T00:00:00Z or 2027-01-31");
  return created(ordered->settlement.give_credit(ordered->order, {*customer, *money, *expires_ms}));
}

Result<RegistryAnswer> one_wallet(LicensingCall& call) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto customer = paying_customer(call);
  if (!customer) return std::unexpected(customer.error());
  const auto wallet = (*settlement)->wallet(*customer);
  if (!wallet) return std::unexpected(wallet.error());
  return RegistryAnswer{200, json_of(*wallet)};
}

Result<RegistryAnswer> own_wallet(LicensingCall& call) {
  const auto holder = call.customer_who(licensing::Scope::account);
  if (!holder) return std::unexpected(holder.error());
  const auto settlement = settlement_of(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto wallet = (*settlement)->wallet(holder->customer.id.text);
  if (!wallet) return std::unexpected(wallet.error());
  return RegistryAnswer{200, json_of(*wallet)};
}

Result<RegistryAnswer> refund(LicensingCall& call) {
  Members members(call.body);
  licensing::Settlement::RefundOrder wanted{.call = members.number("entry")};
  const std::string amount = members.text_or("amount", ""), bearer = members.text_or("bearer", "all");
  auto ordered = order_of(call, members.text("reason"));
  if (!ordered) return std::unexpected(ordered.error());
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto known = licensing::bearer_of(bearer);
  if (!known)
    return failure(Code::invalid_argument, "registry.field",
                   "bearer: '" + bearer.substr(0, 64) + "' is none, want all, publisher or platform");
  wanted.bearer = *known;
  if (!amount.empty()) {
    const auto nano = licensing::parse_amount(amount);
    if (!nano) return std::unexpected(nano.error());
    wanted.amount = *nano;
  }
  return created(ordered->settlement.refund(ordered->order, wanted));
}

Result<RegistryAnswer> adjust(LicensingCall& call) {
  Members members(call.body);
  const std::string currency = members.text("currency");
  const Json* const postings = members.list("postings");
  const auto refers = members.number_if("refers");
  auto ordered = order_of(call, members.text("reason"));
  if (!ordered) return std::unexpected(ordered.error());
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto code = licensing::Currency::parse(currency);
  if (!code) return std::unexpected(code.error());
  licensing::Settlement::Adjustment adjustment{.currency = *code, .postings = {}};
  for (const Json& one : *postings) {
    if (!one.is_object()) return failure(Code::invalid_argument, "registry.field", "postings: want a list of objects");
    Members inner(one, "postings[].");
    std::string account = inner.text("account");
    const auto amount = licensing::parse_amount(inner.text("amount"));
    if (auto read = inner.end(); !read) return std::unexpected(read.error());
    if (!amount) return std::unexpected(amount.error());
    adjustment.postings.push_back({std::move(account), *amount});
  }
  if (refers && *refers < 0) return failure(Code::invalid_argument, "registry.field", "refers: is below zero");
  if (refers) adjustment.refers = static_cast<std::uint64_t>(*refers);
  return created(ordered->settlement.adjust(ordered->order, adjustment));
}

// Acts of a kind, or of all; those of one customer where it is asked for.
Result<RegistryAnswer> list_acts(LicensingCall& call, std::string kind) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  licensing::ActFilter filter{.kind = std::move(kind)};
  if (const std::string name = call.query_or("customer", ""); !name.empty()) {
    const auto customer = call.book.customer(name);
    if (!customer) return std::unexpected(customer.error());
    filter.customer = customer->id.text;
  }
  const auto acts = (*settlement)->acts(filter, *page);
  if (!acts) return std::unexpected(acts.error());
  return RegistryAnswer{200, listed(*page, *acts, [](const auto& one) { return one.id; })};
}

Result<RegistryAnswer> list_all_acts(LicensingCall& call) {
  std::string kind = call.query_or("kind", "");
  if (!kind.empty() && !licensing::act_kind_of(kind))
    return failure(Code::invalid_argument, "registry.query", "kind: '" + kind.substr(0, 64) + "' is none");
  return list_acts(call, std::move(kind));
}
Result<RegistryAnswer> list_refunds(LicensingCall& call) { return list_acts(call, "refund"); }
Result<RegistryAnswer> list_adjustments(LicensingCall& call) { return list_acts(call, "adjustment"); }

Result<RegistryAnswer> money_audit(LicensingCall& call) {
  const auto actor = call.operator_who(registry::Permission::read_audit);
  if (!actor) return std::unexpected(actor.error());
  const auto settlement = settlement_of(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto before = call.query_number("before", 0, {0, INT64_MAX}), limit = call.limit();
  if (!before) return std::unexpected(before.error());
  if (!limit) return std::unexpected(limit.error());
  const auto lines = (*settlement)->audit(static_cast<std::int64_t>(*before), *limit, call.query_or("subject", ""));
  if (!lines) return std::unexpected(lines.error());
  Json body = page_of(*lines);
  if (lines->size() == *limit && !lines->empty()) body["next"] = std::to_string(lines->back().line);
  return RegistryAnswer{200, std::move(body)};
}

// The chain is read as a whole: the answer takes as long as it is.
Result<RegistryAnswer> examine_money(LicensingCall& call) {
  const auto actor = call.operator_who(registry::Permission::read_audit);
  if (!actor) return std::unexpected(actor.error());
  const auto settlement = settlement_of(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto head = (*settlement)->examine();
  if (!head) return std::unexpected(head.error());
  return RegistryAnswer{200, {{"lines", head->lines}, {"sha256", registry::to_hex(head->sha256)}}};
}

}  // namespace

void add_wallet_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::operators, method, path, body, std::move(act)));
  };
  add(Method::get, "/v1/wallets/{customer}", BodyIs::none, one_wallet);
  add(Method::post, "/v1/wallets/{customer}/top-ups", BodyIs::json, top_up);
  add(Method::post, "/v1/wallets/{customer}/credits", BodyIs::json, give_credit);
  add(Method::get, "/v1/refunds", BodyIs::none, list_refunds);
  add(Method::post, "/v1/refunds", BodyIs::json, refund);
  add(Method::get, "/v1/adjustments", BodyIs::none, list_adjustments);
  add(Method::post, "/v1/adjustments", BodyIs::json, adjust);
  add(Method::get, "/v1/money/acts", BodyIs::none, list_all_acts);
  add(Method::get, "/v1/money/audit", BodyIs::none, money_audit);
  add(Method::get, "/v1/money/audit/head", BodyIs::none, examine_money);
}

void add_own_wallet_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  routes.push_back(licensing_route(api, Plane::customers, Method::get, "/v1/account/wallet", BodyIs::none, own_wallet));
}

}  // namespace stoa::api
