// entry_text.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/entry_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

std::string line_of(std::string_view name, std::string value) {
  std::ranges::replace_if(value, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }, '?');
  return fmt::format("  {:<12} {}\n", name, value);
}

}  // namespace

std::string entry_text(const Entry& entry) {
  const std::string_view currency = entry.currency.code();
  std::string text = line_of("kind", std::string(name_of(entry.kind)));
  text += line_of("happened", registry::utc_text(entry.happened_ms));
  text += line_of("booked", registry::utc_text(entry.booked_ms));
  if (const auto& usage = entry.usage) {
    std::string units;
    for (const Quantity& quantity : usage->quantities)
      units += fmt::format("{}{} {}", units.empty() ? "" : ", ", quantity.units, quantity.meter);
    text += line_of("model", fmt::format("{} {}", usage->model, usage->version));
    text += line_of("package", registry::to_hex(usage->package));
    text += line_of("outcome", std::string(name_of(usage->outcome)));
    text += line_of("used", units);
    text += line_of("price", usage->price);
    text += line_of("agreement", usage->agreement);
    text += line_of("payer", usage->payer);
    text += line_of("gross", fmt::format("{} {}", amount_text(usage->gross), currency));
    text += line_of("tax", fmt::format("{} {}", amount_text(usage->tax), currency));
  }
  if (const auto& party = entry.party) {
    text += line_of("customer", party->customer);
    text += line_of("key", party->key);
    text += line_of("request", party->request);
  }
  if (entry.refers) text += line_of("refers to", std::to_string(*entry.refers));
  if (!entry.reason.empty()) text += line_of("because", entry.reason);
  for (const Posting& posting : entry.postings)
    text += line_of("", fmt::format("{} {} {}", posting.account, amount_text(posting.amount), currency));
  return text;
}

}  // namespace stoa::licensing
