// worker_instance.hpp: a model that runs in worker processes (tiers T1 and up). SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "host/worker/worker_slot.hpp"

namespace stoa::worker {

class WorkerInstance final : public runtime::Instance {
 public:
  // Starts `workers` of them (the spec's), and returns once all have loaded the model. Errors: as WorkerProcess::start.
  static Result<std::unique_ptr<WorkerInstance>> load(const WorkerProgram& program, const runtime::PluginSource& source,
                                                      runtime::ModelSpec spec, std::vector<runtime::GoldenCase> golden,
                                                      const runtime::HostServices& services);
  ~WorkerInstance() override;  // ends the workers, whatever they do

  const runtime::ModelSpec& spec() const override { return flight_->spec; }
  const runtime::InstanceTraits& traits() const override { return traits_; }
  runtime::InstanceState state() const override { return state_.load(std::memory_order_acquire); }
  std::string_view isolation() const override { return name_of(program_.tier); }
  std::uint64_t load_deadline_ns() const override { return load_deadline_ns_; }
  std::optional<runtime::WorkerStatistics> worker_statistics() const override;
  bool ends_its_calls() const override { return true; }
  Result<void> warm_up() override;
  Result<void> prove() override;
  // Waits for a replacement where no worker lives; else returns at once, with the calls on their way.
  void submit(std::span<const std::shared_ptr<runtime::Call>> calls) override;
  bool try_submit(const std::shared_ptr<runtime::Call>& call) override;
  std::shared_ptr<std::byte[]> take_input_memory(std::uint64_t bytes) const override;
  void cancel(runtime::Call& call, Code why) override;
  Result<void> check_health(std::int32_t depth, std::uint64_t deadline_ns) override;
  Result<void> drain(std::uint64_t deadline_ns) override;

  // A new worker for each that runs, one after the other: loaded and warm before it takes the old one's place, which
  // answers what it has and is unloaded. No call is refused or lost. [control] Errors: those of load; then the old
  // worker stays. unavailable "model.not_ready".
  Result<void> replace();

  // For tests and figures.
  std::vector<pid_t> pids() const;
  bool wait_settled(std::uint64_t deadline_ns);

 private:
  WorkerInstance(const WorkerProgram& program, const runtime::PluginSource& source, runtime::ModelSpec spec,
                 std::vector<runtime::GoldenCase> golden, const runtime::HostServices& services);
  std::unique_ptr<WorkerSlot> make_slot();
  void note_full(std::uint64_t now_ns);
  void replace_full();
  Result<void> replace_slot(std::size_t at);
  Result<void> replace_now(std::size_t at);
  bool is_ending(std::uint64_t after_ns);
  void note_change();
  bool look_at_slots();
  void note_death(const WorkerProcess::Death& death);
  // Which of the slots a call's session belongs to; nullopt: the call has none, or there is no choice.
  std::optional<std::size_t> home_of(const runtime::Call& call) const;
  std::shared_ptr<WorkerProcess> pick(const runtime::Call* call = nullptr) const;
  std::shared_ptr<WorkerProcess> wait_for_worker(const runtime::Call& call, std::uint64_t until_ns);
  void send_apart(std::span<const std::shared_ptr<runtime::Call>> calls);
  runtime::Digest digest_of(const runtime::Call& call) const;

  const WorkerProgram program_;
  const runtime::PluginSource source_;
  const std::shared_ptr<WorkerFlight> flight_;
  const std::vector<runtime::GoldenCase> golden_;
  const runtime::HostServices services_;
  const std::uint64_t load_deadline_ns_;
  runtime::InstanceTraits traits_;
  std::atomic<runtime::InstanceState> state_{runtime::InstanceState::created};
  std::atomic<bool> is_warm_{false};

  // Where no worker is ready they wait for one, or become orphans: a slot's own thread must not wait for a slot.
  enum class Otherwise : std::uint8_t { wait, orphan };
  void send(std::vector<std::shared_ptr<runtime::Call>> calls, Otherwise otherwise = Otherwise::wait);
  void send_together(std::span<const std::shared_ptr<runtime::Call>> left, Otherwise otherwise);
  void refuse_all(std::span<const std::shared_ptr<runtime::Call>> calls, std::string_view why);

  std::atomic<std::uint64_t> restarts_before_{0};  // of slots that are gone

  mutable std::mutex mutex_;                             // Lock: all down to slots_max_, and the wait for a worker
  std::vector<std::shared_ptr<runtime::Call>> orphans_;  // their worker died before it began with them
  std::condition_variable moved_;
  std::map<runtime::Digest, std::uint32_t> deaths_by_request_;
  std::atomic<bool> has_suspects_{false};  // until then no request is looked at
  bool is_ending_ = false, is_replacing_ = false, has_full_ = false;
  std::vector<std::uint64_t> may_replace_ns_;  // for each slot: not before
  std::thread replacer_;                       // from the first worker on whose memory is nearly full

  // One of each slot that has one; which: WorkerSlot::process or any_process.
  std::vector<std::shared_ptr<WorkerProcess>> processes(std::shared_ptr<WorkerProcess> (WorkerSlot::*which)()
                                                            const) const;

  const std::size_t slots_max_;
  // Lock: slots_ and retired_, which grows and ends while the threads of its elements look at it. Never held while a
  // slot ends: that waits for its thread. Taken after mutex_.
  mutable std::mutex slots_mutex_;
  std::unique_ptr<WorkerSlot> retired_;             // takes no more calls, and answers those it has
  std::vector<std::unique_ptr<WorkerSlot>> slots_;  // last: its threads use all of the above
};

// One model of the plugin, loaded and warming, with its golden cases: what runtime::load_plugin is in-process. Each
// model has workers of its own, so one that fails takes no other with it.
Result<std::unique_ptr<runtime::Instance>> load_worker(const WorkerProgram& program,
                                                       const runtime::PluginSource& source,
                                                       const runtime::ModelSpec& model,
                                                       const runtime::HostServices& services);

}  // namespace stoa::worker
