// served_model.hpp: a model that takes requests: a bounded queue, its model threads and batches, in front of one
// instance. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>

#include "host/inference/latency.hpp"
#include "host/runtime/host_services.hpp"
#include "host/runtime/instance.hpp"
#include "stoa/result.hpp"

namespace stoa::inference {

// Counters since start, each monotonic; durations in ns.
struct ModelStatistics {
  std::uint64_t success_count = 0, success_ns = 0;
  std::uint64_t fail_count = 0, fail_ns = 0;         // with the cancelled ones
  std::uint64_t queue_count = 0, queue_ns = 0;       // waited in the queue
  std::uint64_t compute_count = 0, compute_ns = 0;   // from submit until finish
  std::uint64_t batch_count = 0, request_count = 0;  // batches submitted, requests in them
  std::uint64_t rejected_count = 0, cancelled_count = 0;
  std::uint64_t deadline_count = 0;  // of the cancelled: because their time was up, not because nobody waits any more
  std::uint64_t misuse_count = 0;    // rules of the ABI the plugin broke
  std::uint64_t last_inference_unix_ms = 0;
  std::uint32_t queued = 0, inflight = 0;
  bool is_inline = false;  // runs on the I/O thread right now
  LatencySnapshot queue_latency, compute_latency, total_latency;
};

struct ServedModelOptions {
  // The operator trusts this in-process model with the I/O threads, if it declares itself inline.
  bool inline_trusted = false;
  std::shared_ptr<runtime::LogSink> log;  // null: nothing is logged
  // Told on a model thread, before the first warm-up (warming) and before the golden cases (proving). May be empty.
  std::function<void(runtime::InstanceState)> on_step = {};
};

class ModelCore;

// Threads: any, unless a function says otherwise.
class ServedModel final {
 public:
  // Starts the model threads, warms the instance up on each of them, proves it, and serves. Blocks until then; the
  // error is the instance's, or deadline_exceeded "plugin.load_timeout". [control]
  static Result<std::shared_ptr<ServedModel>> start(std::unique_ptr<runtime::Instance> instance,
                                                    ServedModelOptions options = {});
  // Refuses what is queued, cancels nothing that runs, waits a moment for it, and leaves behind what does not end. Call
  // drain first to lose nothing. [control]
  ~ServedModel();
  ServedModel(const ServedModel&) = delete;
  ServedModel& operator=(const ServedModel&) = delete;

  // Of this one in this process, from 1: what is remembered of a model by it is never another's.
  std::uint64_t number() const { return number_; }
  const runtime::ModelSpec& spec() const;
  const runtime::Instance& instance() const;
  bool is_ready() const;  // takes requests: loaded, proved, healthy, not draining
  ModelStatistics statistics() const;

  // Queues the call, or, for an inline model, runs it before returning. Refuses at once, without queueing:
  // resource_exhausted "model.queue_full" (with the bound, retry_after_ms), unavailable "model.not_ready" /
  // "model.draining", deadline_exceeded "request.deadline". A call whose deadline has passed when a model thread
  // reaches it is finished with deadline_exceeded; one that runs longer is cancelled by its consumer, who waits with
  // that deadline.
  Result<void> enqueue(std::shared_ptr<runtime::Call> call);
  // Sets the cancel word and tells the model. A call still queued is finished at once.
  void cancel(const std::shared_ptr<runtime::Call>& call, Code why);

  // Asks the model (stoa.health/1) on the calling thread; a sick one is not ready until it says that it is well again.
  // One caller at a time.
  Result<void> check_health(std::int32_t depth, std::uint64_t deadline_ns);

  // Takes no more requests, answers all it has taken, unloads. deadline_exceeded "model.still_running": not done by
  // deadline_ns (CLOCK_MONOTONIC), it stays draining and drain may be called again. [control]
  Result<void> drain(std::uint64_t deadline_ns);
  // Takes no more requests and ends all it has taken, both with why, which the first caller decides. What waits ends
  // here; what runs ends for its consumer here, and the model is told to stop. Drain it afterwards. [control]
  void end_all(const Error& why);

 private:
  explicit ServedModel(std::shared_ptr<ModelCore> core);
  const std::shared_ptr<ModelCore>
      core_;  // shared with its threads: one that hangs in a plugin keeps what it stands on
  const std::uint64_t number_;
};

}  // namespace stoa::inference
