// served_model.hpp: a model that takes requests: a bounded queue, its model threads and batches, in front of one
// instance. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

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
  std::uint64_t misuse_count = 0;  // rules of the ABI the plugin broke
  std::uint64_t last_inference_unix_ms = 0;
  std::uint32_t queued = 0, inflight = 0;
  bool is_inline = false;  // runs on the I/O thread right now
  LatencySnapshot queue_latency, compute_latency, total_latency;
};

struct ServedModelOptions {
  // The operator trusts this in-process model with the I/O threads, if it declares itself inline.
  bool inline_trusted = false;
  std::shared_ptr<runtime::LogSink> log;  // null: nothing is logged
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

 private:
  explicit ServedModel(std::shared_ptr<ModelCore> core) : core_(std::move(core)) {}
  const std::shared_ptr<ModelCore>
      core_;  // shared with its threads: one that hangs in a plugin keeps what it stands on
};

// What is served, by name and version.
// Readers look at an immutable snapshot and never wait for a writer's work; a writer replaces it (RCU).
class Catalog final {
 public:
  Catalog();
  ~Catalog();

  // version empty: the one served by default (the highest by semantic-version precedence; pre-releases only when there
  // is nothing else). not_found "model.unknown" / "model.version_unknown". Any thread.
  Result<std::shared_ptr<ServedModel>> find(std::string_view name, std::string_view version) const;
  std::vector<std::shared_ptr<ServedModel>> list() const;          // by name, then from the lowest version up
  std::vector<std::string> versions(std::string_view name) const;  // from the lowest up; empty for unknown names

  // already_exists "model.exists": this name and version is served.
  Result<void> add(std::shared_ptr<ServedModel> model);
  // Null when it is not served. Calls that found it before may still be enqueued: drain it.
  std::shared_ptr<ServedModel> remove(std::string_view name, std::string_view version);

 private:
  struct Snapshot;
  std::shared_ptr<const Snapshot> snapshot() const;
  void publish(std::shared_ptr<const Snapshot> next);

  std::mutex writers_;
  // A mutex held for one copy of a pointer, not std::atomic<std::shared_ptr>: libstdc++ 12 unlocks that one's load with
  // memory_order_relaxed, a data race which tsan reports.
  mutable std::mutex mutex_;
  std::shared_ptr<const Snapshot> snapshot_;  // Lock: mutex_
};

}  // namespace stoa::inference
