// invoice.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/statement/invoice.hpp"

#include <fmt/format.h>

#include "licensing/statement/payment_file.hpp"

namespace stoa::licensing {
namespace {

Result<void> grow(Nano& sum, Nano amount) {
  auto grown = plus(sum, amount);
  if (!grown) return std::unexpected(grown.error());
  sum = *grown;
  return {};
}

}  // namespace

Nano Invoice::due() const { return closing < 0 && closing != INT64_MIN ? payable_of(-closing, currency).paid : 0; }

std::string_view customer_of_account(std::string_view account) {
  for (const std::string_view kind : {"wallet:", "promo:", "recv:"})
    if (account.starts_with(kind)) return account.substr(kind.size());
  return {};
}

InvoiceBuilder::InvoiceBuilder(std::string customer, Currency currency, std::int64_t from_ms, std::int64_t until_ms,
                               Nano opening)
    : invoice_{std::move(customer), currency, from_ms, until_ms, opening, opening} {}

Result<void> InvoiceBuilder::add(std::uint64_t number, const Entry& entry) {
  Nano moved = 0, tax = 0;
  bool is_its = false;
  for (const Posting& posting : entry.postings) {
    Nano* const sum = customer_of_account(posting.account) == invoice_.customer ? &moved
                      : posting.account.starts_with("tax:")                     ? &tax
                                                                                : nullptr;
    if (!sum) continue;
    is_its |= sum == &moved;
    const auto credit = minus(0, posting.amount);
    if (!credit) return std::unexpected(credit.error());
    if (auto grown = grow(*sum, *credit); !grown) return grown;
  }
  if (!is_its || entry.currency != invoice_.currency || entry.booked_ms >= invoice_.until_ms) return {};
  if (auto grown = grow(invoice_.closing, moved); !grown) return grown;
  if (entry.booked_ms < invoice_.from_ms) return grow(invoice_.opening, moved);
  if (lines_.empty()) invoice_.first = number;
  invoice_.last = number;
  const Usage* const usage = entry.usage ? &*entry.usage : nullptr;
  StatementLine& line = lines_[{entry.kind, usage ? usage->model : "", usage ? usage->price : ""}];
  line.kind = entry.kind;
  ++line.entries;
  if (auto grown = grow(line.amount, moved); !grown) return grown;
  if (auto grown = grow(invoice_.tax, tax); !grown) return grown;
  if (!usage) return {};
  line.model = usage->model;
  line.price = usage->price;
  for (const Quantity& quantity : usage->quantities) {
    std::uint64_t& units = line.units[quantity.meter];
    if (__builtin_add_overflow(units, quantity.units, &units))
      return failure(Code::out_of_range, "meter.overflow",
                     fmt::format("{}: more units than 64 bits hold", quantity.meter));
  }
  return grow(line.gross, usage->gross);
}

Invoice InvoiceBuilder::finish(const TreeHead& head) const {
  Invoice invoice = invoice_;
  invoice.head = head;
  for (const auto& [name, line] : lines_) invoice.lines.push_back(line);
  return invoice;
}

}  // namespace stoa::licensing
