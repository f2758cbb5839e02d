// price.hpp: what quantities cost, as a function of all that was used so far. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/money/amount.hpp"

namespace stoa::licensing {

// per_unit: one price. graduated: each unit at the price of the tier it falls into. volume: all units at the price of
// the tier that the last one falls into. package: whole packages of per_units, a begun one counts.
enum class PriceModel : std::uint8_t { per_unit, graduated, volume, package };
std::string_view name_of(PriceModel model);
std::optional<PriceModel> price_model_of(std::string_view name);

// From the end of the tier before up to and including up_to units.
struct PriceTier {
  std::optional<std::uint64_t> up_to;  // nothing: without end; of the last one only
  Nano nano = 0;                       // for per_units units; >= 0
  Nano flat = 0;                       // once, when the tier is reached; >= 0
  friend bool operator==(const PriceTier&, const PriceTier&) = default;
};

// Of one meter. Included units are a first tier of price 0.
struct MeterPrice {
  std::string meter;  // "call", "token.out"
  PriceModel model = PriceModel::per_unit;
  std::uint64_t per_units = 1;  // 1 … 10^12: nano is the price of that many
  std::vector<PriceTier> tiers;
  friend bool operator==(const MeterPrice&, const MeterPrice&) = default;
};

// Error: invalid_argument "price.terms", with the field and the rule.
Result<void> check_price(const MeterPrice& price);

// Of a price that check_price accepts: what `units` of a period cost together, rounded down to a billionth.
// Errors: out_of_range "money.overflow".
Result<Nano> cost_of(const MeterPrice& price, std::uint64_t units);

// What one call's quantity costs after `before` units of the period: the difference of two sums, so that whatever is
// cut off once is charged later, and the sum of all calls is the cost of all units, however they were cut into calls.
// Below zero only for PriceModel::volume, where a cheaper tier is reached. Errors: out_of_range "money.overflow",
// "meter.overflow".
Result<Nano> cost_of_call(const MeterPrice& price, std::uint64_t before, std::uint64_t quantity);

// The most that any number of units from `before` up to `before` + `quantity` cost together: what is charged by then,
// and what is held back for it, never has to be more. Errors: those of cost_of_call.
Result<Nano> most_cost(const MeterPrice& price, std::uint64_t before, std::uint64_t quantity);

}  // namespace stoa::licensing
