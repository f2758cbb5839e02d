// document_text.hpp: statements and invoices as the text that is signed: one form, which anybody can read and compare.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "licensing/statement/invoice.hpp"
#include "licensing/statement/statement.hpp"

namespace stoa::licensing {

// Lines of words with one space between; times RFC 3339 in UTC, amounts with nine digits, the root in hexadecimal:
//   stoa statement 1                                     or: stoa invoice 1
//   number 12
//   party publisher/acme                                 or: customer cus_…
//   currency EUR
//   from 2026-11-01T00:00:00.000Z
//   until 2026-12-01T00:00:00.000Z
//   opening 0.000000000
//   usage 100 0.700000000 1.000000000 acme/vision pri_1/1 agr_1/1 call=100 token.out=5000
//   refund 1 -0.005000000
//   closing 0.695000000
//   tax 0.190000000                                      of an invoice
//   entries 1 301
//   log 302 6b86b2…
// A line of calls: entries, amount, gross, model, price, agreement ("-" in an invoice), units; any other: entries,
// amount. The platform's signature stands below it, as log/signed_note.hpp writes it.
struct NumberedStatement {
  std::uint64_t number = 0;
  Statement statement;
  friend bool operator==(const NumberedStatement&, const NumberedStatement&) = default;
};
std::string document_text(const NumberedStatement& document);
// Only what document_text writes. Error: data_loss "statement.form", with the line.
Result<NumberedStatement> parse_statement(std::string_view text);

struct NumberedInvoice {
  std::uint64_t number = 0;
  Invoice invoice;
  friend bool operator==(const NumberedInvoice&, const NumberedInvoice&) = default;
};
std::string document_text(const NumberedInvoice& document);
Result<NumberedInvoice> parse_invoice(std::string_view text);

}  // namespace stoa::licensing
