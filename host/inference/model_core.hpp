// model_core.hpp: the working part of a served model: admission, queue, threads, counters.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "host/inference/call_queue.hpp"
#include "host/inference/inline_window.hpp"
#include "host/inference/latency.hpp"
#include "host/inference/running_calls.hpp"
#include "host/inference/served_model.hpp"
#include "host/thread/futex.hpp"
#include "host/thread/wake_batch.hpp"

namespace stoa::inference {

// Written by whoever ends a call, each at its own time; hence atomics, relaxed: they order nothing.
struct ModelCounters {
  std::atomic<std::uint64_t> success_count{0}, success_ns{0}, fail_count{0}, fail_ns{0};
  std::atomic<std::uint64_t> batch_count{0}, request_count{0}, rejected_count{0}, cancelled_count{0}, deadline_count{0},
      misuse_count{0};
  std::atomic<std::uint64_t> last_inference_unix_ms{0};
  LatencyHistogram queue, compute, total;
  // Mean time from one end to the next while calls are waiting: what a full queue will take to move on.
  std::atomic<std::uint64_t> last_end_ns{0}, interval_ns{0};
};

inline void add(std::atomic<std::uint64_t>& counter, std::uint64_t n) {
  counter.fetch_add(n, std::memory_order_relaxed);
}

// What a call is finished with that no model has seen. why: cancelled or deadline_exceeded.
Error ended_early(Code why);

// How a wake-up is saved (it costs 4 us on the same core and 35 on another, more than all else here): the queue's lock
// is held for nanoseconds, a model thread takes all it can before it sleeps, and the futex is touched only when one
// sleeps and none is on its way. A woken thread that leaves calls behind wakes the next.
class ModelCore final : public runtime::CallObserver, public std::enable_shared_from_this<ModelCore> {
 public:
  ModelCore(std::unique_ptr<runtime::Instance> instance, ServedModelOptions options);
  ~ModelCore();

  Result<void> start();
  Result<void> enqueue(std::shared_ptr<runtime::Call> call);
  void cancel(const std::shared_ptr<runtime::Call>& call, Code why);
  Result<void> check_health(std::int32_t depth, std::uint64_t deadline_ns);
  Result<void> drain(std::uint64_t deadline_ns);
  void end_all(const Error& why);
  void shut_down();  // for a destructor: as ServedModel::~ServedModel says

  const runtime::Instance& instance() const { return *instance_; }
  bool is_ready() const;
  ModelStatistics statistics() const;

  void on_end(runtime::Call& call) noexcept override;

 private:
  enum class Phase : std::uint8_t { starting, ready, draining, stopped };

  // What idle model threads sleep on. Lifetime: of its own, because wakes that somebody puts off keep it. Were it the
  // core, the last of them would end the instance, on whatever thread: an I/O thread, or one the instance has to join.
  struct Bed final : thread::Sleeper {
    void wake() noexcept override { thread::futex_wake(&word, 1); }
    std::atomic<std::uint32_t> word{0};
  };

  // -- start: model threads take turns at warming up, then the first proves --
  struct Startup {
    std::mutex mutex;
    std::condition_variable moved;
    std::size_t turn = 0;  // the thread that warms up now
    bool is_over = false;  // proved, failed, or given up
    Result<void> outcome;
  };
  void run_thread(std::size_t index);
  bool take_part_in_start(std::size_t index);

  // -- the model threads' loop --
  void serve();
  struct Batch {  // a thread's own, kept from one batch to the next so that its memory is
    std::vector<QueuedCall> taken, left;
    std::vector<std::shared_ptr<runtime::Call>> calls;
  };
  void run(Batch& batch, thread::WakeBatch& wakes);
  void keep_joinable(Batch& batch);
  void keep_timely(Batch& batch, std::uint64_t now_ns);
  std::uint64_t company_until_ns() const;
  bool is_batch_full() const;
  bool can_take() const;
  bool note_wake();
  void wake_one();
  void sleep(std::unique_lock<std::mutex>& lock, std::uint64_t until_ns);
  void give_way(std::unique_lock<std::mutex>& lock, thread::WakeBatch& wakes);
  void stop_threads(bool join);

  // -- admission --
  bool takes_calls() const;
  Result<void> queue(std::shared_ptr<runtime::Call> call);
  bool hand_over(const std::shared_ptr<runtime::Call>& call, std::uint64_t now_ns);
  bool run_inline(const std::shared_ptr<runtime::Call>& call, std::uint64_t now_ns);
  std::unexpected<Error> reject(Error error);
  void count_end(runtime::Call& call, std::uint64_t now_ns);
  void count_misuses(runtime::Call& call);
  Error early_end(Code why) const;
  bool end_running();
  void note_request();
  void note_submitted(runtime::Call& call, std::uint64_t now_ns);
  void log(runtime::LogLevel level, const std::string& message) const;

  std::unique_ptr<runtime::Instance> instance_;  // constant until the destructor
  const ServedModelOptions options_;
  const runtime::ModelLimits limits_;
  const runtime::BatchLimits batching_;
  ModelCounters counters_;
  InlineWindow window_;
  std::atomic<Phase> phase_{Phase::starting};
  std::atomic<bool> is_healthy_{true};
  std::atomic<bool> is_inline_;
  std::atomic<std::uint32_t> inline_running_{0};
  runtime::Outstanding accepted_;           // calls queued or with the model
  RunningCalls running_;                    // the same calls, but those that run inline
  std::atomic<std::uint32_t> inflight_{0};  // with the model
  std::atomic<std::uint32_t> queued_{0};    // queue_.size(), for those who look without the lock
  const std::shared_ptr<Bed> bed_ = std::make_shared<Bed>();

  std::atomic<bool> is_ended_{false};  // ended_with_ is set, and constant from then on
  std::optional<Error> ended_with_;

  Startup startup_;
  mutable std::mutex mutex_;  // Lock: all below; held for nanoseconds, never while plugin code runs
  CallQueue queue_;
  std::uint32_t sleepers_ = 0;   // threads in sleep()
  std::uint32_t waking_ = 0;     // wake-ups on their way to one of them
  std::uint32_t looking_ = 0;    // threads that look at the queue once more before they sleep
  std::uint32_t gatherers_ = 0;  // of the sleepers, those who wait for a batch to fill
  bool is_stopping_ = false;
  std::vector<std::thread> threads_;  // [control] only
};

}  // namespace stoa::inference
