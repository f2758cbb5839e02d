// wake_signal.hpp: how another thread wakes a handler: a mailbox per I/O thread, one wake for many signals.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <thread>

#include "host/http/exchange.hpp"
#include "host/thread/wake_batch.hpp"

namespace stoa::http {

class WakeSignal;

// Rationale: waking a sleeping thread costs ten times the message (facts: 32–36 µs across cores). While the I/O thread
// has not emptied its mailbox, further signals only link themselves in.
// Lifetime: shared with every signal, because a model thread may notify after the server is gone; close() makes those
// late notifications fall on the floor.
class Mailbox final : public thread::Sleeper, public std::enable_shared_from_this<Mailbox> {
 public:
  explicit Mailbox(boost::asio::io_context& context);
  ~Mailbox();
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  void push(WakeSignal& signal) noexcept;  // any thread
  void belongs_to(std::thread::id thread) { owner_ = thread; }
  void close();  // after the I/O thread has ended
  void wake() noexcept override;

  // -- the I/O thread --
  int descriptor() const { return event_; }  // an eventfd, which says that there is something to drain
  void drain();

 private:
  void drop_all();  // signals hold the mailbox and, while queued, the mailbox holds them: this ends the circle
  WakeSignal* take_all();

  std::atomic<WakeSignal*> newest_{nullptr};
  std::thread::id owner_;
  boost::asio::io_context& context_;  // for the I/O thread itself
  std::atomic<bool> is_closed_{false};
  // Rationale: asio::post interrupts the sleeping thread while it holds the scheduler's lock, and on a shared core that
  // thread then runs at once into the lock: two changes of thread more.
  const int event_;
};

// Who gets woken: implemented by the connection. Thread: its I/O thread.
class Waiter {
 public:
  virtual void on_signal() = 0;

 protected:
  ~Waiter() = default;
};

class WakeSignal final : public Signal {
 public:
  explicit WakeSignal(std::shared_ptr<Mailbox> mailbox) : mailbox_(std::move(mailbox)) {}

  void notify() noexcept override;

  // Thread for all below: the I/O thread. True: it was set and is now used up.
  bool consume() { return state_.exchange(kIdle, std::memory_order_acq_rel) == kSet; }
  // From now on notify() calls waiter.on_signal() through the mailbox. False: already set, nothing was registered.
  bool watch(Waiter& waiter);
  void unwatch() { waiter_ = nullptr; }

 private:
  friend Mailbox;
  enum State : std::uint8_t { kIdle, kSet, kWatched };

  void deliver();  // out of the mailbox

  const std::shared_ptr<Mailbox> mailbox_;
  std::atomic<State> state_{kIdle};
  std::atomic<bool> is_queued_{false};
  Waiter* waiter_ = nullptr;      // I/O thread only
  WakeSignal* next_ = nullptr;    // owned by the mailbox while queued
  std::shared_ptr<Signal> self_;  // keeps a queued signal alive
};

}  // namespace stoa::http
