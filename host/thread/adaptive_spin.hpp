// adaptive_spin.hpp: looks again for a moment before it sleeps, where a core is free for that.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

namespace stoa::thread {

inline void pause_core() noexcept {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// Rationale: what comes within microseconds is taken without a system call on either side and without a change of
// thread; but where every core has something to do, looking keeps from its work the very thread that is waited for.
// Nobody says whether a core is free, so it is learned: a look in vain, and one during which this thread was put aside,
// lets twice as many waits go by without one (kSkipMax at the most), and one that was not in vain forgets that.
// One thread at a time. Clock: of the standard library's kind.
template <class Clock = std::chrono::steady_clock>
class AdaptiveSpin {
 public:
  static constexpr std::chrono::nanoseconds kBudget{25'000}, kPutAside{10'000};
  static constexpr std::uint32_t kSkipMax = 255;

  // True: is_ready() came true. It is asked at least once.
  template <class IsReady>
  bool wait(const IsReady& is_ready) {
    if (is_ready()) return true;
    if (!has_cores_ || skip_ > 0) {
      skip_ -= std::min(skip_, 1u);
      return false;
    }
    const auto began = Clock::now();
    for (auto last = began;;) {
      for (int i = 0; i < kLooks; ++i) {
        pause_core();
        if (!is_ready()) continue;
        vain_ = 0;
        return true;
      }
      const auto now = Clock::now();
      if (now - last > kPutAside || now - began > kBudget) break;
      last = now;
    }
    vain_ = std::min(2 * vain_ + 1, kSkipMax);
    skip_ = vain_;
    return false;
  }

 private:
  static constexpr int kLooks = 8;                                  // for each time it asks the clock
  const bool has_cores_ = std::thread::hardware_concurrency() > 1;  // asked at first: a worker may not, later
  std::uint32_t vain_ = 0, skip_ = 0;
};

}  // namespace stoa::thread
