// test_journal.hpp: a disk that fails on demand, and somebody who waits. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <unistd.h>

#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/journal/journal.hpp"

namespace stoa::licensing {

// The real one, until the call with that number; from then on each fails. A write that fails may have written a part:
// all but so many of the bytes before the zeros it ends with.
class FailingDisk final : public Disk {
 public:
  explicit FailingDisk(int calls, int error = EIO, std::size_t bytes_missing = 0)
      : calls_(calls), error_(error), bytes_missing_(bytes_missing) {}
  ssize_t write_durably(int descriptor, const void* bytes, std::size_t size, off_t offset) override {
    if (calls_-- > 0) return real_disk().write_durably(descriptor, bytes, size, offset);
    if (bytes_missing_ > 0) write_part({static_cast<const char*>(bytes), size}, descriptor, offset);
    errno = error_;
    return -1;
  }

 private:
  void write_part(std::string_view bytes, int descriptor, off_t offset) const {
    const std::size_t end = bytes.find_last_not_of('\0') + 1;
    if (end > bytes_missing_) (void)real_disk().write_durably(descriptor, bytes.data(), end - bytes_missing_, offset);
  }

  int calls_;
  const int error_;
  const std::size_t bytes_missing_;
};

// The real one, but that each call waits while it is held. Destroyed with nobody waiting.
class StuckDisk final : public Disk {
 public:
  ssize_t write_durably(int descriptor, const void* bytes, std::size_t size, off_t offset) override {
    await_leave();
    return real_disk().write_durably(descriptor, bytes, size, offset);
  }
  void hold(bool is_held) {
    const std::lock_guard lock(mutex_);
    is_held_ = is_held;
    changed_.notify_all();
  }
  // Until a call waits.
  void await_stuck() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_held_ && waiting_ > 0; });
  }

 private:
  void await_leave() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !is_held_; });
    --waiting_;
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_held_ = false;  // Lock: mutex_
  int waiting_ = 0;       // Lock: mutex_
};

// Nothing is durable while it is shut, nor after it has failed.
class ShutDisk final : public Disk {
 public:
  // What is written is in the file at once, as the kernel may have it, too.
  ssize_t write_durably(int descriptor, const void* bytes, std::size_t size, off_t offset) override {
    if (::pwrite(descriptor, bytes, size, offset) != static_cast<ssize_t>(size)) return -1;
    std::unique_lock lock(mutex_);
    is_held_up_ = is_shut_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return !is_shut_; });
    if (fails_) {
      errno = EIO;
      return -1;
    }
    return real_disk().write_durably(descriptor, bytes, size, offset);
  }
  void shut(bool is_shut) {
    const std::lock_guard lock(mutex_);
    is_shut_ = is_shut;
    is_held_up_ = false;
    changed_.notify_all();
  }
  // Until somebody waits for it.
  void wait_held_up() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_held_up_; });
  }
  void fail() {
    const std::lock_guard lock(mutex_);
    fails_ = true;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_shut_ = false, is_held_up_ = false, fails_ = false;  // Lock: mutex_
};

class TestWaiter final : public DurabilityWaiter {
 public:
  void on_durable(bool is_durable) noexcept override {
    const std::lock_guard lock(mutex_);
    told_ = is_durable;
    changed_.notify_all();
  }
  bool told() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return told_.has_value(); });
    return *told_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<bool> told_;
};

// True once all that was appended is durable; false: the journal failed.
inline bool settle(Journal& journal) {
  TestWaiter waiter;
  return journal.wait(waiter) ? waiter.told() : true;
}

inline std::vector<std::string> entries_from(const Journal& journal, std::uint64_t from) {
  std::vector<std::string> entries;
  const auto end = journal.read(from, [&](std::uint64_t, std::string_view entry) {
    entries.emplace_back(entry);
    return true;
  });
  if (!end) entries.push_back(end.error().reason);
  return entries;
}

}  // namespace stoa::licensing
