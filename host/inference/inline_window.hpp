// inline_window.hpp: decides whether an inline model still keeps its promise. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <bitset>
#include <cstddef>
#include <mutex>

namespace stoa::inference {

// The last 1,024 calls, one bit each: took longer than the bound, or not. Their p99 lies above the bound exactly when
// more than 1 % of them (10) did, so no durations need to be kept. Fewer calls than that are judged by the same count:
// 11 slow ones are more than 1 % of whatever fits into the window. Wall time, because that is what the I/O thread
// loses; but for calls in which it was preempted.
class InlineWindow {
 public:
  static constexpr std::size_t kCalls = 1024, kSlowMax = kCalls / 100;

  // False once the window's p99 is above the bound. A sample is skipped when another thread is just adding one: the I/O
  // threads never wait for each other here.
  bool add(bool is_slow) noexcept {
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock.owns_lock()) return true;
    if (slow_[at_]) --slow_count_;
    slow_[at_] = is_slow;
    if (is_slow) ++slow_count_;
    at_ = (at_ + 1) % kCalls;
    return slow_count_ <= kSlowMax;
  }

 private:
  std::mutex mutex_;
  std::bitset<kCalls> slow_;
  std::size_t at_ = 0, slow_count_ = 0;
};

}  // namespace stoa::inference
