// model_core.cpp: what happens to a call between its handler and its model. SPDX-License-Identifier: Apache-2.0
#include "host/inference/model_core.hpp"

#include <pthread.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <climits>
#include <utility>

#include "host/runtime/left_behind.hpp"
#include "host/thread/futex.hpp"

namespace stoa::inference {
namespace {

using runtime::Call;
using thread::monotonic_ns;

constexpr std::uint64_t kLastWaitNs = 2'000'000'000;  // a destructor's patience with what still runs

// Coarse (the last tick's): 5 ns instead of 25, and nobody reads more than a second from it.
std::uint64_t unix_ms() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000 + static_cast<std::uint64_t>(now.tv_nsec) / 1'000'000;
}

}  // namespace

ModelCore::ModelCore(std::unique_ptr<runtime::Instance> instance, ServedModelOptions options)
    : instance_(std::move(instance)),
      options_(std::move(options)),
      limits_(instance_->spec().limits),
      batching_(instance_->traits().batching),
      is_inline_(options_.inline_trusted && instance_->traits().is_inline) {}

// The instance first: calls that end with its processes are counted here (on_end).
ModelCore::~ModelCore() { instance_.reset(); }

void ModelCore::log(runtime::LogLevel level, const std::string& message) const {
  if (options_.log == nullptr) return;
  runtime::LogLine line;
  line.level = level;
  line.model = instance_->spec().name;
  line.message = message;
  options_.log->write(line);
}

// ---- start ----

Result<void> ModelCore::start() {
  for (std::size_t i = 0; i < std::max(1u, limits_.threads); ++i)
    threads_.emplace_back([core = shared_from_this(), i] { core->run_thread(i); });
  std::unique_lock lock(startup_.mutex);
  const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(instance_->load_deadline_ns())};
  if (!startup_.moved.wait_until(lock, until, [this] { return startup_.is_over; })) {
    startup_.outcome = failure(Code::deadline_exceeded, "plugin.load_timeout",
                               "model \"" + instance_->spec().name + "\" was not ready within " +
                                   std::to_string(limits_.load_ns / 1'000'000) + " ms");
    startup_.is_over = true;
    startup_.moved.notify_all();
    lock.unlock();
    stop_threads(false);  // one of them is inside the plugin, perhaps for ever
    return startup_.outcome;
  }
  const Result<void> outcome = startup_.outcome;
  lock.unlock();
  if (!outcome) stop_threads(true);
  return outcome;
}

void ModelCore::run_thread(std::size_t index) {
  pthread_setname_np(pthread_self(), "stoa-model");
  if (take_part_in_start(index)) serve();
}

// True once the model is ready.
bool ModelCore::take_part_in_start(std::size_t index) {
  std::unique_lock lock(startup_.mutex);
  const auto run_and_note = [&](auto&& step) {
    lock.unlock();
    Result<void> done = step();
    lock.lock();
    if (startup_.is_over) return;  // given up meanwhile
    if (!done) {
      startup_.outcome = std::move(done);
      startup_.is_over = true;
    }
  };
  startup_.moved.wait(lock, [&] { return startup_.is_over || startup_.turn == index; });
  const auto tell = [this](runtime::InstanceState step) {
    if (options_.on_step) options_.on_step(step);
  };
  if (!startup_.is_over && index == 0) tell(runtime::InstanceState::warming);
  if (!startup_.is_over) run_and_note([this] { return instance_->warm_up(); });
  ++startup_.turn;
  startup_.moved.notify_all();
  if (index == 0) {
    startup_.moved.wait(lock, [&] { return startup_.is_over || startup_.turn == std::max(1u, limits_.threads); });
    if (!startup_.is_over) tell(runtime::InstanceState::proving);
    if (!startup_.is_over) run_and_note([this] { return instance_->prove(); });
    if (!startup_.is_over) {
      phase_.store(Phase::ready, std::memory_order_seq_cst);
      startup_.is_over = true;
    }
    startup_.moved.notify_all();
  }
  startup_.moved.wait(lock, [&] { return startup_.is_over; });
  return startup_.outcome.has_value();
}

// ---- the model threads ----

// Lock: mutex_.
bool ModelCore::can_take() const {
  return queue_.size() > 0 && inflight_.load(std::memory_order_seq_cst) < limits_.inflight_max && queue_.has_runnable();
}

// Lock: mutex_.
bool ModelCore::is_batch_full() const {
  return queue_.size() >= batching_.requests_max || (batching_.cost_max > 0 && queue_.cost() >= batching_.cost_max);
}

// Until when the oldest call waits for company; 0: not at all. Lock: mutex_.
std::uint64_t ModelCore::company_until_ns() const {
  if (batching_.requests_max <= 1 || batching_.delay_max_ns == 0 || is_batch_full()) return 0;
  if (phase_.load(std::memory_order_relaxed) != Phase::ready) return 0;
  const std::uint64_t until = queue_.oldest_ns() + batching_.delay_max_ns;
  return until > monotonic_ns() ? until : 0;
}

// True when a sleeping thread must be woken, which the caller then does, after unlocking. Lock: mutex_.
bool ModelCore::note_wake() {
  if (sleepers_ == 0 || looking_ > 0 || !can_take()) return false;
  if (waking_ > 0) return bed_->is_put_off();
  if (gatherers_ > 0 && !is_batch_full()) return false;  // it wakes by itself, in time
  ++waking_;
  bed_->word.fetch_add(1, std::memory_order_seq_cst);
  return true;
}

void ModelCore::wake_one() { thread::WakeBatch::wake(bed_); }

void ModelCore::sleep(std::unique_lock<std::mutex>& lock, std::uint64_t until_ns) {
  ++sleepers_;
  if (until_ns != 0) ++gatherers_;
  const std::uint32_t seen = bed_->word.load(std::memory_order_seq_cst);
  lock.unlock();
  thread::futex_wait(bed_->word, seen, until_ns);
  lock.lock();
  if (until_ns != 0) --gatherers_;
  --sleepers_;
  if (waking_ > 0) --waking_;  // whoever was meant: this thread looks now
}

// Once before it sleeps: where an I/O thread shares this core it now reads all its sockets have, and this thread then
// finds a queue full of calls, with no futex touched on either side. Where none does, it costs one cheap system call.
void ModelCore::give_way(std::unique_lock<std::mutex>& lock, thread::WakeBatch& wakes) {
  ++looking_;
  lock.unlock();
  wakes.flush();
  sched_yield();
  lock.lock();
  --looking_;
}

void ModelCore::serve() {
  Batch batch;
  thread::WakeBatch wakes(false);  // of those who wait for answers
  bool has_yielded = false;        // since the last batch
  std::unique_lock lock(mutex_);
  while (!is_stopping_) {
    if (!can_take()) {
      if (has_yielded)
        sleep(lock, 0);
      else
        give_way(lock, wakes);
      has_yielded = !has_yielded;
      continue;
    }
    has_yielded = false;
    if (const std::uint64_t until_ns = company_until_ns(); until_ns != 0) {
      if (wakes.is_empty())
        sleep(lock, until_ns);
      else
        give_way(lock, wakes);
      continue;
    }
    const std::uint32_t inflight = inflight_.load(std::memory_order_seq_cst);
    if (inflight >= limits_.inflight_max) continue;  // an inline call was faster
    queue_.take(batching_, limits_.inflight_max - inflight, batch.taken);
    inflight_.fetch_add(static_cast<std::uint32_t>(batch.taken.size()), std::memory_order_seq_cst);
    queued_.store(static_cast<std::uint32_t>(queue_.size()), std::memory_order_seq_cst);
    const bool is_wake_due = note_wake();
    lock.unlock();
    if (is_wake_due) wake_one();
    run(batch, wakes);
    lock.lock();
  }
}

void ModelCore::run(Batch& batch, thread::WakeBatch& wakes) {
  const std::uint64_t now = monotonic_ns();
  if (batch.taken.size() > 1 && instance_->traits().has_join_rule) keep_joinable(batch);
  keep_timely(batch, now);
  if (batch.calls.empty()) return;
  if (batch.calls.size() > 1) wakes.stop_holding();  // the first may be done long before the last
  add(counters_.batch_count, 1);
  for (const auto& call : batch.calls) note_submitted(*call, now);
  instance_->submit(batch.calls);
  for (const auto& call : batch.calls) count_misuses(*call);  // those after its end: a second finish
  batch.calls.clear();
  wakes.note_work(monotonic_ns() - now);
}

// Gives back those the model would not have beside the first.
void ModelCore::keep_joinable(Batch& batch) {
  const Call& first = *batch.taken.front().call;
  std::size_t kept = 1;
  for (std::size_t i = 1; i < batch.taken.size(); ++i) {
    if (!instance_->can_join(first, *batch.taken[i].call))
      batch.left.push_back(std::move(batch.taken[i]));
    else if (kept++ != i)
      batch.taken[kept - 1] = std::move(batch.taken[i]);
  }
  batch.taken.resize(kept);
  if (batch.left.empty()) return;
  bool is_wake_due = false;
  {
    const std::lock_guard lock(mutex_);
    inflight_.fetch_sub(static_cast<std::uint32_t>(batch.left.size()), std::memory_order_seq_cst);
    queue_.put_back(batch.left);
    queued_.store(static_cast<std::uint32_t>(queue_.size()), std::memory_order_seq_cst);
    is_wake_due = note_wake();
  }
  if (is_wake_due) wake_one();
}

// Moves to batch.calls those that are still wanted, and ends the others.
void ModelCore::keep_timely(Batch& batch, std::uint64_t now_ns) {
  for (auto& queued : batch.taken) {
    Call& call = *queued.call;
    Code why = call.cancel_reason();
    if (why == Code::ok && call.deadline_ns() != 0 && now_ns >= call.deadline_ns()) why = Code::deadline_exceeded;
    if (is_ended_.load(std::memory_order_acquire)) why = Code::cancelled;
    if (why == Code::ok) {
      batch.calls.push_back(std::move(queued.call));
      continue;
    }
    inflight_.fetch_sub(1, std::memory_order_seq_cst);  // never got there; this thread looks at the queue next
    if (!call.session().empty()) {
      const std::lock_guard lock(mutex_);
      queue_.end_session(call.session());
    }
    call.finish(early_end(why));
  }
  batch.taken.clear();
}

// ---- the end of a call ----

void ModelCore::count_misuses(Call& call) {
  if (const std::uint32_t fresh = call.take_misuses(); fresh > 0) add(counters_.misuse_count, fresh);
}

void ModelCore::note_submitted(Call& call, std::uint64_t now_ns) {
  call.times.submitted_ns = now_ns;
  note_request();
}

void ModelCore::note_request() {
  add(counters_.request_count, 1);
  counters_.last_inference_unix_ms.store(unix_ms(), std::memory_order_relaxed);
}

void ModelCore::count_end(Call& call, std::uint64_t now_ns) {
  const auto& [enqueued_ns, submitted_ns, ended_ns] = call.times;
  const std::uint64_t total_ns = now_ns - enqueued_ns;
  counters_.total.record(total_ns);
  if (submitted_ns != 0) {
    counters_.queue.record(submitted_ns - enqueued_ns);
    counters_.compute.record(now_ns - submitted_ns);
  }
  const bool is_success = !call.error().has_value();
  add(is_success ? counters_.success_count : counters_.fail_count, 1);
  add(is_success ? counters_.success_ns : counters_.fail_ns, total_ns);
  if (call.is_cancelled()) add(counters_.cancelled_count, 1);
  if (call.cancel_reason() == Code::deadline_exceeded) add(counters_.deadline_count, 1);
  count_misuses(call);
}

void ModelCore::on_end(Call& call) noexcept {
  const std::uint64_t now = monotonic_ns();
  call.times.ended_ns = now;
  count_end(call, now);
  running_.remove(call);
  const bool was_with_model = call.times.submitted_ns != 0;
  if (was_with_model) inflight_.fetch_sub(1, std::memory_order_seq_cst);
  // Looked at without the lock: a call pushed after this look sees the place that just became free.
  if (was_with_model && (queued_.load(std::memory_order_seq_cst) > 0 || !call.session().empty())) {
    const std::uint64_t last = counters_.last_end_ns.exchange(now, std::memory_order_relaxed);
    const std::uint64_t mean = counters_.interval_ns.load(std::memory_order_relaxed);
    if (last != 0 && now > last)  // moving average over about 16 ends; two threads at once may lose one of them
      counters_.interval_ns.store(mean == 0 ? now - last : mean - mean / 16 + (now - last) / 16,
                                  std::memory_order_relaxed);
    bool is_wake_due = false;
    {
      const std::lock_guard lock(mutex_);
      queue_.end_session(call.session());
      is_wake_due = note_wake();
    }
    if (is_wake_due) wake_one();
  } else if (was_with_model) {
    counters_.last_end_ns.store(now, std::memory_order_relaxed);
  }
  accepted_.remove();  // last: a drain may go on
}

ModelStatistics ModelCore::statistics() const {
  const auto get = [](const std::atomic<std::uint64_t>& counter) { return counter.load(std::memory_order_relaxed); };
  const auto total = [](const LatencySnapshot& s) {
    std::uint64_t n = 0;
    for (const std::uint64_t count : s.counts) n += count;
    return n;
  };
  ModelStatistics s;
  s.success_count = get(counters_.success_count);
  s.success_ns = get(counters_.success_ns);
  s.fail_count = get(counters_.fail_count);
  s.fail_ns = get(counters_.fail_ns);
  s.queue_latency = counters_.queue.snapshot();
  s.compute_latency = counters_.compute.snapshot();
  s.total_latency = counters_.total.snapshot();
  s.queue_count = total(s.queue_latency);
  s.queue_ns = s.queue_latency.sum_ns;
  s.compute_count = total(s.compute_latency);
  s.compute_ns = s.compute_latency.sum_ns;
  s.batch_count = get(counters_.batch_count);
  s.request_count = get(counters_.request_count);
  s.rejected_count = get(counters_.rejected_count);
  s.cancelled_count = get(counters_.cancelled_count);
  s.deadline_count = get(counters_.deadline_count);
  s.misuse_count = get(counters_.misuse_count);
  s.last_inference_unix_ms = get(counters_.last_inference_unix_ms);
  s.queued = queued_.load(std::memory_order_relaxed);
  s.inflight = inflight_.load(std::memory_order_relaxed);
  s.is_inline = is_inline_.load(std::memory_order_relaxed);
  return s;
}

// ---- the end of the model ----

void ModelCore::stop_threads(bool join) {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    bed_->word.fetch_add(1, std::memory_order_seq_cst);
  }
  thread::futex_wake(&bed_->word, INT_MAX);
  for (auto& thread : threads_) {
    if (join)
      thread.join();
    else
      thread.detach();
  }
  threads_.clear();
}

Result<void> ModelCore::drain(std::uint64_t deadline_ns) {
  if (phase_.load(std::memory_order_seq_cst) == Phase::stopped) return {};
  phase_.store(Phase::draining, std::memory_order_seq_cst);
  if (!accepted_.wait_none(deadline_ns))
    return failure(Code::deadline_exceeded, "model.still_running",
                   std::to_string(accepted_.count()) + " requests of model \"" + instance_->spec().name +
                       "\" are not answered yet");
  stop_threads(true);
  if (auto drained = instance_->drain(deadline_ns); !drained) return drained;
  phase_.store(Phase::stopped, std::memory_order_seq_cst);
  return {};
}

void ModelCore::shut_down() {
  if (phase_.load(std::memory_order_seq_cst) == Phase::stopped) return;
  phase_.store(Phase::draining, std::memory_order_seq_cst);
  std::deque<QueuedCall> refused;
  {
    const std::lock_guard lock(mutex_);
    refused = queue_.take_all();
    queued_.store(0, std::memory_order_seq_cst);
  }
  for (const auto& queued : refused)
    queued.call->finish(
        Error{Code::unavailable, "model.draining", "the model was stopped before it took the request", 0});
  const bool is_done = accepted_.wait_none(monotonic_ns() + kLastWaitNs);
  if (!is_done)
    log(runtime::LogLevel::error, std::to_string(accepted_.count()) + " requests did not end and were left behind");
  stop_threads(is_done);
  if (!is_done && !instance_->ends_its_calls()) runtime::leave_behind(shared_from_this());
}

}  // namespace stoa::inference
