// wake_batch.cpp SPDX-License-Identifier: Apache-2.0
#include "host/thread/wake_batch.hpp"

#include <algorithm>
#include <utility>

namespace stoa::thread {
namespace {

constexpr std::size_t kSleepersMax = 64;  // room for them is made once
// A wake costs 4 us on the same core and about 35 on another.
constexpr std::uint64_t kLongNs = 20'000, kPutOffMaxNs = 100'000;
thread_local WakeBatch* t_batch = nullptr;

}  // namespace

WakeBatch::WakeBatch(bool is_holding) noexcept : is_holding_(is_holding) {
  sleepers_.reserve(kSleepersMax);
  last_.reserve(kSleepersMax);
  t_batch = this;
}

WakeBatch::~WakeBatch() {
  flush();
  t_batch = nullptr;
}

void WakeBatch::put_off(std::shared_ptr<Sleeper> sleeper, Sleepers WakeBatch::* where) noexcept {
  WakeBatch* const batch = t_batch;
  if (batch == nullptr || !batch->is_holding_ || (batch->*where).size() == kSleepersMax) {
    sleeper->is_put_off_.store(false, std::memory_order_seq_cst);
    return sleeper->wake();
  }
  sleeper->is_put_off_.store(true, std::memory_order_seq_cst);
  Sleepers& sleepers = batch->*where;
  if (std::ranges::find(sleepers, sleeper) == sleepers.end()) sleepers.push_back(std::move(sleeper));
}

void WakeBatch::wake(std::shared_ptr<Sleeper> sleeper) noexcept { put_off(std::move(sleeper), &WakeBatch::sleepers_); }
void WakeBatch::wake_last(std::shared_ptr<Sleeper> sleeper) noexcept { put_off(std::move(sleeper), &WakeBatch::last_); }

void WakeBatch::flush_of_this_thread() noexcept {
  if (t_batch != nullptr) t_batch->flush(t_batch->sleepers_);
}

void WakeBatch::flush(Sleepers& sleepers) noexcept {
  // Whoever found it put off and could not wait has woken it meanwhile.
  for (const auto& sleeper : sleepers)
    if (sleeper->is_put_off_.exchange(false, std::memory_order_seq_cst)) sleeper->wake();
  sleepers.clear();
  put_off_ns_ = 0;
}

void WakeBatch::flush() noexcept {
  flush(sleepers_);
  flush(last_);
}

void WakeBatch::expect(std::weak_ptr<Expected> expected) noexcept {
  if (t_batch == nullptr) return;
  t_batch->expected_ = std::move(expected);
  t_batch->is_expecting_ = true;
}

void WakeBatch::look() {
  is_expecting_ = false;
  if (const auto expected = std::exchange(expected_, {}).lock()) expected->look();
}

void WakeBatch::note_work(std::uint64_t took_ns) noexcept {
  put_off_ns_ += took_ns;
  is_holding_ = took_ns <= kLongNs;
  if (!is_holding_ || put_off_ns_ > kPutOffMaxNs) flush();
}

void WakeBatch::stop_holding() noexcept {
  is_holding_ = false;
  flush();
}

}  // namespace stoa::thread
