// price_list.hpp: what a publisher's meters cost, in one currency, from when on. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "licensing/money/amount.hpp"
#include "licensing/rating/price.hpp"
#include "licensing/terms/limit.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

inline constexpr std::size_t kMetersMax = 16;  // of a list

// Immutable once it counts; a later version replaces it for calls from its first moment on. Meters that it does not
// name cost nothing. Rationale: it belongs to one publisher, whose models alone are charged by it: then that publisher
// sees all calls its tiers count.
struct PriceList {
  std::string id;  // "pri_…"
  std::uint32_t version = 1;
  std::string publisher = {};  // only its models are charged by it
  Currency currency;
  std::vector<MeterPrice> meters = {};  // 1 … kMetersMax, each once
  Period period = Period::none;         // after which tiers begin anew
  Nano minimum = 0;                     // the least that a customer who calls in a period pays for it, without tax
  std::int64_t from_ms = 0;
  std::optional<std::int64_t> until_ms = {};
  std::string name() const { return id + '/' + std::to_string(version); }
  friend bool operator==(const PriceList&, const PriceList&) = default;
};
// Error: invalid_argument "price.terms", with the field and the rule.
Result<void> check_price_list(const PriceList& list);

}  // namespace stoa::licensing
