// served_model.hpp: a model that takes requests: a bounded queue, its model threads and batches, in front of one instance.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "host/runtime/instance.hpp"
#include "stoa/result.hpp"

namespace stoa::inference {

// Counters since start, each monotonic; durations in ns.
struct ModelStatistics {
  std::uint64_t success_count = 0, success_ns = 0;
  std::uint64_t fail_count = 0, fail_ns = 0;
  std::uint64_t queue_count = 0, queue_ns = 0;      // waited in the queue
  std::uint64_t compute_count = 0, compute_ns = 0;  // inside submit until finish
  std::uint64_t batch_count = 0, request_count = 0; // batches submitted, requests in them
  std::uint64_t rejected_count = 0, cancelled_count = 0;
  std::uint64_t last_inference_unix_ms = 0;
  std::uint32_t queued = 0, inflight = 0;
  bool is_inline = false;  // runs on the I/O thread right now
};

class ServedModel {
 public:
  virtual ~ServedModel() = default;
  virtual const runtime::ModelSpec& spec() const = 0;
  virtual const runtime::Instance& instance() const = 0;
  virtual bool is_ready() const = 0;
  virtual ModelStatistics statistics() const = 0;

  // Queues the call, or, for an inline model, runs it before returning. Refuses at once, without queueing:
  // resource_exhausted "model.queue_full" (with the bound, retry_after_ms), unavailable "model.not_ready" /
  // "model.draining", deadline_exceeded "request.deadline". A call whose deadline has passed when a model thread reaches it
  // is finished with deadline_exceeded; one that runs longer is cancelled by its consumer, who waits with that deadline.
  // Any I/O thread.
  virtual Result<void> enqueue(std::shared_ptr<runtime::Call> call) = 0;
  // Sets the cancel word and tells the model. A call still queued is finished at once. Any thread.
  virtual void cancel(const std::shared_ptr<runtime::Call>& call, Code why) = 0;
};

// What is served, by name and version. Immutable; a new one replaces it (RCU) when a model comes or goes.
class Catalog {
 public:
  virtual ~Catalog() = default;
  // version empty: the one served by default (the highest). not_found "model.unknown" / "model.version_unknown".
  virtual Result<std::shared_ptr<ServedModel>> find(std::string_view name, std::string_view version) const = 0;
  virtual std::vector<std::shared_ptr<ServedModel>> list() const = 0;
  virtual std::vector<std::string> versions(std::string_view name) const = 0;
};

}  // namespace stoa::inference
