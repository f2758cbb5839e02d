// document_routes.cpp: months, statements and invoices, for operators, publishers and customers.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>

#include "host/api/licensing/licensing_routes.hpp"
#include "host/api/licensing/settlement_call.hpp"
#include "host/api/licensing/settlement_json.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::IssuedKind;
using licensing::Settlement;

Result<RegistryAnswer> close_month(LicensingCall& call) {
  Members members(call.body);
  auto ordered = order_of(call, members.text("reason"));
  if (!ordered) return std::unexpected(ordered.error());
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto month = licensing::month_of(call.param("month"));
  if (!month) return std::unexpected(month.error());
  const auto closing = ordered->settlement.close_month(ordered->order, *month);
  if (!closing) return std::unexpected(closing.error());
  Json json = json_of(closing->month);
  json["statements"] = closing->statements;
  json["invoices"] = closing->invoices;
  json["acts"] = closing->acts;
  return RegistryAnswer{200, std::move(json)};
}

Result<RegistryAnswer> list_months(LicensingCall& call) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto months = (*settlement)->months(*page);
  if (!months) return std::unexpected(months.error());
  return RegistryAnswer{200, listed(*page, *months, [](const auto& one) { return one.name; })};
}

Result<RegistryAnswer> list_documents(const LicensingCall& call, Settlement& settlement, IssuedKind kind,
                                      std::string party) {
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto documents =
      settlement.documents({.kind = kind, .party = std::move(party), .month = call.query_or("month", "")}, *page);
  if (!documents) return std::unexpected(documents.error());
  return RegistryAnswer{200, listed(*page, *documents, [](const auto& one) { return std::to_string(one.number); })};
}

// party empty: anybody's. Another's is not told from one that is not there.
Result<RegistryAnswer> one_document(const LicensingCall& call, Settlement& settlement, IssuedKind kind,
                                    const std::string& party) {
  const std::string& text = call.param("number");
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  auto document = settlement.document(kind, std::to_string(number) == text ? number : 0);
  if (document && !party.empty() && document->party != party) document = settlement.document(kind, 0);  // there is none
  if (!document) return std::unexpected(document.error());
  auto json = document_json(*document, call.query_or("form", ""));
  if (!json) return std::unexpected(json.error());
  return RegistryAnswer{200, std::move(*json)};
}

Result<RegistryAnswer> list_statements(LicensingCall& call) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  return list_documents(call, **settlement, IssuedKind::statement, call.query_or("party", ""));
}

Result<RegistryAnswer> one_statement(LicensingCall& call) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  return one_document(call, **settlement, IssuedKind::statement, "");
}

Result<RegistryAnswer> list_invoices(LicensingCall& call) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  std::string customer = call.query_or("customer", "");
  if (!customer.empty()) {
    const auto known = call.book.customer(customer);
    if (!known) return std::unexpected(known.error());
    customer = known->id.text;
  }
  return list_documents(call, **settlement, IssuedKind::invoice, std::move(customer));
}

Result<RegistryAnswer> one_invoice(LicensingCall& call) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  return one_document(call, **settlement, IssuedKind::invoice, "");
}

// Whoever has a statement may ask what verifies it.
Result<RegistryAnswer> statement_key(LicensingCall& call) {
  if (const auto settlement = settlement_of(call); !settlement) return std::unexpected(settlement.error());
  return RegistryAnswer{200, {{"key", call.api.statement_key}}};
}

// The publisher itself, or an operator who may read it.
Result<Settlement*> settlement_read_by_publisher(const LicensingCall& call) {
  if (!call.actor)
    return failure(Code::unauthenticated, "token.missing", "Authorization: is missing, want 'Bearer' and a token");
  if (auto allowed = require_publisher(*call.actor, call.param("name"), registry::Permission::read_customers); !allowed)
    return std::unexpected(allowed.error());
  return settlement_of(call);
}

Result<RegistryAnswer> list_publishers_statements(LicensingCall& call) {
  const auto settlement = settlement_read_by_publisher(call);
  if (!settlement) return std::unexpected(settlement.error());
  return list_documents(call, **settlement, IssuedKind::statement, "publisher/" + call.param("name"));
}

Result<RegistryAnswer> one_statement_of_publisher(LicensingCall& call) {
  const auto settlement = settlement_read_by_publisher(call);
  if (!settlement) return std::unexpected(settlement.error());
  return one_document(call, **settlement, IssuedKind::statement, "publisher/" + call.param("name"));
}

Result<RegistryAnswer> list_publishers_payouts(LicensingCall& call) {
  const auto settlement = settlement_read_by_publisher(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto payouts = (*settlement)->payouts({.party = "publisher/" + call.param("name")}, *page);
  if (!payouts) return std::unexpected(payouts.error());
  return RegistryAnswer{200, listed(*page, *payouts, [](const auto& one) { return one.id; })};
}

Result<RegistryAnswer> list_own_invoices(LicensingCall& call) {
  const auto holder = call.customer_who(licensing::Scope::account);
  if (!holder) return std::unexpected(holder.error());
  const auto settlement = settlement_of(call);
  if (!settlement) return std::unexpected(settlement.error());
  return list_documents(call, **settlement, IssuedKind::invoice, holder->customer.id.text);
}

Result<RegistryAnswer> one_own_invoice(LicensingCall& call) {
  const auto holder = call.customer_who(licensing::Scope::account);
  if (!holder) return std::unexpected(holder.error());
  const auto settlement = settlement_of(call);
  if (!settlement) return std::unexpected(settlement.error());
  return one_document(call, **settlement, IssuedKind::invoice, holder->customer.id.text);
}

}  // namespace

void add_document_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::operators, method, path, body, std::move(act)));
  };
  add(Method::get, "/v1/statement-key", BodyIs::none, statement_key);
  add(Method::get, "/v1/periods", BodyIs::none, list_months);
  add(Method::post, "/v1/periods/{month}/close", BodyIs::json, close_month);
  add(Method::get, "/v1/statements", BodyIs::none, list_statements);
  add(Method::get, "/v1/statements/{number}", BodyIs::none, one_statement);
  add(Method::get, "/v1/invoices", BodyIs::none, list_invoices);
  add(Method::get, "/v1/invoices/{number}", BodyIs::none, one_invoice);
  add(Method::get, "/v1/publishers/{name}/statements", BodyIs::none, list_publishers_statements);
  add(Method::get, "/v1/publishers/{name}/statements/{number}", BodyIs::none, one_statement_of_publisher);
  add(Method::get, "/v1/publishers/{name}/payouts", BodyIs::none, list_publishers_payouts);
}

void add_own_invoice_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](const char* path, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::customers, Method::get, path, BodyIs::none, std::move(act)));
  };
  add("/v1/statement-key", statement_key);
  add("/v1/account/invoices", list_own_invoices);
  add("/v1/account/invoices/{number}", one_own_invoice);
}

}  // namespace stoa::api
