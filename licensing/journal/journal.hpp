// journal.hpp: what happened, in order, for ever: entries appended by any thread, committed together, and durable
// before anybody is told. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "licensing/journal/block_file.hpp"
#include "licensing/journal/disk.hpp"
#include "licensing/journal/frame.hpp"
#include "licensing/journal/segment.hpp"
#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// For who has more to append in a moment, and wants it in one commit.
class JournalWaker {
 public:
  // By the thread that appended, while the committing thread sleeps: calls Journal::wake, now or soon. Prompt.
  virtual void wake_soon() noexcept = 0;

 protected:
  ~JournalWaker() = default;
};

struct JournalOptions {
  std::uint64_t segment_bytes = 64u << 20;     // 32 MiB or more: a commit fits into one
  std::uint64_t backlog_bytes_max = 2u << 20;  // appended and not committed yet: beyond it is behind
  // How long a commit waits for more to come. 0: not at all; while one is under way the next gathers by itself.
  std::uint32_t window_us = 0;
  JournalWaker* waker = nullptr;  // null: the committing thread is woken at once. Outlives the journal
};

// asked: refused once kFrameBodyBytesMax wait to be committed. promised: to whoever was let in while the journal was
// not behind; taken, however much waits: in memory, until the disk goes on.
enum class Room : std::uint8_t { asked, promised };

// Told once, from the journal's thread. Lifetime: until it was told.
class DurabilityWaiter {
 public:
  // Everything appended before it waited is durable; or the journal failed, and nobody knows what is.
  virtual void on_durable(bool is_durable) noexcept = 0;

 protected:
  ~DurabilityWaiter() = default;
};

// Rationale: one thread writes, and it begins a commit when the one before is durable: what is broken at the end of the
// file after a crash was acknowledged to nobody. Invariant: an error of a write or a sync is the end. It is told to
// everybody who waits and to everybody who comes; the sync is not tried again, because the kernel forgets what it could
// not write.
class Journal {
 public:
  // Makes the folder where there is none. Errors: file.*; data_loss "journal.damaged"; failed_precondition
  // "journal.in_use": another process has it open.
  static Result<std::unique_ptr<Journal>> open(const std::filesystem::path& folder, const JournalOptions& options,
                                               Disk& disk = real_disk());
  ~Journal();  // commits what was appended
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Any thread, below. The entry's number: they begin at 0 and have no gaps. It is not durable yet. Errors:
  // invalid_argument "journal.entry_size"; resource_exhausted "journal.full": kFrameBodyBytesMax wait to be committed,
  // and no room was promised; unavailable "journal.failed".
  Result<std::uint64_t> append(std::string_view entry, Room room = Room::asked);
  void wake() noexcept;
  // By whoever was told, on the thread that goes on with it: once it has nothing else to do, the next commit begins.
  void go_on_soon() noexcept {
    if (is_gathering_.load(std::memory_order_relaxed) && is_gathering_.exchange(false, std::memory_order_acq_rel))
      options_.waker->wake_soon();
  }
  // False: everything appended so far is durable already, and waiter is not told.
  bool wait(DurabilityWaiter& waiter);
  // Entries that are durable; their numbers are below.
  std::uint64_t durable() const noexcept { return durable_.load(std::memory_order_acquire); }
  // The disk does not keep up: whoever can wait with more should.
  bool is_behind() const noexcept {
    return backlog_bytes_.load(std::memory_order_relaxed) > options_.backlog_bytes_max;
  }
  // What was appended and is not durable yet; and how often the disk was asked, each time for all there was.
  std::uint64_t waiting() const {
    const std::lock_guard lock(mutex_);
    return next_ - durable();
  }
  std::uint64_t commits() const noexcept { return commits_.load(std::memory_order_relaxed); }
  bool has_failed() const noexcept { return has_failed_.load(std::memory_order_acquire); }

  // Random: tells this journal from every other.
  JournalId id() const { return id_; }

  // Visits durable entries in order, from number `from` on, until visit says false: the number after the last one
  // visited. Errors: file.*; data_loss "journal.damaged".
  using Visit = std::function<bool(std::uint64_t number, std::string_view entry)>;
  Result<std::uint64_t> read(std::uint64_t from, const Visit& visit) const;

 private:
  Journal(std::filesystem::path folder, const JournalOptions& options, Disk& disk)
      : folder_(std::move(folder)), options_(options), disk_(disk) {}

  struct Batch {
    FrameBuilder frame;
    std::vector<DurabilityWaiter*> waiters;
  };
  struct Written {
    std::uint64_t first;
    std::filesystem::path path;
    std::vector<FrameMark> marks;  // since the journal was opened; empty: it is read from its beginning
  };

  Result<void> lock_folder();
  Result<void> recover_segments();
  Result<void> begin_segment();
  Result<void> commit(Batch& batch);
  Result<void> read_segment(const Written& written, std::uint64_t& next, std::uint64_t end, bool& goes_on,
                            const Visit& visit) const;
  void run();
  void gather(std::unique_lock<std::mutex>& lock);
  void prepare_next();
  Batch& last();  // Lock: mutex_: what is appended next goes into it
  void fail(const Error& error);

  const std::filesystem::path folder_;
  const JournalOptions options_;
  Disk& disk_;
  registry::File lock_file_;

  // The committing thread's.
  JournalId id_{};
  Segment segment_;
  BlockAppender end_;      // of segment_
  std::thread preparing_;  // lays out the segment after this one
  Result<void> prepared_;  // joined before it is read

  mutable std::mutex mutex_;
  std::condition_variable appended_;
  Batch gathering_;                              // Lock: mutex_
  std::deque<Batch> behind_it_;                  // Lock: mutex_: what no longer fits into its frame
  std::vector<DurabilityWaiter*> late_waiters_;  // Lock: mutex_: for the commit under way
  std::vector<Written> written_;                 // Lock: mutex_
  std::optional<Error> error_;                   // Lock: mutex_
  std::uint64_t next_ = 0;                       // Lock: mutex_: number of the next entry
  bool is_committing_ = false, is_waiting_ = false, is_woken_ = false, ends_ = false;  // Lock: mutex_
  std::atomic<std::uint64_t> durable_{0};
  std::atomic<std::uint64_t> backlog_bytes_{0}, commits_{0};
  std::atomic<bool> has_failed_{false}, is_gathering_{false};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace stoa::licensing
