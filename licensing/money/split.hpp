// split.hpp: an amount among parties, to the last billionth, for ever. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "licensing/money/amount.hpp"

namespace stoa::licensing {

inline constexpr std::uint32_t kPpm = 1'000'000;

// What each party is still owed of the amounts split so far, in millionths of a billionth. Their sum is zero.
using Remainders = std::vector<std::int64_t>;

// Shares out one amount after another. Each party gets the whole part of all it is owed by then; the billionths left
// over go one each to those who are owed most (ties: in order). Rationale: rounding down and handing the rest to one
// party mispays by percents where a call costs a few billionths. Invariant: the parts of an amount sum to it and none
// is negative; what is carried sums to zero. Over any sequence of amounts each party is within 1.03 of exact (measured:
// two parties 0.50, eight 0.98); where every amount is a single billionth, within 1.15 (eight parties with the worst
// shares that were found: 1.142).
class Split {
 public:
  // 1 to 16 parties whose shares sum to a million. Error: invalid_argument "split.shares".
  static Result<Split> make(std::vector<std::uint32_t> ppm);
  // Goes on where another ended: remainders() of it. Error: invalid_argument "split.remainders".
  static Result<Split> resume(std::vector<std::uint32_t> ppm, Remainders remainders);

  // amount >= 0. parts: one for each party, in order.
  void divide(Nano amount, std::span<Nano> parts);
  std::size_t parties() const { return ppm_.size(); }
  const Remainders& remainders() const { return remainders_; }
  void go_back(const Remainders& before) { remainders_ = before; }  // of this split, at an earlier time

 private:
  Split(std::vector<std::uint32_t> ppm, Remainders remainders)
      : ppm_(std::move(ppm)), remainders_(std::move(remainders)) {}
  void move_one(std::span<Nano> parts, std::ptrdiff_t party, Nano by);
  std::vector<std::uint32_t> ppm_;
  Remainders remainders_;
};

// Takes back what was split, in as many steps as one likes. The last step leaves nothing: a refund of everything
// mirrors the split exactly. Invariant: the parts of a step sum to it, none is negative, and no party gives back more
// than it got.
class Refund {
 public:
  // Of an amount's parts, and of what was taken back of each so far (empty: nothing).
  Refund(std::vector<Nano> parts, std::vector<Nano> returned);
  Nano left() const;
  // 0 <= amount <= left(). Error: out_of_range "refund.too_much", with both numbers.
  Result<std::vector<Nano>> take(Nano amount);

 private:
  std::vector<Nano> parts_, returned_;
};

}  // namespace stoa::licensing
