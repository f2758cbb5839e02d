// split.cpp: the carried remainder. SPDX-License-Identifier: Apache-2.0
#include "licensing/money/split.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <numeric>

#include "licensing/money/wide.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kPartiesMax = 16;

}  // namespace

Result<Split> Split::make(std::vector<std::uint32_t> ppm) {
  Remainders none(ppm.size(), 0);
  return resume(std::move(ppm), std::move(none));
}

Result<Split> Split::resume(std::vector<std::uint32_t> ppm, Remainders remainders) {
  if (ppm.empty() || ppm.size() > kPartiesMax)
    return failure(Code::invalid_argument, "split.shares",
                   fmt::format("parties: {} of them, allowed are 1 to {}", ppm.size(), kPartiesMax));
  const std::uint64_t sum = std::accumulate(ppm.begin(), ppm.end(), std::uint64_t{0});
  if (sum != kPpm)
    return failure(Code::invalid_argument, "split.shares",
                   fmt::format("shares: they sum to {} ppm, and not to {}", sum, kPpm));
  const bool are_bounded = std::ranges::all_of(
      remainders, [](std::int64_t owed) { return owed > -2 * std::int64_t{kPpm} && owed < 2 * std::int64_t{kPpm}; });
  if (remainders.size() != ppm.size() || !are_bounded ||
      std::accumulate(remainders.begin(), remainders.end(), std::int64_t{0}) != 0)
    return failure(Code::invalid_argument, "split.remainders",
                   fmt::format("remainders: {} numbers that sum to zero are wanted", ppm.size()));
  return Split(std::move(ppm), std::move(remainders));
}

void Split::divide(Nano amount, std::span<Nano> parts) {
  assert(amount >= 0 && parts.size() == ppm_.size());
  Nano left = amount;
  for (std::size_t i = 0; i < ppm_.size(); ++i) {
    const Wide owed = Wide{amount} * ppm_[i] + remainders_[i];
    parts[i] = owed > 0 ? static_cast<Nano>(quotient(owed, kPpm)) : 0;
    remainders_[i] = static_cast<std::int64_t>(owed - Wide{parts[i]} * kPpm);
    left -= parts[i];
  }
  // Fewer than there are parties. Below zero where somebody who got too much has got nothing now.
  for (; left > 0; --left) move_one(parts, std::ranges::max_element(remainders_) - remainders_.begin(), 1);
  for (; left < 0; ++left) {
    std::ptrdiff_t least = -1;
    for (std::ptrdiff_t i = 0; i < std::ssize(parts); ++i)
      if (parts[static_cast<std::size_t>(i)] > 0 &&
          (least < 0 || remainders_[static_cast<std::size_t>(i)] < remainders_[static_cast<std::size_t>(least)]))
        least = i;
    move_one(parts, least, -1);
  }
}

void Split::move_one(std::span<Nano> parts, std::ptrdiff_t party, Nano by) {
  const auto i = static_cast<std::size_t>(party);
  parts[i] += by;
  remainders_[i] -= by * std::int64_t{kPpm};
}

Refund::Refund(std::vector<Nano> parts, std::vector<Nano> returned)
    : parts_(std::move(parts)), returned_(std::move(returned)) {
  returned_.resize(parts_.size(), 0);
}

Nano Refund::left() const {
  return std::accumulate(parts_.begin(), parts_.end(), Nano{0}) -
         std::accumulate(returned_.begin(), returned_.end(), Nano{0});
}

// Of what is left, each party's part in proportion; the billionths over go to those whose part was cut most.
Result<std::vector<Nano>> Refund::take(Nano amount) {
  const Nano whole = left();
  if (amount < 0 || amount > whole)
    return failure(
        Code::out_of_range, "refund.too_much",
        fmt::format("amount: {} is asked for, {} can be taken back", amount_text(amount), amount_text(whole)));
  std::vector<Nano> steps(parts_.size(), 0);
  if (amount == 0) return steps;
  std::vector<std::pair<Nano, std::size_t>> cut;  // remainder of the division, party
  Nano rest = amount;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    const Wide share = Wide{parts_[i] - returned_[i]} * amount;
    steps[i] = static_cast<Nano>(quotient(share, whole));
    cut.emplace_back(static_cast<Nano>(share % whole), i);
    rest -= steps[i];
  }
  std::ranges::sort(
      cut, [](const auto& a, const auto& b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
  // Whoever was cut has more left than its step: one more never is too much.
  for (std::size_t i = 0; rest > 0; ++i, --rest) ++steps[cut[i].second];
  for (std::size_t i = 0; i < steps.size(); ++i) returned_[i] += steps[i];
  return steps;
}

}  // namespace stoa::licensing
