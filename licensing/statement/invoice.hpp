// invoice.hpp: what a customer used in a month, what it paid, and what is left. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "licensing/statement/statement.hpp"

namespace stoa::licensing {

// Immutable once issued. Amounts are the customer's: below zero what it was charged, above what it paid, was given, or
// got back. A balance below zero is owed by it.
struct Invoice {
  std::string customer;  // "cus_…"
  Currency currency;
  std::int64_t from_ms = 0, until_ms = 0;  // booked in [from, until)
  Nano opening = 0, closing = 0;           // of wallet, promo and receivable together
  std::vector<StatementLine> lines = {};   // by kind, model, price; agreements are not its matter
  Nano tax = 0;                            // in the lines
  std::uint64_t first = 0, last = 0;       // numbers of the first and the last entry that count; both 0: none does
  TreeHead head = {};                      // of the log that holds them all
  friend bool operator==(const Invoice&, const Invoice&) = default;

  // To be paid: whole smallest units; the rest is carried to the next one.
  Nano due() const;
};

// Whole entries in their order. Errors: out_of_range "money.overflow", "meter.overflow".
class InvoiceBuilder {
 public:
  // opening: where entries before from_ms are not added.
  InvoiceBuilder(std::string customer, Currency currency, std::int64_t from_ms, std::int64_t until_ms,
                 Nano opening = 0);
  Result<void> add(std::uint64_t number, const Entry& entry);
  Invoice finish(const TreeHead& head) const;

 private:
  Invoice invoice_;
  std::map<std::tuple<EntryKind, std::string, std::string>, StatementLine> lines_;
};

// Whose account it is: "wallet:", "promo:" or "recv:" with an id. Empty: no customer's.
std::string_view customer_of_account(std::string_view account);

}  // namespace stoa::licensing
