// call.hpp: one request on its way through a model: the record the plugin sees, and the bounded channel its answer
// comes back through. The same object serves single answers and streams, in-process and worker instances.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "host/runtime/part.hpp"
#include "stoa/error.hpp"

namespace stoa::runtime {

struct MeterTotal {
  std::string meter;
  std::int64_t total_micro = 0;
};

// Told, on the thread that emits or finishes (a model thread, or the I/O thread for inline models), that take() or
// finished() has something new. Must be prompt and must not call into the Call's consumer side.
class CallListener {
 public:
  virtual void on_progress() noexcept = 0;

 protected:
  ~CallListener() = default;
};

struct CallSpec {
  std::string task, params_json, session, tenant, traceparent;
  std::uint64_t deadline_ns = 0;   // CLOCK_MONOTONIC; 0: none
  std::vector<InputPart> inputs;   // checked against the model's ports by the caller
  std::vector<std::string> outputs;  // empty: all
  std::uint32_t pending_parts_max = 64;        // a stream's emit says STOA_WOULD_BLOCK beyond either bound
  std::uint64_t pending_bytes_max = 1u << 20;  // one emit larger than this is taken when nothing is pending
};

// Threads: the plugin side (abi(), through the sink) is any thread; the consumer side is one thread at a time.
// Lifetime: shared between consumer and instance, because either may be the last to let go (a client that hung up, a
// plugin that finishes late).
class Call final {
 public:
  // listener may be null (poll with finished()); it must outlive its last on_progress, see detach().
  static std::shared_ptr<Call> create(CallSpec spec, std::shared_ptr<CallListener> listener);
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  // -- consumer side --
  std::vector<OutputPart> take();          // all parts emitted since the last take; makes the channel writable again
  bool finished() const noexcept;          // finish was called and every part emitted before it is visible to take()
  // Valid once finished(): nullopt for success.
  const std::optional<Error>& error() const noexcept;
  std::vector<MeterTotal> meters() const;  // final once finished()
  // Sets the cancel word (first reason wins) and wakes a blocked wait_writable. Any thread.
  void cancel(Code why) noexcept;
  bool is_cancelled() const noexcept;

  // -- instance side --
  const stoa_request* abi() const noexcept;
  stoa_request* abi() noexcept;
  std::uint64_t id() const noexcept;
  std::uint64_t deadline_ns() const noexcept;
  // Finishes on the host's behalf (refused submit, dead worker). Ignored when already finished; true when it was us.
  bool finish(std::optional<Error> error) noexcept;
  // Counts of misuse by the plugin (second finish, emit after finish), for metrics and the log.
  std::uint32_t misuses() const noexcept;

 private:
  struct State;
  explicit Call(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace stoa::runtime
