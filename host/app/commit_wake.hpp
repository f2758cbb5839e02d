// commit_wake.hpp: wakes a journal's thread when a burst of requests is over. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <memory>

#include "host/thread/wake_batch.hpp"
#include "licensing/journal/journal.hpp"

namespace stoa::app {

// Rationale: on a shared core the woken thread pushes the I/O thread aside at once, and commits one entry where the
// requests that are ready would have brought ten.
class CommitWake final : public licensing::JournalWaker,
                         public thread::Sleeper,
                         public std::enable_shared_from_this<CommitWake> {
 public:
  void wake_soon() noexcept override { thread::WakeBatch::wake_last(shared_from_this()); }
  void wake() noexcept override {
    if (licensing::Journal* const journal = journal_.load(std::memory_order_acquire)) journal->wake();
  }
  // Before anything is appended; null: before the journal goes.
  void wakes(licensing::Journal* journal) { journal_.store(journal, std::memory_order_release); }

 private:
  std::atomic<licensing::Journal*> journal_{nullptr};
};

}  // namespace stoa::app
