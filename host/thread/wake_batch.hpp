// wake_batch.hpp: wakes that a thread puts off while it has more to hand out. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

namespace stoa::thread {

// Somebody who sleeps, and once awake looks at all there is for him.
class Sleeper {
 public:
  virtual void wake() noexcept = 0;  // any thread
  // A wake is on its way, but still lies in some thread's batch: who wants it now has to ask as well.
  bool is_put_off() const noexcept { return is_put_off_.load(std::memory_order_seq_cst); }

 protected:
  ~Sleeper() = default;

 private:
  friend class WakeBatch;
  std::atomic<bool> is_put_off_{false};
};

// Somebody whose answer may be here sooner than a sleep takes.
class Expected {
 public:
  // Waits for it for some microseconds, if that has been of use lately, and takes it in. The thread that expects it.
  virtual void look() = 0;

 protected:
  ~Expected() = default;
};

// Rationale: a wake is a system call, and on a shared core the woken thread pushes the waking one aside at once: each
// of 64 requests that have arrived would cost two changes of thread, instead of all of them together.
// One per thread and at a time, on its stack. What hands out work in bursts (an I/O thread over its ready sockets, a
// model thread over short calls) has one, and flushes it when the burst is over, before it sleeps, and before it does
// what may take long.
class WakeBatch {
 public:
  explicit WakeBatch(bool is_holding = true) noexcept;
  ~WakeBatch();  // flushes
  WakeBatch(const WakeBatch&) = delete;
  WakeBatch& operator=(const WakeBatch&) = delete;

  // Now; or with this thread's batch while it holds wakes back, once however often it was asked for.
  static void wake(std::shared_ptr<Sleeper> sleeper) noexcept;
  // The same, for somebody whose work only gets less by waiting until the burst is over, whatever is flushed in it.
  static void wake_last(std::shared_ptr<Sleeper> sleeper) noexcept;
  static void flush_of_this_thread() noexcept;  // not those that are woken last
  // This thread's loop looks for what is expected before it sleeps. Of several the last one counts; the others ring.
  static void expect(std::weak_ptr<Expected> expected) noexcept;

  bool is_empty() const noexcept { return sleepers_.empty() && last_.empty(); }
  void flush() noexcept;  // all
  void flush_but_last() noexcept { flush(sleepers_); }
  bool is_expecting() const noexcept { return is_expecting_; }
  void look();  // once; who wants to be looked for again says so
  // A piece of work is done. From now on it holds wakes back if that was a short one, because the next will be short,
  // too; it flushes after a long one and after enough short ones.
  void note_work(std::uint64_t took_ns) noexcept;
  void stop_holding() noexcept;  // until the next short piece of work

 private:
  using Sleepers = std::vector<std::shared_ptr<Sleeper>>;
  static void put_off(std::shared_ptr<Sleeper> sleeper, Sleepers WakeBatch::* sleepers) noexcept;
  void flush(Sleepers& sleepers) noexcept;

  Sleepers sleepers_, last_;
  std::uint64_t put_off_ns_ = 0;
  std::weak_ptr<Expected> expected_;
  bool is_holding_, is_expecting_ = false;
};

}  // namespace stoa::thread
