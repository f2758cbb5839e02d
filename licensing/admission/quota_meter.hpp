// quota_meter.hpp: one quota in one period, counted by atomics within what was reserved of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "licensing/terms/limit.hpp"

namespace stoa::licensing {

enum class Taken : std::uint8_t { yes, not_reserved, used_up };

// Invariant, of calls under Policy::deny: used <= reserved <= amount, at every instant.
// Threads: any; raise_reserved is the keeper's.
class QuotaMeter {
 public:
  QuotaMeter(std::uint64_t amount, std::uint64_t used) : amount_(amount), used_(used), reserved_(used) {}

  // Of "call": one.
  Taken see_one() const noexcept { return after(used_.load(std::memory_order_relaxed)); }
  Taken take_one() noexcept {
    std::uint64_t seen = used_.load(std::memory_order_relaxed);
    for (;;) {
      if (const Taken taken = after(seen); taken != Taken::yes) return taken;
      if (used_.compare_exchange_weak(seen, seen + 1, std::memory_order_relaxed)) return Taken::yes;
    }
  }
  void give_back_one() noexcept { used_.fetch_sub(1, std::memory_order_relaxed); }
  // Of what is known only at the end, or beyond which is only warned: whatever it comes to.
  void add(std::uint64_t more) noexcept { used_.fetch_add(more, std::memory_order_relaxed); }

  std::uint64_t amount() const noexcept { return amount_.load(std::memory_order_relaxed); }
  std::uint64_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  std::uint64_t left() const noexcept { return amount() - std::min(amount(), used()); }
  bool is_used_up() const noexcept { return used() >= amount(); }

  std::uint64_t reserved() const noexcept { return reserved_.load(std::memory_order_relaxed); }
  void raise_reserved(std::uint64_t to) noexcept { reserved_.store(to, std::memory_order_relaxed); }
  void set_amount(std::uint64_t amount) noexcept { amount_.store(amount, std::memory_order_relaxed); }

 private:
  Taken after(std::uint64_t used) const noexcept {
    if (used < std::min(reserved(), amount())) return Taken::yes;
    return used < amount() ? Taken::not_reserved : Taken::used_up;
  }

  std::atomic<std::uint64_t> amount_, used_, reserved_;
};

// A holder's quotas, each in the period that is on.
struct MeterSet {
  struct Row {
    std::string meter;
    Period period = Period::none;
    std::int64_t start_ms = 0, end_ms = INT64_MAX;
    std::shared_ptr<QuotaMeter> count;
  };
  std::vector<Row> rows;
  QuotaMeter* calls = nullptr;     // the row of "call"; null: none
  const Row* calls_row = nullptr;  // the same
};

}  // namespace stoa::licensing
