// futex.hpp: sleep on a word and wake its sleepers: what std::atomic::wait does, with a deadline.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>

#include "host/thread/monotonic.hpp"

namespace stoa::thread {

// Sleeps while word == expected, until woken, or until deadline_ns (0: none). Returns early for no reason, too: the
// caller loops on its own condition.
inline void futex_wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t deadline_ns) {
  timespec until{};
  until.tv_sec = static_cast<time_t>(deadline_ns / 1'000'000'000u);
  until.tv_nsec = static_cast<long>(deadline_ns % 1'000'000'000u);
  // WAIT_BITSET, because it alone takes an absolute CLOCK_MONOTONIC time.
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET_PRIVATE, expected, deadline_ns == 0 ? nullptr : &until, nullptr,
          FUTEX_BITSET_MATCH_ANY);
}

// Touches no memory: the word may be gone by now, its address is only a name to the kernel.
inline void futex_wake(const std::atomic<std::uint32_t>* word, int sleepers) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, sleepers, nullptr, nullptr, 0);
}

}  // namespace stoa::thread
