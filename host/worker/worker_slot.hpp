// worker_slot.hpp: one place for a worker: starts it, watches it, replaces it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "host/worker/worker_process.hpp"

namespace stoa::worker {

// Threads: any. Its own thread launches the workers, because they die with the thread that launched them.
class WorkerSlot {
 public:
  enum class State : std::uint8_t { starting, ready, recovering, quarantined, failed, stopped };
  using OnDeath = std::function<void(const WorkerProcess::Death&)>;

  // on_change: after every change of state and every death, on the slot's thread, and every few ms while the worker's
  // memory is nearly full. on_death: before a replacement is started.
  WorkerSlot(const WorkerProgram& program, const runtime::PluginSource& source, std::shared_ptr<WorkerFlight> flight,
             const runtime::HostServices& services, std::function<void()> on_change, OnDeath on_death);
  ~WorkerSlot();  // ends the worker, whatever it does

  Result<void> wait_started();  // loaded, not warm
  // Warms up the loaded worker, and makes it ready. Once. unavailable "plugin.crashed": it is not the slot's any more.
  Result<void> warm_up(std::uint64_t deadline_ns) { return warm_up(State::starting, deadline_ns); }
  State state() const;
  std::shared_ptr<WorkerProcess> process() const;  // of a ready slot, else null
  std::shared_ptr<WorkerProcess> any_process() const;
  std::uint64_t restarts() const { return restarts_.load(std::memory_order_relaxed); }
  // Its worker takes no more calls, and gets no replacement should it die of those it has.
  void retire();
  // Unloads the model, ends the worker, stays stopped. Nothing of it may be out any more: whatever it says, it is
  // killed when it has had until deadline_ns, and a few seconds at least.
  void drain(std::uint64_t deadline_ns);

 private:
  void run();
  bool is_wanted() const;
  Result<void> start(std::uint64_t deadline_ns);
  bool watch();  // until the worker dies (true) or the slot is stopped
  void note_death(const std::string& what);
  bool start_replacement();
  bool wait_before_next();
  void set(State state);
  Result<void> warm_up(State from, std::uint64_t deadline_ns);
  bool pause(std::uint64_t ns);
  void log(runtime::LogLevel level, const std::string& message) const;

  const WorkerProgram program_;
  const runtime::PluginSource source_;
  const std::shared_ptr<WorkerFlight> flight_;
  const runtime::HostServices services_;
  const std::function<void()> on_change_;
  const OnDeath on_death_;

  std::atomic<std::uint64_t> restarts_{0};

  mutable std::mutex mutex_;  // Lock: all below
  std::condition_variable moved_;
  State state_ = State::starting;
  std::optional<Result<void>> started_;
  std::shared_ptr<WorkerProcess> process_;
  std::deque<std::uint64_t> deaths_ns_;  // of the last minute
  bool is_stopping_ = false, is_unloading_ = false, is_retired_ = false;
  int wake_ = -1;  // an eventfd
  std::thread thread_;
};

}  // namespace stoa::worker
