// instance.hpp: the seam. A loaded model, in this process or in a worker; one test suite runs
// against every implementation.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "host/runtime/call.hpp"
#include "host/runtime/model_spec.hpp"
#include "stoa/result.hpp"

namespace stoa::runtime {

// created -> loading -> warming -> proving (golden cases) -> ready -> draining -> stopped; any -> failed, failed ->
// stopped. A worker that died takes ready -> recovering -> ready: calls wait for its replacement meanwhile.
enum class InstanceState : std::uint8_t {
  created,
  loading,
  warming,
  proving,
  ready,
  draining,
  stopped,
  failed,
  recovering
};
std::string_view name_of(InstanceState state);
bool is_legal(InstanceState from, InstanceState to);

// Inline models run on I/O threads only while their measured p99 stays within this; a model that expects more of itself
// is not tried (ADR 0004: waking a thread costs about as much).
inline constexpr std::uint64_t kInlineNsMax = 50'000;

struct BatchLimits {
  std::uint32_t requests_max = 1;
  std::uint64_t cost_max = 0;  // 0: no limit
  std::uint64_t delay_max_ns = 0;
};

// What a loaded model can do, read once after load.
struct InstanceTraits {
  BatchLimits batching;
  // cost() and can_join() ask the plugin, for who forms its batches; else 1 and always, as with a worker, which sees to
  // both rules itself.
  bool has_cost = false, has_join_rule = false;
  bool is_inline = false;  // declares stoa.inline/1, within the host's bound, and the operator trusts it
  std::uint64_t inline_expected_ns = 0;
  std::uint32_t inline_slots = 0;  // threads that may run it inline at once, beside the model threads
  bool has_sessions = false, has_health = false;
  std::string card_json;  // stoa.card/1, or empty
};

// Of the processes a model runs in.
struct WorkerStatistics {
  std::uint64_t memory_bytes = 0;  // private memory of all of them, a moment ago
  std::uint64_t restarts = 0;      // workers that took the place of another, ever
};

// Threads: submit and cancel from any model thread at once, up to limits.threads in submit (and inline_slots more where
// is_inline); the rest [control].
class Instance {
 public:
  virtual ~Instance() = default;
  virtual const ModelSpec& spec() const = 0;
  virtual const InstanceTraits& traits() const = 0;
  virtual InstanceState state() const = 0;
  virtual std::string_view isolation() const = 0;      // "T0", "T1", "T2", "T2n": the tier in force
  virtual std::uint64_t load_deadline_ns() const = 0;  // when load, warm-up and golden cases must be done

  // nullopt: it has no processes of its own. Any thread.
  virtual std::optional<WorkerStatistics> worker_statistics() const { return std::nullopt; }
  // True: its destructor ends every call that is under way, each with its finish. False: a thread of the plugin's may
  // end one when the instance is gone, so whoever observes that call has to be left behind with it (left_behind.hpp).
  virtual bool ends_its_calls() const { return false; }

  // A new instance is loaded and warming. warm_up runs stoa.warmup/1 on the calling model thread; every one of them
  // calls it, one after the other, because what it warms is per thread (allocator caches, a library's thread pools).
  // Then one calls prove: golden cases, and ready. An error makes the instance failed.
  virtual Result<void> warm_up() = 0;
  virtual Result<void> prove() = 0;

  // Hands the calls to the model as one batch. Each of them gets its finish, whatever happens; never fails.
  virtual void submit(std::span<const std::shared_ptr<Call>> calls) = 0;
  // As submit of one call, by an instance for which handing over is all there is to do: prompt, so that a thread which
  // must not block may do it. False: nothing was done, a model thread has to. Any thread.
  virtual bool try_submit(const std::shared_ptr<Call>&) { return false; }
  // Memory for inputs that need not be copied again when they are submitted here, 64-byte aligned, not zeroed; given
  // back when the last owner lets go. Null: there is none, any other memory will do. Any thread.
  virtual std::shared_ptr<std::byte[]> take_input_memory(std::uint64_t) const { return nullptr; }
  virtual void cancel(Call& call, Code why) = 0;
  virtual std::uint64_t cost(const Call&) const { return 1; }
  virtual bool can_join(const Call&, const Call&) const { return true; }
  virtual Result<void> check_health(std::int32_t depth, std::uint64_t deadline_ns) = 0;
  // Stopping intake is the caller's; waits until nothing is in flight, then unloads. code deadline_exceeded: still
  // running, and may be tried again.
  virtual Result<void> drain(std::uint64_t deadline_ns) = 0;
};

// For whoever needs a ready instance without model threads (checks, tools, tests): warms up and proves on the calling
// thread.
Result<void> make_ready(Instance& instance);

}  // namespace stoa::runtime
