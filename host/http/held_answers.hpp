// held_answers.hpp: answers that are ready and leave together, a moment later. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <boost/intrusive/list.hpp>
#include <cstddef>
#include <cstdint>

namespace stoa::http {

// Rationale: a client that serves many connections from one thread sleeps after each answer as long as it is the faster
// side, and every answer then wakes another core inside our send(2). Answers sent back to back cost one wake-up.
// What leaves here is final: whatever has to be true before a client hears of its success (a record on its disk) has to
// become true before release().
// Thread: the I/O thread only. Its loop releases when nothing else is ready and after every burst.
class HeldAnswers {
  using Hook = boost::intrusive::list_base_hook<boost::intrusive::tag<HeldAnswers>,
                                                boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;

 public:
  // What waits leaves the cache, and its client could be at work already.
  static constexpr std::size_t kHeldMax = 16;

  class Entry : public Hook {
   public:
    // Sends the answer. It is not held any more; may not hold or destroy others.
    virtual void release_answer() = 0;

   protected:
    ~Entry() = default;
  };

  // True: the answer to a request that began at began_ns is worth holding: the one before was another connection's, and
  // their requests came together. A client alone gets its answers at once.
  bool is_worth_holding(const Entry& entry, std::uint64_t began_ns) {
    const bool is_one_of_several =
        is_open_ && last_ != &entry && began_ns - last_began_ns_ + kTogetherNs < 2 * kTogetherNs;
    last_ = &entry;
    last_began_ns_ = began_ns;
    return is_one_of_several;
  }

  // Releases all when enough are held.
  void hold(Entry& entry) {
    entries_.push_back(entry);
    if (++count_ >= kHeldMax) release();
  }
  static bool has(const Entry& entry) { return static_cast<const Hook&>(entry).is_linked(); }
  static void remove(Entry& entry) { static_cast<Hook&>(entry).unlink(); }

  bool is_empty() const { return entries_.empty(); }
  void release() {
    count_ = 0;
    while (!entries_.empty()) {
      Entry& first = entries_.front();
      entries_.pop_front();
      first.release_answer();
    }
  }
  void open() { is_open_ = true; }  // from now on there is a loop that releases
  void close() {
    is_open_ = false;
    release();
  }

 private:
  static constexpr std::uint64_t kTogetherNs = 100'000;  // a few requests

  boost::intrusive::list<Entry, boost::intrusive::base_hook<Hook>, boost::intrusive::constant_time_size<false>>
      entries_;
  std::size_t count_ = 0;        // held since the last release, the removed ones too
  const Entry* last_ = nullptr;  // whose answer was ready last; only compared
  std::uint64_t last_began_ns_ = 0;
  bool is_open_ = false;
};

}  // namespace stoa::http
