// book_routes.cpp: leases in use and the book's audit log, for operators. SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/licensing_routes.hpp"

namespace stoa::api {
namespace {

using http::Method;
using registry::Permission;

Result<RegistryAnswer> list_leases(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  std::optional<licensing::CustomerId> customer;
  if (const std::string name = call.query_or("customer", ""); !name.empty()) {
    const auto known = call.book.customer(name);
    if (!known) return std::unexpected(known.error());
    customer = known->id;
  }
  std::optional<licensing::LicenceId> licence;
  if (const std::string id = call.query_or("licence", ""); !id.empty()) licence = {id};
  const auto leases = call.book.leases(customer, licence, *page);
  if (!leases) return std::unexpected(leases.error());
  return RegistryAnswer{200, page_of(*page, *leases, [](const auto& one) { return one.id.text; })};
}

Result<RegistryAnswer> end_lease(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  licensing::LeaseWish wish;
  wish.kind = licensing::LeaseWish::Kind::release;
  wish.lease = {call.param("lease")};
  if (const auto done = call.book.do_lease(*actor, wish); !done) return std::unexpected(done.error());
  return RegistryAnswer{204, nullptr};
}

Result<RegistryAnswer> read_audit(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_audit);
  if (!actor) return std::unexpected(actor.error());
  const auto before = call.query_number("before", 0, {0, INT64_MAX}), limit = call.limit();
  if (!before) return std::unexpected(before.error());
  if (!limit) return std::unexpected(limit.error());
  const auto lines = call.book.audit(static_cast<std::int64_t>(*before), *limit, call.query_or("subject", ""));
  if (!lines) return std::unexpected(lines.error());
  Json body = page_of(*lines);
  if (lines->size() == *limit && !lines->empty()) body["next"] = std::to_string(lines->back().line);
  return RegistryAnswer{200, std::move(body)};
}

// The chain is read as a whole: the answer takes as long as it is.
Result<RegistryAnswer> examine(LicensingCall& call) {
  const auto actor = call.operator_who(Permission::read_audit);
  if (!actor) return std::unexpected(actor.error());
  const auto head = call.book.examine();
  if (!head) return std::unexpected(head.error());
  return RegistryAnswer{200, {{"lines", head->lines}, {"sha256", registry::to_hex(head->sha256)}}};
}

}  // namespace

void add_book_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::operators, method, path, body, std::move(act)));
  };
  add(Method::get, "/v1/leases", BodyIs::none, list_leases);
  add(Method::del, "/v1/leases/{lease}", BodyIs::none, end_lease);
  add(Method::get, "/v1/licensing/audit", BodyIs::none, read_audit);
  add(Method::get, "/v1/licensing/audit/head", BodyIs::none, examine);
}

void add_licensing_routes(LicensingApi& api, Plane plane, std::vector<http::Route>& routes) {
  if (plane == Plane::customers) {
    add_account_routes(api, routes);
    add_lease_routes(api, routes);
    add_price_routes(api, plane, routes);
    add_own_wallet_routes(api, routes);
    add_own_invoice_routes(api, routes);
    return;
  }
  add_customer_routes(api, routes);
  add_licence_routes(api, routes);
  add_offer_routes(api, routes);
  add_price_routes(api, plane, routes);
  add_agreement_routes(api, routes);
  add_book_routes(api, routes);
  add_wallet_routes(api, routes);
  add_document_routes(api, routes);
  add_payout_routes(api, routes);
}

}  // namespace stoa::api
