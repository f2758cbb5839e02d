// durable.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/durable.hpp"

#include <atomic>
#include <utility>

#include "host/thread/monotonic.hpp"

namespace stoa::api {
namespace {

enum class Durability : std::uint8_t { waiting, durable, failed };

}  // namespace

// Keeps itself until it is told. Told on the journal's thread; the signal brings it to the exchange's.
class DurableReply::Told final : public licensing::DurabilityWaiter {
 public:
  explicit Told(std::shared_ptr<http::Signal> signal) : signal_(std::move(signal)) {}
  // False: everything is durable already.
  static bool start(const std::shared_ptr<Told>& waiter, licensing::Journal& journal) {
    waiter->self_ = waiter;
    if (journal.wait(*waiter)) return true;
    waiter->self_.reset();
    return false;
  }
  void on_durable(bool is_durable) noexcept override {
    const auto self = std::move(self_);
    state_.store(is_durable ? Durability::durable : Durability::failed, std::memory_order_release);
    signal_->notify();
  }
  Durability state() const { return state_.load(std::memory_order_acquire); }
  http::Signal& signal() const { return *signal_; }

 private:
  const std::shared_ptr<http::Signal> signal_;
  std::shared_ptr<Told> self_;
  std::atomic<Durability> state_{Durability::waiting};
};

DurableReply::DurableReply(http::Exchange& exchange, licensing::Journal* journal) : journal_(journal) {
  if (journal == nullptr) return;
  auto told = std::make_shared<Told>(exchange.make_signal());
  if (Told::start(told, *journal)) told_ = std::move(told);
}

bool DurableReply::is_pending() const { return told_ && told_->state() == Durability::waiting; }
http::Signal& DurableReply::signal() const { return told_->signal(); }
std::uint64_t DurableReply::deadline_ns() { return thread::monotonic_ns() + kDurableNs; }
bool DurableReply::is_durable() const { return !told_ || told_->state() == Durability::durable; }

Result<void> DurableReply::outcome(http::Waited waited) const {
  if (told_ && !is_pending()) journal_->go_on_soon();
  if (is_durable()) return {};
  if (!is_pending()) return std::unexpected(journal_failed());
  if (waited == http::Waited::client_gone) return failure(Code::cancelled, "http.client_gone", "the client hung up");
  return std::unexpected(journal_behind());
}

Error journal_failed() {
  return {Code::unavailable, "journal.failed", "billing has stopped, because the journal cannot be written", 0};
}

Error journal_behind() {
  return {Code::unavailable, "journal.behind", "the disk has not taken the call's entry in time", 1'000};
}

}  // namespace stoa::api
