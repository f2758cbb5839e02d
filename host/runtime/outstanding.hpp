// outstanding.hpp: counts what is still under way (requests a plugin holds, payloads it will be asked to release), so
// that a drain can wait for none. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <climits>
#include <cstdint>

#include "host/thread/futex.hpp"

namespace stoa::runtime {

class Outstanding {
 public:
  void add(std::uint32_t n = 1) noexcept { word_.fetch_add(2 * n, std::memory_order_seq_cst); }

  // The last touch: once the count is zero, a drain may have destroyed this object.
  void remove() noexcept {
    const std::atomic<std::uint32_t>* address = &word_;
    if (word_.fetch_sub(2, std::memory_order_seq_cst) == (2u | kAwaited)) thread::futex_wake(address, INT_MAX);
  }

  std::uint32_t count() const noexcept { return word_.load(std::memory_order_seq_cst) >> 1; }

  // True once nothing is outstanding; false when deadline_ns (0: none) passes first.
  bool wait_none(std::uint64_t deadline_ns) noexcept {
    word_.fetch_or(kAwaited, std::memory_order_seq_cst);
    for (;;) {
      const std::uint32_t seen = word_.load(std::memory_order_seq_cst);
      if (seen >> 1 == 0) return true;
      if (deadline_ns != 0 && thread::monotonic_ns() >= deadline_ns) return false;
      thread::futex_wait(word_, seen, deadline_ns);
    }
  }

 private:
  static constexpr std::uint32_t kAwaited = 1;
  std::atomic<std::uint32_t> word_{0};  // count * 2, and the bit above: one word, so that remove() reads nothing after
};

}  // namespace stoa::runtime
