// invoice_text.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/statement/invoice_text.hpp"

#include <fmt/format.h>

#include "licensing/statement/statement_text.hpp"

namespace stoa::licensing {
namespace {

// An invoice's lines are a statement's; who reads it is another.
Statement as_statement(const Invoice& invoice) {
  return {.party = invoice.customer,
          .currency = invoice.currency,
          .from_ms = invoice.from_ms,
          .until_ms = invoice.until_ms,
          .opening = invoice.opening,
          .closing = invoice.closing,
          .lines = invoice.lines,
          .first = invoice.first,
          .last = invoice.last,
          .head = invoice.head};
}

}  // namespace

std::string invoice_csv(const Invoice& invoice) {
  const std::string_view currency = invoice.currency.code();
  return statement_csv(as_statement(invoice)) + fmt::format("tax,,,,,,,{},{}\r\ndue,,,,,,,{},{}\r\n",
                                                            amount_text(invoice.tax, 9), currency,
                                                            amount_text(invoice.due(), 9), currency);
}

std::string invoice_page(const Invoice& invoice) {
  const std::string page = statement_page(as_statement(invoice));
  return fmt::format("Invoice of {}{}{:<44}{:>20}\n{:<44}{:>20}\n", invoice.customer, page.substr(page.find('\n')),
                     "tax in it", amount_text(invoice.tax, 9), "due",
                     amount_text(invoice.due(), invoice.currency.minor_digits()));
}

}  // namespace stoa::licensing
