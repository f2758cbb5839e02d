// lines.hpp: what a projection answers with. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "licensing/ledger/entry.hpp"

namespace stoa::licensing {

inline constexpr std::int64_t kDayMs = 86'400'000;

// Days are those of UTC, by their first millisecond: of usage and spend the day on which the call was served, of
// earnings the day on which it was booked, as statements have it.
struct UsageLine {
  std::int64_t day_ms = 0;
  std::string model, meter;
  std::uint64_t units = 0;  // what is beyond 63 bits is 2^63 - 1
  friend bool operator==(const UsageLine&, const UsageLine&) = default;
};

// Entries of one kind on a customer's accounts (wallet, recv, promo).
struct SpendLine {
  std::int64_t day_ms = 0;
  EntryKind kind = EntryKind::usage;
  std::string model;  // of calls
  Currency currency;
  std::uint64_t entries = 0;
  Nano gross = 0, tax = 0;  // of calls
  Nano paid = 0;            // what was taken from the customer; below zero what it got
  friend bool operator==(const SpendLine&, const SpendLine&) = default;
};

// Entries of one kind on a party's account.
struct EarningsLine {
  std::int64_t day_ms = 0;
  EntryKind kind = EntryKind::usage;
  std::string model;  // of calls
  Currency currency;
  std::uint64_t entries = 0;
  Nano gross = 0;   // of calls: what all who earned shared
  Nano amount = 0;  // credits less debits
  friend bool operator==(const EarningsLine&, const EarningsLine&) = default;
};

struct AccountLine {
  std::string account;
  Currency currency;
  Nano debits = 0, credits = 0;
  std::uint64_t entries = 0, last = 0;  // last: the number of the newest that posted to it
  friend bool operator==(const AccountLine&, const AccountLine&) = default;
};

// An entry in short; the journal has it whole.
struct EntryLine {
  std::uint64_t number = 0;
  EntryKind kind = EntryKind::usage;
  std::int64_t booked_ms = 0, happened_ms = 0;
  Currency currency;
  std::string customer;  // whose accounts it touches; empty: nobody's
  std::string model;     // of a call, as the next three
  Outcome outcome = Outcome::complete;
  Nano gross = 0, tax = 0;
  std::optional<std::uint64_t> refers = {};
  std::string reason = {};
  std::vector<Posting> postings = {};
  friend bool operator==(const EntryLine&, const EntryLine&) = default;
};

// From the newest on. next: where the page after this one begins; nothing: this was the last.
struct EntryPage {
  std::vector<EntryLine> entries;
  std::optional<std::uint64_t> next = {};
};

}  // namespace stoa::licensing
