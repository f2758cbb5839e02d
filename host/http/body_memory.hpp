// body_memory.hpp: the memory of request bodies, counted against one budget for as long as anyone holds it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace stoa::http {

// Lifetime: shared, because a tensor may outlive the server whose request it came from.
class BodyBudget {
 public:
  explicit BodyBudget(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}
  bool take(std::uint64_t bytes) {
    if (used_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= bytes_max_) return true;
    give(bytes);
    return false;
  }
  void give(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  bool ever_fits(std::uint64_t bytes) const { return bytes <= bytes_max_; }
  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }

 private:
  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_{0};
};

// One allocation holds the bytes and their count; null when the budget is used up. Not zeroed.
std::shared_ptr<std::byte[]> allocate_body(const std::shared_ptr<BodyBudget>& budget, std::size_t bytes);

// What one body has taken from the budget so far; given back with its memory.
class BodyCharge {
 public:
  explicit BodyCharge(std::shared_ptr<BodyBudget> budget) : budget_(std::move(budget)) {}
  ~BodyCharge() { budget_->give(taken_); }
  BodyCharge(const BodyCharge&) = delete;
  BodyCharge& operator=(const BodyCharge&) = delete;
  bool take(std::uint64_t bytes) {
    const bool is_taken = budget_->take(bytes);
    if (is_taken) taken_ += bytes;
    return is_taken;
  }

 private:
  const std::shared_ptr<BodyBudget> budget_;
  std::uint64_t taken_ = 0;
};

// Memory for a body that is charged as it arrives: an announced length costs a peer nothing, so it must not cost the
// budget anything either. Untouched pages are not the machine's memory yet. Null when there is no address space.
std::shared_ptr<std::byte[]> charged(std::shared_ptr<BodyCharge> charge, std::shared_ptr<std::byte[]> memory);
std::shared_ptr<std::byte[]> allocate_charged_body(std::shared_ptr<BodyCharge> charge, std::size_t bytes);

}  // namespace stoa::http
