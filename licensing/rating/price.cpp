// price.cpp: exact sums over tiers, in 128 bits. SPDX-License-Identifier: Apache-2.0
#include "licensing/rating/price.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "licensing/money/wide.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kModels[] = {"per_unit", "graduated", "volume", "package"};
constexpr std::uint64_t kPerUnitsMax = 1'000'000'000'000;
constexpr std::size_t kTiersMax = 16;

std::unexpected<Error> refuse(std::string_view field, std::string_view rule) {
  return failure(Code::invalid_argument, "price.terms", fmt::format("{}: {}", field, rule));
}

// 63 bits by 64: it always fits. A sum of such may not: nothing then.
Wide times(Nano nano, std::uint64_t units) { return Wide{nano} * Wide{units}; }

std::optional<Wide> sum_of(std::optional<Wide> a, std::optional<Wide> b) {
  Wide sum;
  if (!a || !b || __builtin_add_overflow(*a, *b, &sum)) return std::nullopt;
  return sum;
}

// Visits the tiers that `units` reach, with how many of them fall into each.
template <class Visit>
void for_reached(const MeterPrice& price, std::uint64_t units, const Visit& visit) {
  std::uint64_t from = 0;
  for (const PriceTier& tier : price.tiers) {
    if (units <= from) return;
    const std::uint64_t to = std::min(units, tier.up_to.value_or(units));
    visit(tier, to - from);
    from = to;
  }
}

// In billionths times per_units; nothing: more than 128 bits hold.
std::optional<Wide> exact_cost(const MeterPrice& price, std::uint64_t units) {
  std::optional<Wide> cost = Wide{0}, flat = Wide{0};
  const PriceTier* last = nullptr;
  for_reached(price, units, [&](const PriceTier& tier, std::uint64_t inside) {
    last = &tier;
    flat = sum_of(flat, times(tier.flat, price.per_units));
    if (price.model == PriceModel::graduated || price.model == PriceModel::per_unit)
      cost = sum_of(cost, times(tier.nano, inside));
    if (price.model == PriceModel::package)
      cost = sum_of(cost, times(tier.nano, inside / price.per_units + (inside % price.per_units != 0)));
  });
  if (!last) return Wide{0};
  if (price.model == PriceModel::package) {
    Wide scaled;
    if (!cost || __builtin_mul_overflow(*cost, Wide{price.per_units}, &scaled)) return std::nullopt;
    cost = scaled;
  }
  if (price.model == PriceModel::volume) {
    cost = times(last->nano, units);
    flat = times(last->flat, price.per_units);
  }
  return sum_of(cost, flat);
}

std::unexpected<Error> too_much(const MeterPrice& price, std::uint64_t units) {
  return failure(Code::out_of_range, "money.overflow",
                 fmt::format("{}: {} units cost more than 64 bits of billionths hold", price.meter, units));
}

std::unexpected<Error> more_than_64_bits(const MeterPrice& price, std::uint64_t before, std::uint64_t quantity) {
  return failure(Code::out_of_range, "meter.overflow",
                 fmt::format("{}: {} and {} units are more than 64 bits hold", price.meter, before, quantity));
}

}  // namespace

std::string_view name_of(PriceModel model) { return kModels[static_cast<std::size_t>(model)]; }

std::optional<PriceModel> price_model_of(std::string_view name) {
  const auto* const at = std::ranges::find(kModels, name);
  if (at == std::end(kModels)) return std::nullopt;
  return static_cast<PriceModel>(at - std::begin(kModels));
}

Result<void> check_price(const MeterPrice& price) {
  if (price.meter.empty() || price.meter.size() > 64) return refuse("meter", "is not a name of 1 to 64 characters");
  if (price.per_units < 1 || price.per_units > kPerUnitsMax)
    return refuse("per_units", fmt::format("is {}, allowed are 1 to 10^12", price.per_units));
  if (price.tiers.empty() || price.tiers.size() > kTiersMax)
    return refuse("tiers", fmt::format("{} of them, allowed are 1 to {}", price.tiers.size(), kTiersMax));
  if (price.model == PriceModel::per_unit && (price.tiers.size() != 1 || price.tiers[0].up_to))
    return refuse("tiers", "per_unit has one, without an end");
  std::uint64_t before = 0;
  for (std::size_t i = 0; i < price.tiers.size(); ++i) {
    const PriceTier& tier = price.tiers[i];
    const bool is_last = i + 1 == price.tiers.size();
    if (tier.nano < 0 || tier.flat < 0) return refuse(fmt::format("tiers[{}]", i), "has a price below zero");
    if (is_last != !tier.up_to)
      return refuse(fmt::format("tiers[{}].up_to", i), is_last ? "is given for the last tier" : "is missing");
    if (tier.up_to && *tier.up_to <= before)
      return refuse(fmt::format("tiers[{}].up_to", i), fmt::format("{} is not above {}", *tier.up_to, before));
    if (tier.up_to && price.model == PriceModel::package && *tier.up_to % price.per_units != 0)
      return refuse(fmt::format("tiers[{}].up_to", i), "is not a whole number of packages");
    before = tier.up_to.value_or(0);
  }
  return {};
}

Result<Nano> cost_of(const MeterPrice& price, std::uint64_t units) {
  const auto cost = exact_cost(price, units);
  if (!cost) return too_much(price, units);
  const Wide nano = quotient(*cost, static_cast<std::int64_t>(price.per_units));
  if (nano > Wide{INT64_MAX}) return too_much(price, units);
  return static_cast<Nano>(nano);
}

Result<Nano> cost_of_call(const MeterPrice& price, std::uint64_t before, std::uint64_t quantity) {
  std::uint64_t after;
  if (__builtin_add_overflow(before, quantity, &after)) return more_than_64_bits(price, before, quantity);
  const auto so_far = cost_of(price, before);
  if (!so_far) return so_far;
  const auto with_it = cost_of(price, after);
  if (!with_it) return with_it;
  return *with_it - *so_far;
}

// Rationale: only volume prices fall with the quantity, where a cheaper tier is reached: there the most is at the end,
// or where a tier ends.
Result<Nano> most_cost(const MeterPrice& price, std::uint64_t before, std::uint64_t quantity) {
  std::uint64_t end;
  if (__builtin_add_overflow(before, quantity, &end)) return more_than_64_bits(price, before, quantity);
  auto most = cost_of(price, end);
  if (price.model != PriceModel::volume) return most;
  for (const PriceTier& tier : price.tiers) {
    if (!most || tier.up_to.value_or(end) >= end) return most;
    if (*tier.up_to < before) continue;
    const auto cost = cost_of(price, *tier.up_to);
    if (!cost) return cost;
    most = std::max(*most, *cost);
  }
  return most;
}

}  // namespace stoa::licensing
