// ring.hpp: records from one process to the other, through the ring of the sender's arena.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "host/thread/wake_batch.hpp"
#include "host/worker/arena.hpp"

namespace stoa::worker {

inline constexpr std::uint32_t kRecordBytesMax = 256u << 10;

// Who is woken for a record: nobody (the reader finds it when it looks next), those who do the work, unless all of them
// are at it, or in any case somebody who can act on it now.
enum class Urgency : std::uint8_t { later, work, control };

// Sleepers of two kinds, told apart by the futex's bits.
inline constexpr std::uint32_t kWorkers = 1, kController = 2, kAnybody = ~0u;

// The writing end. Threads: any.
// A record that finds the ring full waits in private memory: nothing here blocks on the other process, which may be
// stopped or hostile.
class RingWriter {
 public:
  // pipe: where the reader waits for it, instead of on the doorbell; -1: none. It must not block, and stay open.
  RingWriter(const Arena& own, const Arena& other, int pipe = -1)
      : own_(own), other_(other), bell_(std::make_shared<Bell>(own.header().doorbell, pipe)) {}

  // Queues a record of at most kRecordBytesMax bytes. Returns how much the reader has read once it has read this one.
  std::uint64_t push(std::span<const std::byte> record, Urgency urgency);
  void settle();  // moves what waits in private memory, as far as there is room; call it now and then
  bool has_waiting() const { return has_waiting_.load(std::memory_order_relaxed); }
  // The other side's word for how much it has read cannot be true, or it lets memory fill up: end it.
  bool is_broken() const { return is_broken_.load(std::memory_order_relaxed); }

 private:
  // Outlives the arena in somebody's batch of wakes: to the kernel the word is then only an address where nobody
  // sleeps.
  class Bell final : public thread::Sleeper {
   public:
    Bell(std::atomic<std::uint32_t>& word, int pipe) : word_(&word), pipe_(pipe) {}
    void wake() noexcept override;
    void ring(std::uint32_t kinds) { due_.fetch_or(kinds, std::memory_order_seq_cst); }

   private:
    std::atomic<std::uint32_t>* const word_;
    const int pipe_;
    std::atomic<std::uint32_t> due_{0};  // the kinds of sleepers that are to be woken
  };

  bool put(std::span<const std::byte> record);
  void put_waiting();
  void ring(Urgency urgency);
  std::uint64_t room();
  void write(std::uint64_t at, const void* from, std::size_t size);

  const Arena& own_;
  const Arena& other_;
  const std::shared_ptr<Bell> bell_;
  std::mutex mutex_;  // Lock: all below
  std::uint64_t written_ = 0;
  std::uint32_t rung_ = 0;                      // the sleep of the reader that was last disturbed
  std::deque<std::vector<std::byte>> waiting_;  // in order
  std::uint64_t waiting_bytes_ = 0;             // that they will take in the ring
  std::atomic<bool> is_broken_{false}, has_waiting_{false};
};

// The reading end. One thread at a time.
class RingReader {
 public:
  enum class Got : std::uint8_t { record, nothing, broken };  // broken: what stands there is no record
  RingReader(const Arena& own, const Arena& other) : own_(own), other_(other) {}

  // Copies the next record. broken is final.
  Got next(std::vector<std::byte>& record);
  bool has_next() const {
    return other_.header().written.load(std::memory_order_seq_cst) != read_.load(std::memory_order_relaxed);
  }

  // -- sleeping, in two steps: announce, look once more, then sleep with what announce gave --
  std::uint32_t announce();
  void awake();
  // Until the doorbell moves from seen, or until_ns (CLOCK_MONOTONIC) passes. Any thread, several at a time.
  void sleep(std::uint32_t seen, std::uint64_t until_ns, std::uint32_t kinds = kAnybody) const;
  // The same where several threads read under one lock: gives it back for the time of the sleep and afterwards.
  void sleep(std::uint32_t seen, std::uint64_t until_ns, std::uint32_t kind, std::unique_lock<std::mutex>& lock);
  // One sleeper of ours looks, too. Who has given back its lock to sleep is reached, even if it does not sleep yet: the
  // doorbell, which would tell it, is not ours to move.
  void rouse(std::uint32_t kinds) const;

 private:
  const Arena& own_;
  const Arena& other_;
  std::atomic<std::uint32_t> workers_asleep_{0}, controllers_asleep_{0};  // or on their way there
  std::atomic<std::uint64_t> read_{0};  // written by who reads; has_next() asks from anywhere
  std::uint32_t naps_ = 0;
  bool is_broken_ = false;
};

}  // namespace stoa::worker
