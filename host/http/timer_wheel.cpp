// timer_wheel.cpp: slots of lazily moved entries behind one timer. SPDX-License-Identifier: Apache-2.0
#include "host/http/timer_wheel.hpp"

#include <algorithm>
#include <chrono>

namespace stoa::http {

TimerWheel::TimerWheel(boost::asio::io_context& context) : origin_ns_(monotonic_ns()), timer_(context) {}

void TimerWheel::arm(Entry& entry, std::uint64_t deadline_ns) {
  const std::uint64_t after_origin = std::max(deadline_ns, origin_ns_) - origin_ns_;
  entry.due_tick_ = (after_origin + kTickNs - 1) / kTickNs;
  if (entry.is_linked()) {
    // A later deadline waits for the visit; only an earlier one has to move now.
    if (entry.due_tick_ >= entry.visit_tick_) return;
    entry.unlink();
  }
  link(entry);
}

void TimerWheel::link(Entry& entry) {
  if (!is_ticking_) done_tick_ = (monotonic_ns() - origin_ns_) / kTickNs;
  entry.visit_tick_ = std::clamp(entry.due_tick_, done_tick_ + 1, done_tick_ + kSlots - 1);
  slots_[entry.visit_tick_ % kSlots].push_back(entry);
  if (!is_ticking_) schedule();
}

void TimerWheel::want_ticks() {
  wants_ticks_ = true;
  if (is_ticking_) return;
  done_tick_ = (monotonic_ns() - origin_ns_) / kTickNs;
  schedule();
}

void TimerWheel::schedule() {
  is_ticking_ = true;
  timer_.expires_at(std::chrono::steady_clock::time_point(
      std::chrono::nanoseconds(static_cast<std::int64_t>(origin_ns_ + (done_tick_ + 1) * kTickNs))));
  timer_.async_wait([this](boost::system::error_code error) {
    if (!error) tick();
  });
}

void TimerWheel::tick() {
  const std::uint64_t now_tick = (monotonic_ns() - origin_ns_) / kTickNs;
  // After a stall longer than the wheel every slot is visited once; the lost rounds hold nothing more.
  if (now_tick - done_tick_ > kSlots) done_tick_ = now_tick - kSlots;
  while (done_tick_ < now_tick) visit(++done_tick_);
  if (wants_ticks_) wants_ticks_ = ticked_();
  const bool is_armed = std::ranges::any_of(slots_, [](const Slot& slot) { return !slot.empty(); });
  if (is_armed || wants_ticks_) {
    schedule();
  } else {
    is_ticking_ = false;
  }
}

void TimerWheel::visit(std::uint64_t tick_number) {
  Slot due;
  due.swap(slots_[tick_number % kSlots]);
  while (!due.empty()) {
    Entry& entry = due.front();
    due.pop_front();
    if (entry.due_tick_ == kNever) continue;
    if (entry.due_tick_ > tick_number) {
      link(entry);
      continue;
    }
    entry.due_tick_ = kNever;
    entry.on_due();
  }
}

}  // namespace stoa::http
