// call_waiter.hpp: a listener for a thread that can do nothing but wait for its call.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "host/runtime/call.hpp"

namespace stoa::runtime {

class CallWaiter final : public CallListener {
 public:
  void on_progress() noexcept override {
    const std::lock_guard lock(mutex_);
    has_news_ = true;
    news_.notify_all();
  }

  // True once the listener was told something since the last call; false when deadline_ns (CLOCK_MONOTONIC) passes.
  bool wait_news(std::uint64_t deadline_ns) {
    const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(deadline_ns)};
    std::unique_lock lock(mutex_);
    const bool has = news_.wait_until(lock, until, [this] { return has_news_; });
    has_news_ = false;
    return has;
  }

  // Collects the call's parts until it is finished. False when deadline_ns passes first.
  bool wait_finished(Call& call, std::vector<OutputPart>& parts, std::uint64_t deadline_ns) {
    for (;;) {
      const bool is_finished = call.finished();  // before take: then what take returns is the rest
      for (auto& part : call.take()) parts.push_back(std::move(part));
      if (is_finished) return true;
      if (!wait_news(deadline_ns) && !call.finished()) return false;
    }
  }

 private:
  std::mutex mutex_;
  std::condition_variable news_;
  bool has_news_ = false;
};

}  // namespace stoa::runtime
