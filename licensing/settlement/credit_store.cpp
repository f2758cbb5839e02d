// credit_store.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/credit_store.hpp"

#include <fmt/format.h>

namespace stoa::licensing {
namespace {

// act, owner, currency, amount, until
template <class Record>
Result<std::vector<Record>> timed_records(database::Rows rows) {
  std::vector<Record> records;
  while (rows.next()) {
    auto currency = Currency::parse(rows.text(2));
    if (!currency) return failure(Code::data_loss, "settlement.broken", "a row without a currency");
    records.push_back(
        {std::string(rows.text(0)), std::string(rows.text(1)), *currency, rows.integer(3), rows.integer(4)});
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

}  // namespace

Result<void> insert_credit(database::Connection& connection, const PromoCredit& credit) {
  return database::done(connection.run("INSERT INTO credits VALUES(?, ?, ?, ?, ?, 0)", credit.act, credit.customer,
                                       credit.currency.code(), credit.amount, credit.expires_ms));
}

Result<std::vector<PromoCredit>> open_credits(database::Connection& connection, std::string_view customer) {
  return timed_records<PromoCredit>(connection.query(
      "SELECT act, credits.customer, credits.currency, credits.amount, expires_ms FROM credits JOIN acts ON act = id "
      "WHERE is_over = 0 AND state = 'booked' AND (?1 = '' OR credits.customer = ?1) ORDER BY expires_ms, act",
      customer));
}

Result<void> end_credit(database::Connection& connection, std::string_view act) {
  return database::done(connection.run("UPDATE credits SET is_over = 1 WHERE act = ?", act));
}

Result<void> insert_reserve(database::Connection& connection, const HeldReserve& reserve) {
  return database::done(connection.run("INSERT INTO reserves VALUES(?, ?, ?, ?, ?, 0)", reserve.act, reserve.party,
                                       reserve.currency.code(), reserve.amount, reserve.release_ms));
}

Result<std::vector<HeldReserve>> due_reserves(database::Connection& connection, std::int64_t now_ms) {
  return timed_records<HeldReserve>(connection.query(
      "SELECT act, reserves.party, reserves.currency, reserves.amount, release_ms FROM reserves JOIN acts ON act = id "
      "WHERE is_over = 0 AND state = 'booked' AND release_ms <= ? ORDER BY release_ms, act",
      now_ms));
}

Result<void> end_reserve(database::Connection& connection, std::string_view act) {
  return database::done(connection.run("UPDATE reserves SET is_over = 1 WHERE act = ?", act));
}

}  // namespace stoa::licensing
