// list_use.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/list_use.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>

namespace stoa::licensing {
namespace {

std::unexpected<Error> too_many_under_way(std::uint64_t units, std::uint64_t more) {
  return failure(Code::out_of_range, "meter.overflow",
                 fmt::format("calls under way: {} and {} units are more than 64 bits hold", units, more));
}

}  // namespace

Result<void> ListUse::begin(std::int64_t period_start_ms, const MeterUnits& at_most) {
  auto at = std::ranges::lower_bound(under_way_, period_start_ms, {}, &UnderWay::period_start_ms);
  const bool is_known = at != under_way_.end() && at->period_start_ms == period_start_ms;
  if (!is_known) at = under_way_.insert(at, UnderWay{period_start_ms});
  for (std::size_t m = 0; m < meters.size(); ++m)
    if (std::uint64_t sum; __builtin_add_overflow(at->units[m], at_most[m], &sum))
      return too_many_under_way(at->units[m], at_most[m]);  // of a period that is known: 0 and anything fits
  for (std::size_t m = 0; m < meters.size(); ++m) at->units[m] += at_most[m];
  ++at->calls;
  return {};
}

void ListUse::end(std::int64_t period_start_ms, const MeterUnits& at_most) {
  const auto at = std::ranges::lower_bound(under_way_, period_start_ms, {}, &UnderWay::period_start_ms);
  assert(at != under_way_.end() && at->period_start_ms == period_start_ms);
  if (--at->calls == 0) {
    under_way_.erase(at);
    return;
  }
  for (std::size_t m = 0; m < meters.size(); ++m) at->units[m] -= at_most[m];
}

Result<Nano> ListUse::most(const std::vector<MeterPrice>& prices) const {
  if (under_way_.empty()) return 0;
  Nano all = 0;
  for (std::size_t m = 0; m < meters.size(); ++m) {
    const auto one = most(prices[m], m);
    if (!one) return one;
    if (__builtin_add_overflow(all, *one, &all)) return plus(all, *one);
  }
  return all;
}

Result<Nano> ListUse::most(const MeterPrice& price, std::size_t meter) const {
  const UsedUnits& use = meters[meter];
  std::uint64_t units = 0;  // of the calls that may count by then
  Nano all = 0;
  const auto add = [&](std::uint64_t more, std::uint64_t before, Nano charged) -> Result<void> {
    if (more == 0) return {};
    std::uint64_t together;
    if (__builtin_add_overflow(units, more, &together)) return too_many_under_way(units, more);
    units = together;
    const auto cost = most_cost(price, before, units);
    if (!cost) return std::unexpected(cost.error());
    const auto sum = plus(all, std::max<Nano>(0, *cost - charged));
    if (!sum) return std::unexpected(sum.error());
    all = *sum;
    return {};
  };
  // Those of earlier periods, too, count with what was used; each later period begins anew, and nobody knows how many
  // of the calls before it end in it.
  std::uint64_t here = 0;
  auto at = under_way_.begin();
  for (; at != under_way_.end() && at->period_start_ms <= use.period_start_ms; ++at)
    if (__builtin_add_overflow(here, at->units[meter], &here)) return too_many_under_way(here, at->units[meter]);
  if (auto added = add(here, use.units, use.charged); !added) return std::unexpected(added.error());
  for (; at != under_way_.end(); ++at)
    if (auto added = add(at->units[meter], 0, 0); !added) return std::unexpected(added.error());
  return all;
}

}  // namespace stoa::licensing
