// call_queue.hpp: the order in which queued calls go to the model. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "host/runtime/call.hpp"
#include "host/runtime/instance.hpp"

namespace stoa::inference {

struct QueuedCall {
  std::shared_ptr<runtime::Call> call;
  std::uint64_t cost = 1;
};

// First come, first served, except that a session whose request is with the model is passed over until that request has
// ended: so requests of one session never run at the same time, and keep their order.
// Not thread-safe: the owner's lock guards it. Runs no plugin code.
class CallQueue {
 public:
  std::size_t size() const { return calls_.size(); }
  std::uint64_t cost() const { return cost_; }
  // When the oldest was enqueued. Precondition: size() > 0.
  std::uint64_t oldest_ns() const { return calls_.front().call->times.enqueued_ns; }

  void push(QueuedCall queued);
  // The call if it is queued, which it then is no longer.
  std::shared_ptr<runtime::Call> remove(const runtime::Call& call);

  // Appends to batch the next call that may run, and as many after it as fit into one batch; their sessions are busy
  // from now on. None when every queued call waits for its session. A single call that costs more than the limit goes
  // alone.
  void take(const runtime::BatchLimits& limits, std::size_t requests_max, std::vector<QueuedCall>& batch);
  // Back to the front, in the order they were taken, and not busy: they did not join the batch after all.
  void put_back(std::vector<QueuedCall>& calls);
  std::deque<QueuedCall> take_all();  // empties the queue; no session becomes busy
  // True when a call may run now.
  bool has_runnable() const;
  void end_session(const std::string& session);

 private:
  bool is_busy(const std::string& session) const;

  std::deque<QueuedCall> calls_;
  std::uint64_t cost_ = 0;
  std::vector<std::string> busy_;  // few: at most one per request with the model
};

}  // namespace stoa::inference
