// rate_limiter.hpp: the generic cell rate algorithm in one atomic number. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>

#include "licensing/terms/limit.hpp"

namespace stoa::licensing {

// From full it admits rate.calls at once, and then one more in each step of window / calls: in any stretch of t at most
// calls + t / step. Any thread; exact, because each call is one compare-and-swap. Times are CLOCK_MONOTONIC.
class RateLimiter {
 public:
  explicit RateLimiter(const Rate& rate)
      : terms_(rate),
        step_ns_((rate.window_ms * 1'000'000 + rate.calls - 1) / rate.calls),
        room_ns_(rate.calls * step_ns_) {}

  const Rate& terms() const { return terms_; }

  // How long until one more call is admitted; 0: it is now. Takes nothing.
  std::uint64_t wait_ns(std::uint64_t now_ns) const noexcept {
    return wait_after(free_at_ns_.load(std::memory_order_relaxed), now_ns);
  }
  // What one call changed.
  struct Change {
    std::uint64_t before = 0, after = 0;
  };
  // Takes one and says 0, or takes nothing and says how long to wait.
  std::uint64_t take(std::uint64_t now_ns, Change& change) noexcept {
    change.before = free_at_ns_.load(std::memory_order_relaxed);
    for (;;) {
      if (const std::uint64_t wait = wait_after(change.before, now_ns); wait > 0) return wait;
      change.after = std::max(change.before, now_ns) + step_ns_;
      if (free_at_ns_.compare_exchange_weak(change.before, change.after, std::memory_order_relaxed)) return 0;
    }
  }
  // As if it had not been taken. Where another call came between, it stays taken: how much of it has flowed off since
  // is not known any more, and a rate is never exceeded.
  void give_back(const Change& change) noexcept {
    std::uint64_t seen = change.after;
    free_at_ns_.compare_exchange_strong(seen, change.before, std::memory_order_relaxed);
  }

  std::uint64_t left(std::uint64_t now_ns) const noexcept { return (room_ns_ - used_ns(now_ns)) / step_ns_; }
  // Until all of it is there again.
  std::uint64_t full_after_ns(std::uint64_t now_ns) const noexcept { return used_ns(now_ns); }

 private:
  std::uint64_t wait_after(std::uint64_t free_at_ns, std::uint64_t now_ns) const noexcept {
    const std::uint64_t next = std::max(free_at_ns, now_ns) + step_ns_;
    return next - now_ns <= room_ns_ ? 0 : next - now_ns - room_ns_;
  }
  std::uint64_t used_ns(std::uint64_t now_ns) const noexcept {
    const std::uint64_t at = free_at_ns_.load(std::memory_order_relaxed);
    return at > now_ns ? std::min(at - now_ns, room_ns_) : 0;
  }

  const Rate terms_;
  // Rounded up, and the room with it: as many calls at once as the terms say, and never more of them in time.
  const std::uint64_t step_ns_, room_ns_;
  std::atomic<std::uint64_t> free_at_ns_{0};  // when everything taken so far has flowed off
};

}  // namespace stoa::licensing
