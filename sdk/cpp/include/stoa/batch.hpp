// batch.hpp: several requests answered by one pass of a model, for models with batch(stoa::Batch&).
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_BATCH_HPP
#define STOA_BATCH_HPP
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "stoa/reply.hpp"

namespace stoa {

// What a model's batch_limits() says; see stoa/ext/batching.h.
struct BatchLimits {
  std::uint32_t requests_max = 1;
  std::uint64_t cost_max = 0;      // 0: no limit
  std::uint64_t delay_max_ns = 0;  // 0: take what is queued
};

// One request of a batch and its answer. fail() ends this one alone; an exception out of batch() ends all.
class BatchItem {
 public:
  explicit BatchItem(const stoa_request& abi) : request(abi), reply(request) {}
  BatchItem(const BatchItem&) = delete;  // reply points at request
  BatchItem& operator=(const BatchItem&) = delete;

  void fail(Failure why) { failure_ = std::move(why); }
  const std::optional<Failure>& failure() const noexcept { return failure_; }

  const Request request;
  Reply reply;

 private:
  std::optional<Failure> failure_;
};

// A range of BatchItem&, in the order they came.
class Batch {
 public:
  using Items = std::vector<std::unique_ptr<BatchItem>>;
  class Iterator {
   public:
    explicit Iterator(Items::const_iterator at) : at_(at) {}
    BatchItem& operator*() const { return **at_; }
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    Items::const_iterator at_;
  };

  explicit Batch(const Items& items) noexcept : items_(&items) {}
  std::size_t size() const noexcept { return items_->size(); }
  BatchItem& operator[](std::size_t i) const { return *(*items_)[i]; }
  Iterator begin() const { return Iterator(items_->begin()); }
  Iterator end() const { return Iterator(items_->end()); }

 private:
  const Items* items_;
};

}  // namespace stoa
#endif
