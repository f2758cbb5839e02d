// journal.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/journal/journal.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "registry/document/id.hpp"

namespace stoa::licensing {
namespace {

using registry::file_error;

constexpr std::chrono::milliseconds kGatherAtMost{1};  // whoever was told may have gone
constexpr std::string_view kNextName = "next.prepared", kLockName = "lock";

JournalId new_journal_id() {
  std::uint64_t id = 0;
  registry::fill_random({reinterpret_cast<std::uint8_t*>(&id), sizeof id});
  return JournalId{id};
}

}  // namespace

Result<std::unique_ptr<Journal>> Journal::open(const std::filesystem::path& folder, const JournalOptions& options,
                                               Disk& disk) {
  if (options.segment_bytes < 2 * kFrameBodyBytesMax || options.backlog_bytes_max > kFrameBodyBytesMax / 2)
    return failure(Code::invalid_argument, "journal.options",
                   fmt::format("segment_bytes: at least {} are wanted, backlog_bytes_max: at most {}",
                               2 * kFrameBodyBytesMax, kFrameBodyBytesMax / 2));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return std::unexpected(file_error("make a journal's folder", folder, error.value()));
  std::unique_ptr<Journal> journal(new Journal(folder, options, disk));
  if (auto locked = journal->lock_folder(); !locked) return std::unexpected(locked.error());
  if (auto recovered = journal->recover_segments(); !recovered) return std::unexpected(recovered.error());
  journal->thread_ = std::thread([&self = *journal] { self.run(); });
  return journal;
}

Journal::~Journal() {
  {
    const std::lock_guard lock(mutex_);
    ends_ = true;
  }
  appended_.notify_one();
  if (thread_.joinable()) thread_.join();
  if (preparing_.joinable()) preparing_.join();
}

Result<void> Journal::lock_folder() {
  const auto path = folder_ / kLockName;
  lock_file_ = registry::File(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (lock_file_.fd() < 0) return std::unexpected(file_error("lock a journal", path, errno));
  if (::flock(lock_file_.fd(), LOCK_EX | LOCK_NB) == 0) return {};
  return failure(Code::failed_precondition, "journal.in_use",
                 fmt::format("{}: another process has this journal open", folder_.string()));
}

Result<void> Journal::recover_segments() {
  const auto paths = segments_in(folder_);
  if (!paths) return std::unexpected(paths.error());
  if (paths->empty()) {
    id_ = new_journal_id();
    return begin_segment();
  }
  for (const auto& path : *paths) {
    auto segment = open_segment(path);
    if (!segment) return std::unexpected(segment.error());
    if (!written_.empty() && segment->journal != id_)
      return failure(Code::data_loss, "journal.damaged",
                     fmt::format("{}: is a segment of another journal", path.filename().string()));
    id_ = segment->journal;
    written_.push_back({segment->first, path, {}});
    segment_ = std::move(*segment);
  }
  auto recovered = recover(segment_, disk_);
  if (!recovered) return std::unexpected(recovered.error());
  written_.back().marks = std::move(recovered->marks);
  if (auto begun = end_.begin(segment_.file, recovered->offset, segment_.bytes); !begun) return begun;
  next_ = recovered->next;
  durable_.store(next_, std::memory_order_release);
  prepare_next();
  return {};
}

// The commit that does not fit any more goes into the next segment.
Result<void> Journal::begin_segment() {
  const auto next = folder_ / kNextName;
  const bool was_begun = preparing_.joinable();
  if (was_begun) preparing_.join();
  // Where it failed, there may be room by now.
  if (!was_begun || !prepared_) prepared_ = prepare_segment(next, options_.segment_bytes);
  if (!prepared_) return prepared_;
  auto segment = use_segment(next, id_, durable(), disk_);
  if (!segment) return std::unexpected(segment.error());
  segment_ = std::move(*segment);
  if (auto begun = end_.begin(segment_.file, kSegmentHeadBytes, segment_.bytes); !begun) return begun;
  {
    const std::lock_guard lock(mutex_);
    written_.push_back({segment_.first, segment_.path, {}});
  }
  prepare_next();
  return {};
}

void Journal::prepare_next() {
  preparing_ = std::thread([this] { prepared_ = prepare_segment(folder_ / kNextName, options_.segment_bytes); });
}

Journal::Batch& Journal::last() { return behind_it_.empty() ? gathering_ : behind_it_.back(); }

Result<std::uint64_t> Journal::append(std::string_view entry, Room room) {
  if (entry.empty() || entry.size() > kEntryBytesMax)
    return failure(Code::invalid_argument, "journal.entry_size",
                   fmt::format("entry: has {} bytes, allowed are 1 to {}", entry.size(), kEntryBytesMax));
  std::unique_lock lock(mutex_);
  if (error_) return std::unexpected(*error_);
  const std::uint64_t waiting = backlog_bytes_.load(std::memory_order_relaxed), bytes = entry.size() + 2;
  if (room == Room::asked && waiting + bytes > kFrameBodyBytesMax)
    return failure(Code::resource_exhausted, "journal.full",
                   fmt::format("{} bytes wait to be committed, at most {} may", waiting, kFrameBodyBytesMax));
  if (last().frame.body_bytes() + bytes > kFrameBodyBytesMax) behind_it_.emplace_back();
  last().frame.add(entry);
  backlog_bytes_.store(waiting + bytes, std::memory_order_relaxed);
  const std::uint64_t number = next_++;
  const bool wakes = std::exchange(is_waiting_, false);
  lock.unlock();
  if (wakes && options_.waker != nullptr)
    options_.waker->wake_soon();
  else if (wakes)
    wake();
  return number;
}

bool Journal::wait(DurabilityWaiter& waiter) {
  std::unique_lock lock(mutex_);
  if (!gathering_.frame.is_empty() && !error_) {
    last().waiters.push_back(&waiter);
  } else if (is_committing_ && !error_) {
    late_waiters_.push_back(&waiter);
  } else {
    const bool has_failed = error_.has_value();
    lock.unlock();
    if (has_failed) waiter.on_durable(false);
    return has_failed;
  }
  return true;
}

void Journal::wake() noexcept {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  appended_.notify_one();
}

// Those who were told have answers to send, and their clients the next calls: what waits already goes with what comes
// of these. Rationale: a commit costs the same for one entry as for a hundred; begun at once, each would have the half
// of the callers, and the other half the next.
void Journal::gather(std::unique_lock<std::mutex>& lock) {
  is_woken_ = false;
  is_waiting_ = true;
  is_gathering_.store(true, std::memory_order_release);
  appended_.wait_for(lock, kGatherAtMost, [this] { return ends_ || is_woken_; });
  is_gathering_.store(false, std::memory_order_relaxed);
}

void Journal::run() {
  Batch batch;
  std::unique_lock lock(mutex_);
  for (std::size_t told = 0;;) {
    if (told > 0 && options_.waker != nullptr && !gathering_.frame.is_empty()) gather(lock);
    is_waiting_ = true;
    appended_.wait(lock, [this] { return ends_ || !gathering_.frame.is_empty(); });
    is_waiting_ = false;
    if (gathering_.frame.is_empty()) return;
    if (options_.window_us > 0 && !ends_)
      appended_.wait_for(lock, std::chrono::microseconds(options_.window_us), [this] { return ends_; });
    std::swap(batch, gathering_);
    if (!behind_it_.empty()) {
      gathering_ = std::move(behind_it_.front());
      behind_it_.pop_front();
    }
    backlog_bytes_.fetch_sub(batch.frame.body_bytes(), std::memory_order_relaxed);
    is_committing_ = true;
    lock.unlock();

    const auto committed = commit(batch);
    if (committed) {
      commits_.fetch_add(1, std::memory_order_relaxed);
      durable_.store(durable() + batch.frame.entries(), std::memory_order_release);
    } else {
      fail(committed.error());
    }

    lock.lock();
    is_committing_ = false;
    batch.waiters.insert(batch.waiters.end(), late_waiters_.begin(), late_waiters_.end());
    late_waiters_.clear();
    if (!committed) {
      std::ranges::move(gathering_.waiters, std::back_inserter(batch.waiters));
      for (const Batch& later : behind_it_) std::ranges::copy(later.waiters, std::back_inserter(batch.waiters));
    }
    lock.unlock();
    told = batch.waiters.size();
    for (DurabilityWaiter* waiter : batch.waiters) waiter->on_durable(committed.has_value());
    batch.waiters.clear();
    batch.frame.clear();
    lock.lock();
    if (!committed) return;
  }
}

void Journal::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  error_ = Error{Code::unavailable, "journal.failed", "the journal cannot be written any more: " + error.message, 0};
  has_failed_.store(true, std::memory_order_release);
}

Result<void> Journal::commit(Batch& batch) {
  const auto frame = batch.frame.seal(id_, durable());
  if (end_.offset() + frame.size() > segment_.bytes) {
    if (auto begun = begin_segment(); !begun) return begun;
  }
  const std::uint64_t offset = end_.offset();
  if (auto written = end_.append(frame, disk_, segment_.path); !written) return written;
  const std::lock_guard lock(mutex_);
  mark_frame(written_.back().marks, {durable(), offset});
  return {};
}

Result<std::uint64_t> Journal::read(std::uint64_t from, const Visit& visit) const {
  const std::uint64_t end = durable();
  std::uint64_t next = from;
  bool goes_on = true;
  while (goes_on && next < end) {
    Written written;
    {
      const std::lock_guard lock(mutex_);
      const auto behind = std::ranges::upper_bound(written_, next, {}, &Written::first);
      written = *std::prev(behind);  // the first segment begins at 0
    }
    const std::uint64_t before = next;
    if (auto read = read_segment(written, next, end, goes_on, visit); !read) return std::unexpected(read.error());
    if (goes_on && next == before)
      return failure(Code::data_loss, "journal.damaged",
                     fmt::format("{}: entry {} is missing", written.path.filename().string(), next));
  }
  return next;
}

Result<void> Journal::read_segment(const Written& written, std::uint64_t& next, std::uint64_t end, bool& goes_on,
                                   const Visit& visit) const {
  const auto segment = open_segment(written.path);
  if (!segment) return std::unexpected(segment.error());
  std::uint64_t offset = kSegmentHeadBytes;
  if (const auto behind = std::ranges::upper_bound(written.marks, next, {}, &FrameMark::first);
      behind != written.marks.begin())
    offset = std::prev(behind)->offset;
  Result<void> result;
  const auto visit_frame = [&](std::uint64_t, const Frame& frame) {
    if (frame.first >= end) return false;
    if (frame.first + frame.entries <= next) return true;
    const auto entries = entries_of(frame.body);
    if (!entries || entries->size() != frame.entries) {
      result = failure(Code::data_loss, "journal.damaged",
                       fmt::format("{}: the commit of entry {} does not hold {} entries",
                                   written.path.filename().string(), frame.first, frame.entries));
      return false;
    }
    for (std::uint64_t number = std::max(next, frame.first); goes_on && number < frame.first + frame.entries;
         ++number) {
      goes_on = visit(number, (*entries)[number - frame.first]);
      next = number + 1;
    }
    return goes_on;
  };
  if (const auto end_of_scan = scan(*segment, offset, visit_frame); !end_of_scan)
    return std::unexpected(end_of_scan.error());
  return result;
}

}  // namespace stoa::licensing
