// statement.hpp: what a party earned in a period, line by line, from entries that it may see.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "licensing/ledger/entry.hpp"
#include "licensing/log/merkle.hpp"

namespace stoa::licensing {

// Calls of a model by one price and one agreement, or what is no call's.
struct StatementLine {
  EntryKind kind = EntryKind::usage;
  std::string model, price, agreement;  // of calls
  std::uint64_t entries = 0;
  std::map<std::string, std::uint64_t> units = {};  // of calls: by meter
  Nano gross = 0;                                   // of calls: what all who earned it shared, tax not in it
  Nano amount = 0;                                  // the party's; below zero what it gave back or was paid
  friend bool operator==(const StatementLine&, const StatementLine&) = default;
};

// Immutable once issued; corrections come in a later one.
struct Statement {
  std::string party;  // "publisher/acme"
  Currency currency;
  std::int64_t from_ms = 0, until_ms = 0;  // booked in [from, until)
  Nano opening = 0, closing = 0;           // owed to the party before and after
  std::vector<StatementLine> lines = {};   // by kind, model, price, agreement
  std::uint64_t first = 0, last = 0;       // numbers of the first and the last entry that count; both 0: none does
  TreeHead head = {};                      // of the log that holds them all
  friend bool operator==(const Statement&, const Statement&) = default;
};

// Entries in their order, whole or public halves alone: the same statement comes out.
// Errors: out_of_range "money.overflow", "meter.overflow".
class StatementBuilder {
 public:
  // opening: where entries before from_ms are not added.
  StatementBuilder(std::string party, Currency currency, std::int64_t from_ms, std::int64_t until_ms, Nano opening = 0);

  // Counts what it says of the party's account: before the period into opening, within it into its line; later ones,
  // other currencies and other parties not at all.
  Result<void> add(std::uint64_t number, const Entry& entry);
  Statement finish(const TreeHead& head) const;

 private:
  Result<void> add_usage(StatementLine& line, const Usage& usage);

  const std::string account_;
  Statement statement_;
  std::map<std::tuple<EntryKind, std::string, std::string, std::string>, StatementLine> lines_;
};

// The statements are what the entries come to. Error: data_loss "audit.differs" with the first difference.
Result<void> compare(const Statement& issued, const Statement& worked_out);

}  // namespace stoa::licensing
