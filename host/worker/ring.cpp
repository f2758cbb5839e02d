// ring.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/ring.hpp"

#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstring>

namespace stoa::worker {
namespace {

// In front of every record, eight bytes, and records start at multiples of eight.
struct RecordHead {
  std::uint32_t bytes = 0, unused = 0;
};
constexpr std::uint64_t kRing = ArenaSize::kRingBytes;
constexpr std::size_t kWaitingBytesMax = 256u << 20;
constexpr std::size_t kWaitingRecordBytes = 64;  // what a record that waits costs besides its bytes, or a little more

std::uint64_t padded(std::uint64_t bytes) { return (sizeof(RecordHead) + bytes + 7) & ~std::uint64_t{7}; }

// Shared between processes, hence not the private futexes of host/thread. Waiting and waking read the word only.
void wait_on(const std::atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t until_ns,
             std::uint32_t kinds) {
  timespec until{};
  until.tv_sec = static_cast<time_t>(until_ns / 1'000'000'000u);
  until.tv_nsec = static_cast<long>(until_ns % 1'000'000'000u);
  syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, until_ns == 0 ? nullptr : &until, nullptr, kinds);
}

// Whether there was one.
bool wake_one(const std::atomic<std::uint32_t>* word, std::uint32_t kinds) {
  return syscall(SYS_futex, word, FUTEX_WAKE_BITSET, 1, nullptr, nullptr, kinds) > 0;
}

}  // namespace

void RingWriter::Bell::wake() noexcept {
  const std::uint32_t due = due_.exchange(0, std::memory_order_seq_cst);
  if (pipe_ >= 0) {
    // A full pipe wakes its reader, too; one that is gone needs no wake.
    [[maybe_unused]] const ssize_t written = due == 0 ? 0 : ::write(pipe_, "", 1);
    return;
  }
  for (const std::uint32_t kind : {kWorkers, kController})
    if ((due & kind) != 0) wake_one(word_, kind);
}

// Lock: mutex_.
std::uint64_t RingWriter::room() {
  const std::uint64_t unread = written_ - other_.header().read.load(std::memory_order_acquire);
  if (unread <= kRing) return kRing - unread;
  is_broken_.store(true, std::memory_order_relaxed);
  return 0;
}

void RingWriter::write(std::uint64_t at, const void* from, std::size_t size) {
  if (size == 0) return;  // an empty record may have no bytes to point to, and memcpy wants some
  const std::uint64_t begin = at & (kRing - 1);
  const std::size_t first = std::min<std::size_t>(size, kRing - begin);
  std::memcpy(own_.ring() + begin, from, first);
  std::memcpy(own_.ring(), static_cast<const std::byte*>(from) + first, size - first);
}

// Lock: mutex_.
bool RingWriter::put(std::span<const std::byte> record) {
  const std::uint64_t bytes = padded(record.size());
  if (room() < bytes) return false;
  const RecordHead head{static_cast<std::uint32_t>(record.size()), 0};
  write(written_, &head, sizeof head);
  write(written_ + sizeof head, record.data(), record.size());
  written_ += bytes;
  own_.header().written.store(written_, std::memory_order_seq_cst);
  return true;
}

// Once per sleep: while a woken reader is on its way, nobody calls it again. Lock: mutex_.
void RingWriter::ring(Urgency urgency) {
  if (urgency == Urgency::later) return;
  // In this order: who gets busy says so first and announces a sleep of its own then. The other way round, a bell for
  // workers, chosen long before, could be counted for the controller's sleep, and the next one for it left out.
  const std::uint32_t sleep = other_.header().sleep.load(std::memory_order_seq_cst);
  if ((sleep & 1) == 0) return;
  if (sleep == rung_) {
    if (bell_->is_put_off()) thread::WakeBatch::wake(bell_);
    return;
  }
  const bool is_busy = other_.header().is_busy.load(std::memory_order_seq_cst) != 0;
  if (is_busy && urgency == Urgency::work) return;
  rung_ = sleep;
  own_.header().doorbell.fetch_add(1, std::memory_order_seq_cst);
  bell_->ring(is_busy ? kController : kWorkers);
  thread::WakeBatch::wake(bell_);
}

std::uint64_t RingWriter::push(std::span<const std::byte> record, Urgency urgency) {
  const std::lock_guard lock(mutex_);
  put_waiting();
  const std::uint64_t position = written_ + waiting_bytes_ + padded(record.size());
  if (!waiting_.empty() || !put(record)) {
    waiting_.emplace_back(record.begin(), record.end());
    waiting_bytes_ += padded(record.size());
    if (waiting_bytes_ + waiting_.size() * kWaitingRecordBytes > kWaitingBytesMax)
      is_broken_.store(true, std::memory_order_relaxed);
    has_waiting_.store(true, std::memory_order_relaxed);
    urgency = Urgency::control;
  }
  ring(urgency);
  return position;
}

void RingWriter::settle() {
  if (!has_waiting()) return;
  const std::lock_guard lock(mutex_);
  put_waiting();
  ring(Urgency::control);
}

// Lock: mutex_.
void RingWriter::put_waiting() {
  if (waiting_.empty()) return;
  while (!waiting_.empty() && put(waiting_.front())) {
    waiting_bytes_ -= padded(waiting_.front().size());
    waiting_.pop_front();
  }
  has_waiting_.store(!waiting_.empty(), std::memory_order_relaxed);
}

RingReader::Got RingReader::next(std::vector<std::byte>& record) {
  if (is_broken_) return Got::broken;
  const std::uint64_t read = read_.load(std::memory_order_relaxed);
  const std::uint64_t unread = other_.header().written.load(std::memory_order_acquire) - read;
  if (unread == 0) return Got::nothing;
  const auto copy = [this](std::uint64_t at, void* to, std::size_t size) {
    if (size == 0) return;
    const std::uint64_t begin = at & (kRing - 1);
    const std::size_t first = std::min<std::size_t>(size, kRing - begin);
    std::memcpy(to, other_.ring() + begin, first);
    std::memcpy(static_cast<std::byte*>(to) + first, other_.ring(), size - first);
  };
  RecordHead head;
  is_broken_ = unread > kRing || unread < sizeof head;
  if (!is_broken_) copy(read, &head, sizeof head);
  is_broken_ = is_broken_ || head.bytes > kRecordBytesMax || padded(head.bytes) > unread;
  if (is_broken_) return Got::broken;
  record.resize(head.bytes);
  copy(read + sizeof head, record.data(), record.size());
  read_.store(read + padded(head.bytes), std::memory_order_relaxed);
  own_.header().read.store(read + padded(head.bytes), std::memory_order_release);
  return Got::record;
}

std::uint32_t RingReader::announce() {
  naps_ += 1 + (naps_ & 1);  // the next odd number
  own_.header().sleep.store(naps_, std::memory_order_seq_cst);
  return other_.header().doorbell.load(std::memory_order_seq_cst);
}

void RingReader::awake() {
  if ((naps_ & 1) == 0) return;
  ++naps_;
  own_.header().sleep.store(naps_, std::memory_order_seq_cst);
}

void RingReader::sleep(std::uint32_t seen, std::uint64_t until_ns, std::uint32_t kinds) const {
  wait_on(other_.header().doorbell, seen, until_ns, kinds);
}

void RingReader::sleep(std::uint32_t seen, std::uint64_t until_ns, std::uint32_t kind,
                       std::unique_lock<std::mutex>& lock) {
  std::atomic<std::uint32_t>& asleep = kind == kController ? controllers_asleep_ : workers_asleep_;
  asleep.fetch_add(1, std::memory_order_seq_cst);  // while the lock is held: whoever has it next counts us
  lock.unlock();
  sleep(seen, until_ns, kind);
  asleep.fetch_sub(1, std::memory_order_seq_cst);
}

void RingReader::rouse(std::uint32_t kinds) const {
  const auto are_asleep = [&] {
    return ((kinds & kWorkers) != 0 && workers_asleep_.load(std::memory_order_seq_cst) > 0) ||
           ((kinds & kController) != 0 && controllers_asleep_.load(std::memory_order_seq_cst) > 0);
  };
  // A few instructions of another thread, in which it falls asleep or is awake already.
  while (!wake_one(&other_.header().doorbell, kinds) && are_asleep()) sched_yield();
}

}  // namespace stoa::worker
