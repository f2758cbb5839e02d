// monotonic.hpp: the clock of deadlines: CLOCK_MONOTONIC in ns, as the C ABI counts it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <time.h>

#include <cstdint>

namespace stoa::thread {

inline std::uint64_t monotonic_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}

// Behind by up to a timer interrupt (10 ms at the most), at a fifth of the cost.
inline std::uint64_t monotonic_coarse_ns() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u + static_cast<std::uint64_t>(now.tv_nsec);
}
inline constexpr std::uint64_t kCoarseBehindMaxNs = 10'000'000;

}  // namespace stoa::thread
