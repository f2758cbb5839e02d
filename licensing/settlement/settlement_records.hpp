// settlement_records.hpp: credits, reserves, months, documents, payees and payouts, as values.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/log/merkle.hpp"
#include "licensing/money/amount.hpp"
#include "licensing/statement/payment_file.hpp"

namespace stoa::licensing {

// Given to a customer until it expires; what expires first is used first.
struct PromoCredit {
  std::string act, customer;
  Currency currency;
  Nano amount = 0;
  std::int64_t expires_ms = 0;
};

// Kept back of a party's earnings until release_ms.
struct HeldReserve {
  std::string act, party;
  Currency currency;
  Nano amount = 0;
  std::int64_t release_ms = 0;
};

// A month of the calendar, in UTC.
struct Month {
  std::string name;  // "2026-11"
  std::int64_t from_ms = 0, until_ms = 0;
};
// Error: invalid_argument "month.name".
Result<Month> month_of(std::string_view name);
Month month_at(std::int64_t ms);

struct ClosedMonth {
  std::string name, actor;
  std::int64_t closed_ms = 0;
  std::uint64_t next_entry = 0;  // the first one of the next month
  TreeHead head = {};            // of the log that holds all of it
};

enum class IssuedKind : std::uint8_t { statement, invoice };
std::string_view name_of(IssuedKind kind);

// A statement or an invoice as it was issued. Immutable: a correction comes in a later one.
struct IssuedDocument {
  IssuedKind kind = IssuedKind::statement;
  std::uint64_t number = 0;  // from 1, without a gap, for each kind
  std::string party;         // "publisher/acme"; of an invoice the customer's id
  Currency currency;
  std::string month;
  Nano opening = 0, closing = 0;
  std::int64_t issued_ms = 0;
  std::string note;  // the signed text; empty in a list
  Sha256 sha256{};   // of it
};

// Where a party is paid. hold_because: not for now, and why.
struct Payee {
  std::string party;
  BankAccount account;
  std::string hold_because = {};
  std::int64_t changed_ms = 0;
};

// held -> scheduled -> submitted -> settled -> returned; failed ends it from held, scheduled or submitted, and what it
// was to pay stays owed.
enum class PayoutState : std::uint8_t { held, scheduled, submitted, settled, failed, returned };
std::string_view name_of(PayoutState state);
std::optional<PayoutState> payout_state_of(std::string_view name);

struct PayoutRecord {
  std::string id;  // "pay_…"
  std::string party;
  Currency currency;
  Nano amount = 0;
  std::uint64_t statement = 0;  // the newest that it pays
  PayoutState state = PayoutState::held;
  std::string because = {};    // of the state
  BankAccount account = {};    // as it was when it was scheduled
  std::string batch = {};      // that it was submitted in
  std::string reference = {};  // the provider's
  std::int64_t created_ms = 0, scheduled_ms = 0, changed_ms = 0;
  std::string act = {};  // that moved the money
};

struct SettlementRules {
  Nano payout_min = 10 * kNanoPerUnit;  // less waits for the next statement
  std::uint32_t hold_days = 0;          // from a statement until it is paid
  std::uint32_t reserve_ppm = 0;        // of a month's earnings, kept back
  std::uint32_t reserve_days = 90;      // for so long
  std::uint32_t write_off_months = 3;   // after so many statements below zero, and an empty reserve, the platform pays
  std::string provider = "bank";        // whose cash pays: cash:<provider>
  BankAccount from = {};                // the platform's own
};

}  // namespace stoa::licensing
