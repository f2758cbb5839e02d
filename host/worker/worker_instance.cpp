// worker_instance.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/worker_instance.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <iterator>

#include "host/runtime/golden.hpp"
#include "host/runtime/left_behind.hpp"
#include "host/thread/monotonic.hpp"

namespace stoa::worker {
namespace {

using runtime::Call;
using runtime::InstanceState;
using thread::monotonic_ns;

constexpr std::uint64_t kRecoverNs = 10'000'000'000;  // for calls without a deadline
constexpr std::uint32_t kDeathsOfOneMax = 2;          // of one request
constexpr std::size_t kSuspectsMax = 10'000;

}  // namespace

WorkerInstance::WorkerInstance(const WorkerProgram& program, const runtime::PluginSource& source,
                               runtime::ModelSpec spec, std::vector<runtime::GoldenCase> golden,
                               const runtime::HostServices& services)
    : program_(program),
      source_(source),
      flight_(std::make_shared<WorkerFlight>()),
      golden_(std::move(golden)),
      services_(services),
      load_deadline_ns_(monotonic_ns() + spec.limits.load_ns),
      may_replace_ns_(std::max(1u, spec.limits.workers)),
      slots_max_(may_replace_ns_.size()) {
  flight_->spec = std::move(spec);
}

Result<std::unique_ptr<WorkerInstance>> WorkerInstance::load(const WorkerProgram& program,
                                                             const runtime::PluginSource& source,
                                                             runtime::ModelSpec spec,
                                                             std::vector<runtime::GoldenCase> golden,
                                                             const runtime::HostServices& services) {
  std::unique_ptr<WorkerInstance> instance(
      new WorkerInstance(program, source, std::move(spec), std::move(golden), services));
  WorkerInstance& self = *instance;
  self.flight_->preload = preload_for(source, self.spec());
  self.state_.store(InstanceState::loading);
  for (std::size_t i = 0; i < self.slots_max_; ++i) {
    auto slot = self.make_slot();
    const std::lock_guard lock(self.slots_mutex_);
    self.slots_.push_back(std::move(slot));
  }
  for (const auto& slot : self.slots_) {
    if (auto started = slot->wait_started(); !started) {
      self.state_.store(InstanceState::failed);
      return std::unexpected(started.error());
    }
  }
  const auto process = self.slots_.front()->any_process();
  if (process == nullptr) return failure(Code::failed_precondition, "plugin.crashed", "the worker ended at once");
  const LoadedMessage& loaded = process->loaded();
  self.traits_.batching = {std::max(1u, loaded.requests_max), loaded.cost_max, loaded.delay_max_ns};
  self.traits_.has_sessions = loaded.has_sessions;
  self.traits_.has_health = loaded.has_health;
  self.traits_.card_json = loaded.card_json;
  self.state_.store(InstanceState::warming);
  return instance;
}

std::unique_ptr<WorkerSlot> WorkerInstance::make_slot() {
  return std::make_unique<WorkerSlot>(
      program_, source_, flight_, services_, [this] { note_change(); },
      [this](const WorkerProcess::Death& death) { note_death(death); });
}

WorkerInstance::~WorkerInstance() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
    moved_.notify_all();
  }
  if (replacer_.joinable()) replacer_.join();
  std::vector<std::unique_ptr<WorkerSlot>> ending;  // without the lock
  {
    const std::lock_guard lock(slots_mutex_);
    ending.swap(slots_);
    ending.push_back(std::move(retired_));
  }
  ending.clear();
  // Somebody still reads an answer. The last such part lets go of its process, and of this with it, and is counted here
  // after that.
  if (flight_->outstanding.count() > 0) runtime::leave_behind(flight_);
}

std::vector<std::shared_ptr<WorkerProcess>> WorkerInstance::processes(
    std::shared_ptr<WorkerProcess> (WorkerSlot::*which)() const) const {
  std::vector<std::shared_ptr<WorkerProcess>> found;
  const std::lock_guard lock(slots_mutex_);
  for (const auto& slot : slots_)
    if (auto process = (*slot.*which)()) found.push_back(std::move(process));
  if (retired_ != nullptr && which == &WorkerSlot::any_process)
    if (auto process = retired_->any_process()) found.push_back(std::move(process));
  return found;
}

// The slots' state becomes the model's, once it is ready; then those whose worker died too early go to the next.
void WorkerInstance::note_change() {
  while (look_at_slots()) {
  }
}

// True: it had calls to send, and who was ready then may not be any more.
bool WorkerInstance::look_at_slots() {
  std::vector<std::shared_ptr<Call>> orphans;
  bool has_worker = false;
  {
    const std::lock_guard lock(mutex_);
    const InstanceState now = state_.load();
    bool is_any_recovering = false;
    {
      const std::lock_guard slots_lock(slots_mutex_);
      for (const auto& slot : slots_) {
        has_worker = has_worker || slot->state() == WorkerSlot::State::ready;
        is_any_recovering = is_any_recovering || slot->state() == WorkerSlot::State::recovering;
      }
      if (now == InstanceState::ready) note_full(monotonic_ns());
    }
    if (now == InstanceState::ready || now == InstanceState::recovering)
      state_.store(has_worker          ? InstanceState::ready
                   : is_any_recovering ? InstanceState::recovering
                                       : InstanceState::failed);
    if (has_worker || !is_any_recovering) orphans.swap(orphans_);
    moved_.notify_all();
  }
  if (orphans.empty()) return false;
  if (has_worker)
    send(std::move(orphans), Otherwise::orphan);
  else
    refuse_all(orphans, name_of(state()));
  return true;
}

Result<void> WorkerInstance::warm_up() {
  if (state() != InstanceState::warming)
    return failure(Code::failed_precondition, "instance.state", "the instance is " + std::string(name_of(state())));
  if (is_warm_.exchange(true)) return {};  // the model threads that warm up are the workers'
  for (const auto& slot : slots_) {
    if (auto warm = slot->warm_up(load_deadline_ns_); !warm) {
      state_.store(InstanceState::failed);
      if (warm.error().reason == "plugin.hung")
        return failure(Code::deadline_exceeded, "plugin.load_timeout",
                       "model \"" + spec().name + "\" was not warm within " +
                           std::to_string(spec().limits.load_ns / 1'000'000) + " ms");
      return warm;
    }
  }
  return {};
}

Result<void> WorkerInstance::prove() {
  if (state() != InstanceState::warming)
    return failure(Code::failed_precondition, "instance.state", "the instance is " + std::string(name_of(state())));
  state_.store(InstanceState::proving);
  for (const auto& golden : golden_) {
    const auto settle = [this] { wait_settled(load_deadline_ns_); };
    if (auto proved = runtime::prove_golden(*this, golden, settle); !proved) {
      state_.store(InstanceState::failed);
      return proved;
    }
  }
  state_.store(InstanceState::recovering);  // ready, unless its worker has died meanwhile
  note_change();
  return {};
}

std::optional<std::size_t> WorkerInstance::home_of(const Call& call) const {
  if (call.session().empty() || slots_max_ <= 1) return std::nullopt;
  const std::hash<std::string_view> hash;
  constexpr std::size_t kOdd = 0x9e3779b97f4a7c15;  // so that the two may not be swapped
  return (hash(call.spec().tenant) * kOdd + hash(call.session())) % slots_max_;
}

// A session's own worker, or the next one that is ready. Without a session the one in whose arena the inputs lie
// already, or else the ready one with the least to do.
std::shared_ptr<WorkerProcess> WorkerInstance::pick(const Call* call) const {
  const auto home = call == nullptr ? std::nullopt : home_of(*call);
  const auto has_inputs = [call](const WorkerProcess& process) {
    return call != nullptr && std::ranges::any_of(call->spec().inputs, [&](const runtime::InputPart& input) {
             return !input.data.empty() && process.has_in_arena(input.data);
           });
  };
  std::shared_ptr<WorkerProcess> best;
  const std::lock_guard lock(slots_mutex_);
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    auto process = slots_[(home.value_or(0) + i) % slots_.size()]->process();
    if (process == nullptr) continue;
    if (home || (slots_max_ > 1 && has_inputs(*process))) return process;
    if (best == nullptr || process->inflight() < best->inflight()) best = std::move(process);
  }
  return best;
}

std::shared_ptr<WorkerProcess> WorkerInstance::wait_for_worker(const Call& call, std::uint64_t until_ns) {
  std::unique_lock lock(mutex_);
  std::shared_ptr<WorkerProcess> found;
  const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(until_ns)};
  moved_.wait_until(lock, until, [&] {
    found = pick(&call);
    const InstanceState now = state();
    return found != nullptr || now == InstanceState::failed || now == InstanceState::stopped;
  });
  return found;
}

void WorkerInstance::submit(std::span<const std::shared_ptr<Call>> calls) {
  const InstanceState now = state();
  const bool is_open = now == InstanceState::ready || now == InstanceState::proving || now == InstanceState::draining ||
                       now == InstanceState::recovering;
  if (!is_open) return refuse_all(calls, name_of(now));
  if (has_suspects_.load(std::memory_order_relaxed))
    send_apart(calls);
  else
    send({calls.begin(), calls.end()});
}

bool WorkerInstance::try_submit(const std::shared_ptr<Call>& call) {
  if (state() != InstanceState::ready || has_suspects_.load(std::memory_order_relaxed)) return false;
  const auto process = pick(call.get());
  return process != nullptr && process->submit({&call, 1});
}

std::shared_ptr<std::byte[]> WorkerInstance::take_input_memory(std::uint64_t bytes) const {
  const auto process = pick();
  return process == nullptr ? nullptr : process->take_input_memory(bytes);
}

// A batch for each worker; within it, and so within a session, the order stays.
void WorkerInstance::send(std::vector<std::shared_ptr<Call>> calls, Otherwise otherwise) {
  if (calls.size() <= 1 || slots_max_ <= 1) return send_together(calls, otherwise);
  std::vector<std::vector<std::shared_ptr<Call>>> by_home(slots_max_ + 1);
  for (auto& call : calls) by_home[home_of(*call).value_or(slots_max_)].push_back(std::move(call));
  for (const auto& some : by_home) send_together(some, otherwise);
}

// Until a worker has them, or none will come.
void WorkerInstance::send_together(std::span<const std::shared_ptr<Call>> left, Otherwise otherwise) {
  const std::size_t batch_max = std::max(1u, traits_.batching.requests_max);  // as the plugin asked for
  while (!left.empty()) {
    std::shared_ptr<WorkerProcess> process = pick(left.front().get());
    if (process == nullptr && otherwise == Otherwise::orphan) {
      const std::lock_guard lock(mutex_);
      orphans_.insert(orphans_.end(), left.begin(), left.end());
      return;
    }
    if (process == nullptr) {
      std::uint64_t until_ns = 0;
      for (const auto& call : left) until_ns = std::max(until_ns, call->deadline_ns());
      process = wait_for_worker(*left.front(), until_ns != 0 ? until_ns : monotonic_ns() + kRecoverNs);
    }
    if (process == nullptr) return refuse_all(left, name_of(state()));
    const auto some = left.first(std::min(batch_max, left.size()));
    if (process->submit(some)) left = left.subspan(some.size());
  }
}

void WorkerInstance::refuse_all(std::span<const std::shared_ptr<Call>> calls, std::string_view why) {
  for (const auto& call : calls) {
    Error error{Code::unavailable, "model.not_ready", "the model is " + std::string(why), 0};
    if (call->is_held())
      call->refuse(std::move(error));
    else
      call->finish(std::move(error));
  }
}

void WorkerInstance::cancel(Call& call, Code why) {
  call.cancel(why);
  for (const auto& process : processes(&WorkerSlot::any_process)) process->cancel(call, why);
}

Result<void> WorkerInstance::check_health(std::int32_t depth, std::uint64_t deadline_ns) {
  if (state() != InstanceState::ready)
    return failure(Code::unavailable, "model.not_ready", "the model is " + std::string(name_of(state())));
  if (!traits_.has_health) return {};
  for (const auto& process : processes(&WorkerSlot::process)) {
    QuestionMessage question;
    question.depth = depth;
    question.deadline_ns = deadline_ns;
    const auto health = process->ask(Message::health, std::move(question), deadline_ns);
    // It is asked by a thread that is free: behind calls that take long it is merely late, and they have deadlines.
    const bool is_busy = !health && health.error().reason == "plugin.hung" && process->inflight() > 0;
    if (!health && !is_busy) return std::unexpected(health.error());
  }
  return {};
}

Result<void> WorkerInstance::drain(std::uint64_t deadline_ns) {
  {
    const std::lock_guard lock(mutex_);  // or who looks at the slots just now makes it ready again
    if (state() == InstanceState::stopped) return {};
    if (state() != InstanceState::failed) state_.store(InstanceState::draining);
  }
  if (!flight_->outstanding.wait_none(deadline_ns))
    return failure(Code::deadline_exceeded, "model.still_running",
                   std::to_string(flight_->outstanding.count()) + " requests or payloads of model \"" + spec().name +
                       "\" are still out");
  {
    std::unique_lock lock(mutex_);
    const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(deadline_ns)};
    if (!moved_.wait_until(lock, until, [this] { return !is_replacing_; }))
      return failure(Code::deadline_exceeded, "model.still_running",
                     "a worker of model \"" + spec().name + "\" is still being replaced");
  }
  // Invariant: nobody replaces a slot now, because the state is not ready.
  for (const auto& slot : slots_) slot->drain(deadline_ns);
  state_.store(InstanceState::stopped);
  return {};
}

std::optional<runtime::WorkerStatistics> WorkerInstance::worker_statistics() const {
  runtime::WorkerStatistics seen;
  for (const auto& process : processes(&WorkerSlot::any_process)) seen.memory_bytes += process->memory_bytes();
  const std::lock_guard lock(slots_mutex_);
  seen.restarts = restarts_before_.load();
  for (const auto& slot : slots_) seen.restarts += slot->restarts();
  return seen;
}

std::vector<pid_t> WorkerInstance::pids() const {
  std::vector<pid_t> pids;
  for (const auto& process : processes(&WorkerSlot::any_process)) pids.push_back(process->pid());
  return pids;
}

bool WorkerInstance::wait_settled(std::uint64_t deadline_ns) {
  return std::ranges::all_of(processes(&WorkerSlot::any_process),
                             [&](const auto& process) { return process->wait_settled(deadline_ns); });
}

// ---- requests that kill ----

runtime::Digest WorkerInstance::digest_of(const Call& call) const {
  WireRequest request = to_wire(call);
  request.id = request.deadline_ns = 0;
  request.cancel_word = 0;
  request.traceparent.clear();
  std::vector<std::byte> bytes;
  for (const auto& input : call.spec().inputs) {
    const std::size_t at = bytes.size();
    bytes.resize(at + wire_bytes(input));
    write_payload(input, bytes.data() + at);
  }
  const auto rest = encode(Message::batch, request);
  bytes.insert(bytes.end(), rest.begin(), rest.end());
  return services_.sha256({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

void WorkerInstance::note_death(const WorkerProcess::Death& death) {
  if (!death.not_begun.empty()) {
    const std::lock_guard lock(mutex_);
    orphans_.insert(orphans_.end(), death.not_begun.begin(), death.not_begun.end());
  }
  for (const auto& call : death.suspects) {
    const runtime::Digest digest = digest_of(*call);
    const std::lock_guard lock(mutex_);
    if (deaths_by_request_.size() >= kSuspectsMax) deaths_by_request_.clear();
    const std::uint32_t deaths = ++deaths_by_request_[digest];
    if (deaths >= kDeathsOfOneMax || death.suspects.size() > 1) has_suspects_.store(true);
  }
}

// What a worker died of goes alone the next time: then it is clear which request of a batch it was.
void WorkerInstance::send_apart(std::span<const std::shared_ptr<Call>> calls) {
  std::vector<std::shared_ptr<Call>> together;
  for (const auto& call : calls) {
    const runtime::Digest digest = digest_of(*call);
    std::uint32_t deaths = 0;
    {
      const std::lock_guard lock(mutex_);
      if (const auto at = deaths_by_request_.find(digest); at != deaths_by_request_.end()) deaths = at->second;
    }
    if (deaths >= kDeathsOfOneMax)
      call->finish(
          Error{Code::failed_precondition, "request.poison",
                "this very request ended " + std::to_string(kDeathsOfOneMax) + " workers and is not tried again", 0});
    else if (deaths > 0)
      send({call});
    else
      together.push_back(call);
  }
  send(std::move(together));
}

Result<std::unique_ptr<runtime::Instance>> load_worker(const WorkerProgram& program,
                                                       const runtime::PluginSource& source,
                                                       const runtime::ModelSpec& model,
                                                       const runtime::HostServices& services) {
  std::vector<runtime::GoldenCase> golden;
  std::ranges::copy_if(source.golden, std::back_inserter(golden),
                       [&](const runtime::GoldenCase& g) { return g.model == model.local_name; });
  auto instance = WorkerInstance::load(program, source, model, std::move(golden), services);
  if (!instance) return std::unexpected(instance.error());
  return std::unique_ptr<runtime::Instance>(std::move(*instance));
}

}  // namespace stoa::worker
