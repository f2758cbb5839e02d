// model_core_admission.cpp: whether a call is taken, and which way it goes. SPDX-License-Identifier: Apache-2.0
#include <sched.h>

#include <algorithm>
#include <utility>

#include "host/inference/model_core.hpp"
#include "host/thread/preempted.hpp"

namespace stoa::inference {
namespace {

using runtime::Call;
using thread::monotonic_ns;

constexpr std::uint64_t kEndPatienceNs = 200'000'000;  // until a call that is being handed over is with its model
constexpr std::uint64_t kRetryMsMin = 1, kRetryMsMax = 60'000;

}  // namespace

Error ended_early(Code why) {
  if (why == Code::deadline_exceeded)
    return Error{why, "request.deadline", "the request's deadline passed before the model took it", 0};
  return Error{why, "request.cancelled", "the request was cancelled before the model took it", 0};
}

bool ModelCore::is_ready() const {
  return phase_.load(std::memory_order_seq_cst) == Phase::ready && is_healthy_.load(std::memory_order_relaxed) &&
         instance_->state() == runtime::InstanceState::ready;
}

// Calls also wait for a model whose worker is being replaced: that takes milliseconds.
bool ModelCore::takes_calls() const {
  if (is_ready()) return true;
  return phase_.load(std::memory_order_seq_cst) == Phase::ready && is_healthy_.load(std::memory_order_relaxed) &&
         instance_->state() == runtime::InstanceState::recovering;
}

std::unexpected<Error> ModelCore::reject(Error error) {
  add(counters_.rejected_count, 1);
  return std::unexpected(std::move(error));
}

Result<void> ModelCore::enqueue(std::shared_ptr<Call> call) {
  const std::uint64_t now = monotonic_ns();
  if (call->deadline_ns() != 0 && now >= call->deadline_ns())
    return reject(Error{Code::deadline_exceeded, "request.deadline", "the request's deadline has passed", 0});
  accepted_.add();  // before looking at the phase: a drain that does not wait for this call is seen here
  if (!takes_calls()) {
    accepted_.remove();
    if (is_ended_.load(std::memory_order_acquire)) return reject(*ended_with_);
    const bool is_draining = phase_.load(std::memory_order_seq_cst) >= Phase::draining;
    const std::string& name = instance_->spec().name;
    return reject(is_draining ? Error{Code::unavailable, "model.draining", "model \"" + name + "\" is draining", 0}
                              : Error{Code::unavailable, "model.not_ready", "model \"" + name + "\" is not ready", 0});
  }
  call->times.enqueued_ns = now;
  call->observe(this);
  if (run_inline(call, now)) return {};
  running_.add(*call);
  if (hand_over(call, now)) return {};
  return queue(std::move(call));
}

Result<void> ModelCore::queue(std::shared_ptr<Call> call) {
  const std::uint64_t cost = instance_->cost(*call);  // the plugin's code: not under the lock
  Call& queued = *call;
  bool is_full = false, is_wake_due = false;
  {
    const std::lock_guard lock(mutex_);
    // A place with the model that is free counts, though it is a model thread that takes it, in a moment.
    const std::uint32_t inflight = inflight_.load(std::memory_order_seq_cst);
    const std::size_t places = limits_.inflight_max - std::min(inflight, limits_.inflight_max);
    is_full = queue_.size() >= limits_.queue_max + places;
    if (!is_full) {
      queue_.push({std::move(call), cost});
      queued_.store(static_cast<std::uint32_t>(queue_.size()), std::memory_order_seq_cst);
      is_wake_due = note_wake();
    }
  }
  if (is_wake_due) wake_one();
  if (!is_full) return {};
  running_.remove(queued);  // still call's, which was not moved from
  accepted_.remove();
  const std::uint64_t interval_ns = counters_.interval_ns.load(std::memory_order_relaxed);
  const std::uint64_t ms = interval_ns * limits_.queue_max / 1'000'000;
  return reject(Error{Code::resource_exhausted, "model.queue_full",
                      "model \"" + instance_->spec().name + "\" has " + std::to_string(limits_.inflight_max) +
                          " requests in flight and " + std::to_string(limits_.queue_max) +
                          " waiting, that is its limit",
                      static_cast<std::uint32_t>(std::clamp(ms, kRetryMsMin, kRetryMsMax))});
}

bool ModelCore::run_inline(const std::shared_ptr<Call>& call, std::uint64_t now_ns) {
  // A session's requests need the queue, which keeps them one after the other.
  if (!is_inline_.load(std::memory_order_relaxed) || !call->session().empty()) return false;
  const auto leave = [this] { inline_running_.fetch_sub(1, std::memory_order_relaxed); };
  if (inline_running_.fetch_add(1, std::memory_order_relaxed) >= instance_->traits().inline_slots) {
    leave();
    return false;
  }
  if (inflight_.fetch_add(1, std::memory_order_seq_cst) >= limits_.inflight_max) {
    inflight_.fetch_sub(1, std::memory_order_seq_cst);  // whoever this hid a free place from is woken by queue()
    leave();
    return false;
  }
  thread::WakeBatch::flush_of_this_thread();  // nobody's calls wait for this one
  add(counters_.batch_count, 1);
  note_submitted(*call, now_ns);
  instance_->submit(std::span(&call, 1));
  count_misuses(*call);
  leave();
  const bool is_slow = !call->finished() || call->times.ended_ns - now_ns > runtime::kInlineNsMax;
  // What another thread took from this one says nothing of the model.
  if (is_slow && thread::was_preempted()) return true;
  if (!window_.add(is_slow) && is_inline_.exchange(false, std::memory_order_relaxed))
    log(runtime::LogLevel::warn, "moved off the I/O threads: more than " + std::to_string(InlineWindow::kSlowMax) +
                                     " of the last " + std::to_string(InlineWindow::kCalls) + " calls took over " +
                                     std::to_string(runtime::kInlineNsMax / 1000) + " us");
  return true;
}

// A worker's call needs no model thread of ours on its way, where it need not wait for a place, for company or for
// another call of its session.
bool ModelCore::hand_over(const std::shared_ptr<Call>& call, std::uint64_t now_ns) {
  if (batching_.requests_max > 1 || !call->session().empty() || queued_.load(std::memory_order_seq_cst) > 0)
    return false;
  if (inflight_.fetch_add(1, std::memory_order_seq_cst) < limits_.inflight_max) {
    call->times.submitted_ns = now_ns;  // before: it may end at once, on another thread
    if (instance_->try_submit(call)) {
      add(counters_.batch_count, 1);
      note_request();
      return true;
    }
    call->times.submitted_ns = 0;
  }
  inflight_.fetch_sub(1, std::memory_order_seq_cst);  // whoever this hid a free place from is woken by queue()
  return false;
}

void ModelCore::cancel(const std::shared_ptr<Call>& call, Code why) {
  call->cancel(why);
  std::shared_ptr<Call> removed;
  {
    const std::lock_guard lock(mutex_);
    removed = queue_.remove(*call);
    queued_.store(static_cast<std::uint32_t>(queue_.size()), std::memory_order_seq_cst);
  }
  if (removed != nullptr)
    removed->finish(ended_early(why));
  else
    instance_->cancel(*call, why);
}

Error ModelCore::early_end(Code why) const {
  return is_ended_.load(std::memory_order_acquire) ? *ended_with_ : ended_early(why);
}

// True when every call that was accepted has ended for its consumer. A call between the queue and the model can be
// finished by neither side's rules: the next look finds it with the model.
bool ModelCore::end_running() {
  const auto calls = running_.list();
  bool is_whole = calls.size() == accepted_.count();
  for (const auto& call : calls) {
    if (call->is_held()) call->finish(*ended_with_);
    is_whole = call->finished() && is_whole;
  }
  return is_whole;
}

void ModelCore::end_all(const Error& why) {
  std::deque<QueuedCall> waiting;
  {
    const std::lock_guard lock(mutex_);
    if (ended_with_) return;
    ended_with_ = why;
    is_ended_.store(true, std::memory_order_release);
    Phase ready = Phase::ready;
    phase_.compare_exchange_strong(ready, Phase::draining, std::memory_order_seq_cst);
    waiting = queue_.take_all();
    queued_.store(0, std::memory_order_seq_cst);
  }
  for (const auto& queued : waiting) {
    queued.call->cancel(Code::cancelled);
    queued.call->finish(why);
  }
  const std::uint64_t until_ns = monotonic_ns() + kEndPatienceNs;
  while (!end_running() && monotonic_ns() < until_ns) sched_yield();
  // Only now, because a plugin may take its time over it.
  for (const auto& call : running_.list()) instance_->cancel(*call, Code::cancelled);
}

Result<void> ModelCore::check_health(std::int32_t depth, std::uint64_t deadline_ns) {
  const Result<void> health = instance_->check_health(depth, deadline_ns);
  if (instance_->state() != runtime::InstanceState::ready) return health;  // nobody was asked
  const bool was_healthy = is_healthy_.exchange(health.has_value(), std::memory_order_relaxed);
  if (was_healthy && !health) log(runtime::LogLevel::error, "unhealthy: " + health.error().message);
  if (!was_healthy && health) log(runtime::LogLevel::info, "healthy again");
  return health;
}

}  // namespace stoa::inference
