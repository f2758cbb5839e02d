// latency.hpp: a histogram of durations with fixed bounds, for /metrics. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace stoa::inference {

// Upper bounds in ns: 1, 2.5 and 5 of each power of ten from 10 us to 10 s, and two below for inline models. The last
// bucket has no bound.
inline constexpr std::array<std::uint64_t, 21> kLatencyBoundsNs = {
    1'000,       5'000,       10'000,      25'000,        50'000,        100'000,       250'000,
    500'000,     1'000'000,   2'500'000,   5'000'000,     10'000'000,    25'000'000,    50'000'000,
    100'000'000, 250'000'000, 500'000'000, 1'000'000'000, 2'500'000'000, 5'000'000'000, 10'000'000'000};

struct LatencySnapshot {
  std::array<std::uint64_t, kLatencyBoundsNs.size() + 1> counts{};  // not cumulative
  std::uint64_t sum_ns = 0;
};

// Any thread. A snapshot is not of one instant: counts may be ahead of the sum by the calls ending meanwhile.
class LatencyHistogram {
 public:
  void record(std::uint64_t ns) noexcept {
    const auto at = std::ranges::lower_bound(kLatencyBoundsNs, ns) - kLatencyBoundsNs.begin();
    counts_[static_cast<std::size_t>(at)].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(ns, std::memory_order_relaxed);
  }
  LatencySnapshot snapshot() const noexcept {
    LatencySnapshot seen;
    for (std::size_t i = 0; i < counts_.size(); ++i) seen.counts[i] = counts_[i].load(std::memory_order_relaxed);
    seen.sum_ns = sum_ns_.load(std::memory_order_relaxed);
    return seen;
  }

 private:
  std::array<std::atomic<std::uint64_t>, kLatencyBoundsNs.size() + 1> counts_{};
  std::atomic<std::uint64_t> sum_ns_{0};
};

}  // namespace stoa::inference
