// month_books.hpp: the statements and invoices of one month, out of its entries, in one pass.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "licensing/settlement/settlement_records.hpp"
#include "licensing/statement/invoice.hpp"
#include "licensing/statement/statement.hpp"

namespace stoa::licensing {

class MonthBooks {
 public:
  explicit MonthBooks(const Month& month) : month_(month) {}

  // A party or customer as the months before left it. Before any entry.
  void open(const IssuedDocument& before);
  // Entries in their order, of the month and, where nothing was opened, of all before. Errors: "money.overflow",
  // "meter.overflow".
  Result<void> add(std::uint64_t number, const Entry& entry);

  // Of all who have lines or a balance.
  std::vector<Statement> statements(const TreeHead& head) const;
  std::vector<Invoice> invoices(const TreeHead& head) const;
  // What a customer's calls by a price list came to, without tax, and the agreement of the last of them.
  struct Charged {
    Nano gross = 0;
    std::string agreement = {};
  };
  const std::map<std::pair<std::string, std::string>, Charged>& charged() const { return charged_; }  // customer, list
  // What all parties but the platform earned by an agreement's calls, whatever version of it.
  Nano earned_by(std::string_view agreement) const;

 private:
  template <class Builder>
  Builder& builder(std::map<std::pair<std::string, Currency>, Builder>& all, std::string_view name, Currency currency,
                   Nano opening);

  const Month month_;
  std::map<std::pair<std::string, Currency>, StatementBuilder> parties_;
  std::map<std::pair<std::string, Currency>, InvoiceBuilder> customers_;
  std::map<std::string, Nano, std::less<>> earned_;
  std::map<std::pair<std::string, std::string>, Charged> charged_;
};

}  // namespace stoa::licensing
