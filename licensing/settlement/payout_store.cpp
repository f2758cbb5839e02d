// payout_store.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/payout_store.hpp"

#include <fmt/format.h>

namespace stoa::licensing {
namespace {

constexpr std::string_view kPayeeColumns = "party, name, iban, bic, hold_because, changed_ms";
constexpr std::string_view kPayoutColumns =
    "id, party, currency, amount, statement, state, because, name, iban, bic, batch, reference, created_ms, "
    "scheduled_ms, changed_ms, act";

Result<std::vector<Payee>> payees_of(database::Rows rows) {
  std::vector<Payee> payees;
  while (rows.next())
    payees.push_back({.party = std::string(rows.text(0)),
                      .account = {std::string(rows.text(1)), std::string(rows.text(2)), std::string(rows.text(3))},
                      .hold_because = std::string(rows.text(4)),
                      .changed_ms = rows.integer(5)});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return payees;
}

Result<std::vector<PayoutRecord>> payouts_of(database::Rows rows) {
  std::vector<PayoutRecord> payouts;
  while (rows.next()) {
    auto currency = Currency::parse(rows.text(2));
    const auto state = payout_state_of(rows.text(5));
    if (!currency || !state)
      return failure(Code::data_loss, "settlement.broken",
                     fmt::format("payout {}: a row that no act leaves", rows.text(0)));
    payouts.push_back({.id = std::string(rows.text(0)),
                       .party = std::string(rows.text(1)),
                       .currency = *currency,
                       .amount = rows.integer(3),
                       .statement = static_cast<std::uint64_t>(rows.integer(4)),
                       .state = *state,
                       .because = std::string(rows.text(6)),
                       .account = {std::string(rows.text(7)), std::string(rows.text(8)), std::string(rows.text(9))},
                       .batch = std::string(rows.text(10)),
                       .reference = std::string(rows.text(11)),
                       .created_ms = rows.integer(12),
                       .scheduled_ms = rows.integer(13),
                       .changed_ms = rows.integer(14),
                       .act = std::string(rows.text(15))});
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return payouts;
}

Result<Nano> sum_in(database::Rows rows) {
  const Nano sum = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return sum;
}

}  // namespace

Result<void> write_payee(database::Connection& connection, const Payee& payee) {
  return database::done(connection.run(
      "INSERT INTO payees VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(party) DO UPDATE SET name = ?2, iban = ?3, bic = "
      "?4, hold_because = ?5, changed_ms = ?6",
      payee.party, payee.account.name, payee.account.iban, payee.account.bic, payee.hold_because, payee.changed_ms));
}

Result<std::optional<Payee>> find_payee(database::Connection& connection, std::string_view party) {
  auto found = payees_of(connection.query(fmt::format("SELECT {} FROM payees WHERE party = ?", kPayeeColumns), party));
  if (!found) return std::unexpected(found.error());
  return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
}

Result<std::vector<Payee>> read_payees(database::Connection& connection, const Page& page) {
  return payees_of(
      connection.query(fmt::format("SELECT {} FROM payees WHERE party > ? ORDER BY party LIMIT ?", kPayeeColumns),
                       page.after, page.most));
}

Result<void> write_payout(database::Connection& connection, const PayoutRecord& payout) {
  return database::done(connection.run(
      "INSERT INTO payouts VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16) ON "
      "CONFLICT(id) DO "
      "UPDATE SET amount = ?4, statement = ?5, state = ?6, because = ?7, name = ?8, iban = ?9, bic = ?10, batch = ?11, "
      "reference = ?12, scheduled_ms = ?14, changed_ms = ?15, act = ?16",
      payout.id, payout.party, payout.currency.code(), payout.amount, payout.statement, name_of(payout.state),
      payout.because, payout.account.name, payout.account.iban, payout.account.bic, payout.batch, payout.reference,
      payout.created_ms, payout.scheduled_ms, payout.changed_ms, payout.act));
}

Result<PayoutRecord> read_payout(database::Connection& connection, std::string_view id) {
  auto found = payouts_of(connection.query(fmt::format("SELECT {} FROM payouts WHERE id = ?", kPayoutColumns), id));
  if (!found) return std::unexpected(found.error());
  if (!found->empty()) return std::move(found->front());
  return failure(Code::not_found, "payout.unknown", fmt::format("there is no payout '{}'", id.substr(0, 80)));
}

Result<std::vector<PayoutRecord>> read_payouts(database::Connection& connection, const Settlement::PayoutFilter& filter,
                                               const Page& page) {
  return payouts_of(connection.query(
      fmt::format(
          "SELECT {} FROM payouts WHERE (?1 = '' OR id < ?1) AND (?2 = '' OR party = ?2) AND (?3 = '' OR state = "
          "?3) ORDER BY id DESC LIMIT ?4",
          kPayoutColumns),
      page.after, filter.party, filter.state, page.most));
}

Result<std::vector<PayoutRecord>> payouts_in(database::Connection& connection, PayoutState state) {
  return payouts_of(connection.query(fmt::format("SELECT {} FROM payouts WHERE state = ? ORDER BY id", kPayoutColumns),
                                     name_of(state)));
}

Result<Nano> under_way(database::Connection& connection, std::string_view party, Currency currency) {
  return sum_in(connection.query(
      "SELECT sum(amount) FROM payouts WHERE party = ? AND currency = ? AND state IN ('scheduled', 'submitted')", party,
      currency.code()));
}

Result<Nano> paid_or_kept(database::Connection& connection, const IssuedDocument& statement) {
  const auto coming = under_way(connection, statement.party, statement.currency);
  if (!coming) return coming;
  const auto paid = sum_in(connection.query(
      "SELECT sum(payouts.amount) FROM payouts JOIN acts ON acts.id = payouts.act WHERE payouts.party = ?1 AND "
      "payouts.currency = ?2 AND payouts.state = 'settled' AND (acts.entry IS NULL OR acts.entry >= (SELECT next_entry "
      "FROM months WHERE month = ?3))",
      statement.party, statement.currency.code(), statement.month));
  if (!paid) return paid;
  const auto kept = sum_in(connection.query(
      "SELECT sum(amount) FROM acts WHERE kind = 'reserve' AND party = ? AND currency = ? AND subject = ? AND state = "
      "'booked'",
      statement.party, statement.currency.code(), statement.month));
  if (!kept) return kept;
  const auto both = plus(*coming, *paid);
  return both ? plus(*both, *kept) : both;
}

}  // namespace stoa::licensing
