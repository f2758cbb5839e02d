// quota_store.hpp: where admission keeps how much of each quota is taken: the book, which outlives a crash.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <span>
#include <string>

#include "stoa/result.hpp"

namespace stoa::licensing {

// One quota in one of its periods.
struct QuotaName {
  std::string holder;  // "lic_…" or "key_…"
  std::string meter;   // "call", "token.out"
  std::int64_t period_start_ms = 0;
  friend auto operator<=>(const QuotaName&, const QuotaName&) = default;
};

// amount: calls of "call", millionths of every other meter's unit.
struct QuotaMark {
  QuotaName name;
  std::uint64_t amount = 0;
};

// Thread: admission's keeper only, never an I/O thread.
class QuotaStore {
 public:
  virtual ~QuotaStore() = default;
  // What was reserved of it last; 0 for what never was.
  virtual Result<std::uint64_t> reserved(const QuotaName& name) = 0;
  // In place of what was reserved of each; in one transaction, durable on return. Admission takes no call before what
  // covers it is reserved, and so a crash costs the customer what was reserved and not used, and never gives it more.
  // Lower ones come, too: at an orderly stop, what was not used goes back.
  virtual Result<void> reserve(std::span<const QuotaMark> marks) = 0;
};

}  // namespace stoa::licensing
