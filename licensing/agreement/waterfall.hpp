// waterfall.hpp: an amount on its way through an agreement, to those who earned it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <vector>

#include "licensing/agreement/agreement.hpp"
#include "licensing/money/split.hpp"
#include "licensing/money/wide.hpp"

namespace stoa::licensing {

// Where a part of an amount goes, in the order of the waterfall.
enum class Step : std::uint8_t { processing, platform_fee, referral, recoupment, party };

struct Allotment {
  Step step = Step::party;
  std::size_t party = 0;  // of Step::party: its number in the agreement
  Nano amount = 0;
  friend bool operator==(const Allotment&, const Allotment&) = default;
};

// A rate taken of one amount after another: what is cut off once is taken later. Never more than an amount, in all less
// than a billionth from exact.
class CarriedRate {
 public:
  CarriedRate() = default;
  explicit CarriedRate(std::int64_t carried) : carried_(carried) {}
  // exact: amount * ppm, of one or several tiers; at most amount * 10^6.
  using Millionths = Wide;
  Nano take(Millionths exact) {
    const Millionths owed = exact + carried_;
    const Millionths whole = quotient(owed, kPpm);
    carried_ = static_cast<std::int64_t>(owed - whole * kPpm);
    return static_cast<Nano>(whole);
  }
  std::int64_t carried() const { return carried_; }

 private:
  std::int64_t carried_ = 0;  // millionths of a billionth; 0 … 999'999
};

// What an agreement remembers between two amounts. As values, so that it can be kept, shown and recomputed.
struct WaterfallState {
  Nano gross = 0;  // of the period so far
  std::int64_t processing_carried = 0, fee_carried = 0, referral_carried = 0, recoupment_carried = 0;
  Nano referred = 0, recouped = 0;  // of all periods
  Remainders remainders;            // of the split among parties
  std::vector<Nano> earned;         // by each party in the period
  std::int64_t period_end_ms = 0;   // 0: the period has not begun, or has no end
  friend bool operator==(const WaterfallState&, const WaterfallState&) = default;
};

// Invariant: the allotments of an amount sum to it and none is negative.
class Waterfall {
 public:
  // Of an agreement that check_agreement accepts, whose state is that of its own or empty. Lifetime: views agreement.
  // Error: invalid_argument "agreement.state".
  static Result<Waterfall> resume(const Agreement& agreement, WaterfallState state);

  // gross >= 0. Begins a new period where at_ms lies behind the end of the one before; times do not go back. Those
  // steps and parties that get nothing are left out.
  std::vector<Allotment> distribute(Nano gross, std::int64_t at_ms);
  void distribute(Nano gross, std::int64_t at_ms, std::vector<Allotment>& out);
  // As if what came since had not been distributed: a state of this one's own.
  void go_back(const WaterfallState& before);
  // What the platform owes the publisher's parties beyond what they earned in the period, by the guarantee.
  Nano short_of_guarantee() const;
  const WaterfallState& state() const { return state_; }

 private:
  Waterfall(const Agreement& agreement, WaterfallState state, Split split)
      : agreement_(&agreement), state_(std::move(state)), split_(std::move(split)) {}
  void begin_period(std::int64_t at_ms);
  CarriedRate::Millionths fee_of(Nano gross) const;
  Nano take_referral(Nano gross, Nano fee, std::int64_t at_ms);
  void divide(Nano rest, std::vector<Allotment>& out);

  const Agreement* agreement_;
  WaterfallState state_;
  Split split_;
  std::vector<Nano> parts_;  // used again
};

}  // namespace stoa::licensing
