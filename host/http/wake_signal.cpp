// wake_signal.cpp: the hand-over between a notifying thread and the I/O thread.
// SPDX-License-Identifier: Apache-2.0
#include "host/http/wake_signal.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <boost/asio/post.hpp>

namespace stoa::http {

void WakeSignal::notify() noexcept {
  if (state_.exchange(kSet, std::memory_order_acq_rel) != kWatched) return;
  // Queued once until delivered: when the exchange reads true, the delivery that resets it comes later and sees kSet.
  if (is_queued_.exchange(true, std::memory_order_acq_rel)) return;
  self_ = shared_from_this();
  mailbox_->push(*this);
}

bool WakeSignal::watch(Waiter& waiter) {
  waiter_ = &waiter;
  State expected = kIdle;
  if (state_.compare_exchange_strong(expected, kWatched, std::memory_order_acq_rel) || expected == kWatched)
    return true;
  waiter_ = nullptr;
  state_.store(kIdle, std::memory_order_release);
  return false;
}

void WakeSignal::deliver() {
  const std::shared_ptr<Signal> keep = std::move(self_);
  is_queued_.exchange(false, std::memory_order_acq_rel);
  if (!waiter_ || !consume()) return;
  Waiter* const waiter = waiter_;
  waiter_ = nullptr;
  waiter->on_signal();
}

Mailbox::Mailbox(boost::asio::io_context& context)
    : context_(context), event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

Mailbox::~Mailbox() { ::close(event_); }

void Mailbox::drop_all() {
  for (WakeSignal* signal = take_all(); signal;) {
    WakeSignal* const next = signal->next_;
    const std::shared_ptr<Signal> last = std::move(signal->self_);
    signal = next;
  }
}

void Mailbox::push(WakeSignal& signal) noexcept {
  WakeSignal* newest = newest_.load(std::memory_order_relaxed);
  do {
    signal.next_ = newest;
  } while (!newest_.compare_exchange_weak(newest, &signal, std::memory_order_acq_rel, std::memory_order_relaxed));
  if (std::this_thread::get_id() == owner_) {
    if (newest == nullptr) boost::asio::post(context_, [this] { drain(); });
  } else if (is_closed_.load(std::memory_order_seq_cst)) {
    drop_all();
  } else if (newest == nullptr || is_put_off()) {
    thread::WakeBatch::wake(shared_from_this());
  }
}

void Mailbox::wake() noexcept { eventfd_write(event_, 1); }

WakeSignal* Mailbox::take_all() { return newest_.exchange(nullptr, std::memory_order_acq_rel); }

void Mailbox::drain() {
  WakeSignal* oldest = nullptr;
  for (WakeSignal* signal = take_all(); signal;) {
    WakeSignal* const next = signal->next_;
    signal->next_ = oldest;
    oldest = signal;
    signal = next;
  }
  while (oldest) {
    WakeSignal* const next = oldest->next_;
    oldest->deliver();
    oldest = next;
  }
}

void Mailbox::close() {
  is_closed_.store(true, std::memory_order_seq_cst);
  drop_all();
}

}  // namespace stoa::http
