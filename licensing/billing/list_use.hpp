// list_use.hpp: what a customer has used of a price list, and what its calls under way may add to it at most.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "licensing/money/amount.hpp"
#include "licensing/rating/price_list.hpp"

namespace stoa::licensing {

// Of one meter, in the period of the last call that used it.
struct UsedUnits {
  std::int64_t period_start_ms = 0;
  std::uint64_t units = 0;
  Nano charged = 0;  // for them
};
using MeterUnits = std::array<std::uint64_t, kMetersMax>;  // of a list's meters, in its order

// Invariant: most() never rises when a call ends, whatever of its units it used, and by what that call is charged it
// falls: c + most() after it <= most() before. Rationale: what was charged is the most that all units cost at any time
// so far, so that all calls together are charged no more than the most they can still come to, in any order; what one
// of them is charged depends on who came before it, and has no such bound.
class ListUse {
 public:
  explicit ListUse(std::size_t meter_count) : meters(meter_count) {}

  // A call that came in that period may use so much. Error: out_of_range "meter.overflow"; it has not begun then.
  Result<void> begin(std::int64_t period_start_ms, const MeterUnits& at_most);
  // It is over; at_most: as it began.
  void end(std::int64_t period_start_ms, const MeterUnits& at_most);
  // What all calls under way can be charged together, without tax. Errors: those of most_cost.
  Result<Nano> most(const std::vector<MeterPrice>& prices) const;

  std::vector<UsedUnits> meters;
  Nano held = 0;  // most(), as it was last held for

 private:
  // A call counts in the period it came in, or in a later one that another call has begun by then.
  struct UnderWay {
    std::int64_t period_start_ms = 0;
    std::uint32_t calls = 0;
    MeterUnits units = {};  // of all of them
  };
  Result<Nano> most(const MeterPrice& price, std::size_t meter) const;

  std::vector<UnderWay> under_way_;  // in the order of their periods; nearly always one
};

}  // namespace stoa::licensing
