// ticket.hpp: what an admitted call took, for as long as it is under way. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "licensing/admission/access_snapshot.hpp"

namespace stoa::licensing {

// As a plugin reported it.
struct MeterUse {
  std::string_view meter;
  std::uint64_t micro = 0;  // millionths of the meter's unit
};

// Moves; gives back what it took when it goes without settle(). A rate's call is never given back: it came.
// Thread: one at a time.
class Ticket {
 public:
  Ticket() = default;
  Ticket(Ticket&& other) noexcept
      : under_way_(std::move(other.under_way_)), licence_(std::move(other.licence_)), key_(std::move(other.key_)) {}
  Ticket& operator=(Ticket&& other) noexcept {
    if (this == &other) return *this;
    if (holds_any()) end();
    under_way_ = std::move(other.under_way_);
    licence_ = std::move(other.licence_);
    key_ = std::move(other.key_);
    return *this;
  }
  ~Ticket() {
    if (holds_any()) end();
  }
  bool holds_any() const { return under_way_ != nullptr || has_meters(); }

  // Any of them may be null. Each must have been taken.
  void hold_place(std::shared_ptr<UnderWay> under_way) { under_way_ = std::move(under_way); }
  void hold_licence(std::shared_ptr<const MeterSet> meters) { licence_ = std::move(meters); }
  void hold_key(std::shared_ptr<const MeterSet> meters) { key_ = std::move(meters); }

  // Whether what the plugin reports is to be brought along.
  bool has_meters() const { return licence_ != nullptr || key_ != nullptr; }
  // The model answered: the call counts, and so does what it used. Frees the place.
  void settle(std::span<const MeterUse> uses) noexcept {
    for (auto* const set : {&licence_, &key_}) {
      if (*set == nullptr) continue;
      for (const MeterSet::Row& row : (*set)->rows)
        for (const MeterUse& use : uses)
          if (row.meter != "call" && row.meter == use.meter) row.count->add(use.micro);
      set->reset();
    }
    end();
  }

 private:
  void end() noexcept {
    for (auto* const set : {&licence_, &key_}) {
      if (*set != nullptr && (*set)->calls != nullptr) (*set)->calls->give_back_one();
      set->reset();
    }
    if (under_way_ != nullptr) under_way_->calls.fetch_sub(1, std::memory_order_relaxed);
    under_way_.reset();
  }

  std::shared_ptr<UnderWay> under_way_;
  std::shared_ptr<const MeterSet> licence_, key_;
};

}  // namespace stoa::licensing
