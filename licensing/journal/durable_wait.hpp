// durable_wait.hpp: waits, as a thread that may, until what was appended to a journal is on the disk.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <mutex>
#include <optional>

#include "licensing/journal/journal.hpp"

namespace stoa::licensing {

class DurableWait final : public DurabilityWaiter {
 public:
  // Error: unavailable "journal.failed": nobody knows whether it is there.
  static Result<void> until_durable(Journal& journal) {
    DurableWait wait;
    if (!journal.wait(wait) || wait.was_told_durable()) return {};
    return failure(Code::unavailable, "journal.failed", "billing has stopped, because the journal cannot be written");
  }
  void on_durable(bool is_durable) noexcept override {
    const std::lock_guard lock(mutex_);  // told before the waiter may end
    told_ = is_durable;
    changed_.notify_all();
  }

 private:
  bool was_told_durable() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return told_.has_value(); });
    return *told_;
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<bool> told_;
};

}  // namespace stoa::licensing
