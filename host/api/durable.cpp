// durable.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/durable.hpp"

#include <atomic>
#include <memory>
#include <utility>

namespace stoa::api {
namespace {

// Lives until the journal has told it, whoever waits for it by then.
class DurableWait final : public licensing::DurabilityWaiter {
 public:
  enum State : int { waiting, durable, failed };
  explicit DurableWait(std::shared_ptr<http::Signal> signal) : signal_(std::move(signal)) {}

  static std::shared_ptr<DurableWait> begin(http::Exchange& exchange, licensing::Journal& journal) {
    auto wait = std::make_shared<DurableWait>(exchange.make_signal());
    wait->self_ = wait;
    if (!journal.wait(*wait)) wait->on_durable(true);
    return wait;
  }
  void on_durable(bool is_durable) noexcept override {
    const auto self = std::move(self_);
    state_.store(is_durable ? durable : failed, std::memory_order_release);
    signal_->notify();
  }
  State state() const { return static_cast<State>(state_.load(std::memory_order_acquire)); }
  http::Signal& signal() { return *signal_; }

 private:
  const std::shared_ptr<http::Signal> signal_;
  std::atomic<int> state_{waiting};
  std::shared_ptr<DurableWait> self_;
};

}  // namespace

http::Task<bool> until_durable(http::Exchange& exchange, licensing::Journal& journal) {
  const auto wait = DurableWait::begin(exchange, journal);
  while (wait->state() == DurableWait::waiting) co_await exchange.wait(wait->signal(), 0);
  co_return wait->state() == DurableWait::durable;
}

}  // namespace stoa::api
