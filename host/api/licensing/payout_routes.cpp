// payout_routes.cpp: where parties are paid, and payouts, for operators. SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/licensing_routes.hpp"
#include "host/api/licensing/settlement_call.hpp"
#include "host/api/licensing/settlement_json.hpp"

namespace stoa::api {
namespace {

using http::Method;
using licensing::Settlement;

Result<RegistryAnswer> set_payee(LicensingCall& call) {
  Members members(call.body);
  const licensing::Payee payee{.party = members.text("party"),
                               .account = {members.text("name"), members.text("iban"), members.text_or("bic", "")}};
  auto ordered = order_of(call, members.text("reason"));
  if (!ordered) return std::unexpected(ordered.error());
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto kept = ordered->settlement.set_payee(ordered->order, payee);
  if (!kept) return std::unexpected(kept.error());
  return RegistryAnswer{200, json_of(*kept)};
}

// Held for as long as "held" says so.
Result<RegistryAnswer> hold_payee(LicensingCall& call) {
  Members members(call.body);
  const std::string party = members.text("party");
  const bool is_held = members.flag_or("held", true);
  auto ordered = order_of(call, members.text("reason"));
  if (!ordered) return std::unexpected(ordered.error());
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const std::string because = is_held ? ordered->order.reason : std::string();
  const auto kept = ordered->settlement.hold_payee(ordered->order, party, because);
  if (!kept) return std::unexpected(kept.error());
  return RegistryAnswer{200, json_of(*kept)};
}

Result<RegistryAnswer> list_payees(LicensingCall& call) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const auto payees = (*settlement)->payees(*page);
  if (!payees) return std::unexpected(payees.error());
  return RegistryAnswer{200, listed(*page, *payees, [](const auto& one) { return one.party; })};
}

Result<RegistryAnswer> run_payouts(LicensingCall& call) {
  Members members(call.body);
  auto ordered = order_of(call, members.text("reason"));
  if (!ordered) return std::unexpected(ordered.error());
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto run = ordered->settlement.run_payouts(ordered->order);
  if (!run) return std::unexpected(run.error());
  Json body =
      listed({.after = "", .most = run->payouts.size() + 1}, run->payouts, [](const auto& one) { return one.id; });
  body["failures"] = run->failures;
  return RegistryAnswer{200, std::move(body)};
}

Result<RegistryAnswer> list_payouts(LicensingCall& call) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto page = call.page();
  if (!page) return std::unexpected(page.error());
  const std::string state = call.query_or("state", "");
  if (!state.empty() && !licensing::payout_state_of(state))
    return failure(Code::invalid_argument, "registry.query", "state: '" + state.substr(0, 64) + "' is none");
  const auto payouts = (*settlement)->payouts({.party = call.query_or("party", ""), .state = state}, *page);
  if (!payouts) return std::unexpected(payouts.error());
  return RegistryAnswer{200, listed(*page, *payouts, [](const auto& one) { return one.id; })};
}

Result<RegistryAnswer> one_payout(LicensingCall& call) {
  const auto settlement = settlement_read_by_operator(call);
  if (!settlement) return std::unexpected(settlement.error());
  const auto payout = (*settlement)->payout(call.param("payout"));
  if (!payout) return std::unexpected(payout.error());
  return RegistryAnswer{200, json_of(*payout)};
}

// What became of one.
template <auto act>
Result<RegistryAnswer> end_payout(LicensingCall& call) {
  Members members(call.body);
  auto ordered = order_of(call, members.text("reason"));
  if (!ordered) return std::unexpected(ordered.error());
  if (auto read = members.end(); !read) return std::unexpected(read.error());
  const auto payout = (ordered->settlement.*act)(ordered->order, call.param("payout"));
  if (!payout) return std::unexpected(payout.error());
  return RegistryAnswer{200, json_of(*payout)};
}

}  // namespace

void add_payout_routes(LicensingApi& api, std::vector<http::Route>& routes) {
  const auto add = [&](Method method, const char* path, BodyIs body, LicensingAct act) {
    routes.push_back(licensing_route(api, Plane::operators, method, path, body, std::move(act)));
  };
  add(Method::get, "/v1/payees", BodyIs::none, list_payees);
  add(Method::put, "/v1/payees", BodyIs::json, set_payee);
  add(Method::post, "/v1/payees/hold", BodyIs::json, hold_payee);
  add(Method::get, "/v1/payouts", BodyIs::none, list_payouts);
  add(Method::post, "/v1/payouts/run", BodyIs::json, run_payouts);
  add(Method::get, "/v1/payouts/{payout}", BodyIs::none, one_payout);
  add(Method::post, "/v1/payouts/{payout}/settle", BodyIs::json, end_payout<&Settlement::settle_payout>);
  add(Method::post, "/v1/payouts/{payout}/fail", BodyIs::json, end_payout<&Settlement::fail_payout>);
  add(Method::post, "/v1/payouts/{payout}/return", BodyIs::json, end_payout<&Settlement::return_payout>);
}

}  // namespace stoa::api
