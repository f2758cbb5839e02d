// timer_wheel.hpp: all time-outs of one I/O thread, coarse and nearly free to move.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>
#include <cstdint>
#include <functional>

#include "host/thread/monotonic.hpp"

namespace stoa::http {

using thread::monotonic_coarse_ns;
using thread::monotonic_ns;

// Thread: the I/O thread only.
// Rationale: a time-out per operation costs more than the parsing it guards (facts: 9.9 against 8.3 µs a request).
// Here an entry has one deadline that moves later by one store; the wheel finds out when it comes by.
class TimerWheel {
  using Hook = boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

 public:
  // Fine enough to notice a client that hung up within 50 ms in two ticks, coarse enough to cost nothing.
  static constexpr std::uint64_t kTickNs = 20'000'000;

  class Entry : public Hook {
   public:
    // The deadline has passed; the entry is disarmed. May arm or destroy entries, itself included.
    virtual void on_due() = 0;

   protected:
    ~Entry() = default;

   private:
    friend TimerWheel;
    std::uint64_t due_tick_ = kNever;
    std::uint64_t visit_tick_ = 0;  // the slot it hangs in, while linked
  };

  explicit TimerWheel(boost::asio::io_context& context);

  // Fires at the first tick at or after deadline_ns (monotonic_ns): up to one tick late, never early.
  void arm(Entry& entry, std::uint64_t deadline_ns);
  static void disarm(Entry& entry) { entry.due_tick_ = kNever; }

  // Called at every tick for as long as it returns true; want_ticks() starts it again.
  void on_tick(std::function<bool()> ticked) { ticked_ = std::move(ticked); }
  void want_ticks();

 private:
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};
  static constexpr std::uint64_t kSlots = 512;  // 10 s; later deadlines are looked at again then
  using Slot = boost::intrusive::list<Entry, boost::intrusive::constant_time_size<false>>;

  void link(Entry& entry);
  void schedule();
  void tick();
  void visit(std::uint64_t tick_number);

  const std::uint64_t origin_ns_;
  std::uint64_t done_tick_ = 0;  // every slot up to here has been visited
  bool is_ticking_ = false, wants_ticks_ = false;
  std::function<bool()> ticked_;
  boost::asio::basic_waitable_timer<std::chrono::steady_clock, boost::asio::wait_traits<std::chrono::steady_clock>,
                                    boost::asio::io_context::executor_type>
      timer_;
  std::array<Slot, kSlots> slots_;
};

}  // namespace stoa::http
