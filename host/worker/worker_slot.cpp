// worker_slot.cpp SPDX-License-Identifier: Apache-2.0
#include "host/worker/worker_slot.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "host/thread/monotonic.hpp"

namespace stoa::worker {
namespace {

using thread::monotonic_ns;

constexpr std::uint64_t kDeathsWindowNs = 60'000'000'000;
// The first death is answered at once, then waiting doubles.
constexpr std::uint64_t kBackoffMinNs = 50'000'000;
constexpr std::uint64_t kExitNs = 1'000'000'000;    // and for what its libraries do when the process exits
constexpr std::uint64_t kUnloadNs = 5'000'000'000;  // for what a plugin does at its end; then it is killed

}  // namespace

WorkerSlot::WorkerSlot(const WorkerProgram& program, const runtime::PluginSource& source,
                       std::shared_ptr<WorkerFlight> flight, const runtime::HostServices& services,
                       std::function<void()> on_change, OnDeath on_death)
    : program_(program),
      source_(source),
      flight_(std::move(flight)),
      services_(services),
      on_change_(std::move(on_change)),
      on_death_(std::move(on_death)),
      wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      thread_([this] { run(); }) {}

WorkerSlot::~WorkerSlot() {
  std::shared_ptr<WorkerProcess> half;  // a replacement that warms up: nobody waits until it has
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    if (state_ == State::recovering) half = process_;
    moved_.notify_all();
  }
  if (half != nullptr) half->kill("it is not needed any more");
  eventfd_write(wake_, 1);
  thread_.join();
  close(wake_);
}

void WorkerSlot::log(runtime::LogLevel level, const std::string& message) const {
  runtime::LogLine line;
  line.level = level;
  line.plugin = source_.id;
  line.model = flight_->spec.name;
  line.message = message;
  services_.log->write(line);
}

void WorkerSlot::set(State state) {
  {
    const std::lock_guard lock(mutex_);
    if (is_unloading_ && state != State::stopped) return;
    state_ = state;
    moved_.notify_all();
  }
  on_change_();
}

WorkerSlot::State WorkerSlot::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

std::shared_ptr<WorkerProcess> WorkerSlot::process() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::ready ? process_ : nullptr;
}

std::shared_ptr<WorkerProcess> WorkerSlot::any_process() const {
  const std::lock_guard lock(mutex_);
  return process_;
}

Result<void> WorkerSlot::wait_started() {
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [this] { return started_.has_value(); });
  return *started_;
}

// from: what the slot still has to be when the worker is warm, or it has died meanwhile.
Result<void> WorkerSlot::warm_up(State from, std::uint64_t deadline_ns) {
  const auto process = any_process();
  if (process == nullptr) return failure(Code::unavailable, "model.not_ready", "the worker is gone");
  QuestionMessage question;
  question.deadline_ns = deadline_ns;
  const auto warm = process->ask(Message::warm_up, std::move(question), deadline_ns);
  if (!warm && from == State::starting && services_.stop.stop_requested())
    return failure(Code::unavailable, "host.stopping", "nobody waits for the model any more");
  if (!warm) return std::unexpected(warm.error());
  {
    const std::lock_guard lock(mutex_);
    if (state_ != from || process_ != process)
      return failure(Code::unavailable, "plugin.crashed", "the worker died when it was warm");
    if (is_unloading_) return {};
    state_ = State::ready;
    moved_.notify_all();
  }
  on_change_();
  return {};
}

// The host may stop while its models are loaded; afterwards the slot's owner ends it when there is no more to do.
bool WorkerSlot::is_wanted() const {
  const std::lock_guard lock(mutex_);
  const bool is_given_up = state_ == State::starting && services_.stop.stop_requested();
  return !is_stopping_ && !is_unloading_ && !is_retired_ && !is_given_up;
}

// Launches and loads, on the slot's thread.
Result<void> WorkerSlot::start(std::uint64_t deadline_ns) {
  auto process =
      WorkerProcess::start(program_, source_, flight_, services_, deadline_ns, [this] { return is_wanted(); });
  if (!process) return std::unexpected(process.error());
  const std::lock_guard lock(mutex_);
  process_ = std::move(*process);
  return {};
}

// False when the slot is to stop.
bool WorkerSlot::pause(std::uint64_t ns) {
  std::unique_lock lock(mutex_);
  const auto is_over = [this] { return is_stopping_ || is_unloading_ || is_retired_; };
  moved_.wait_for(lock, std::chrono::nanoseconds(ns), is_over);
  return !is_over();
}

bool WorkerSlot::watch() {
  const auto process = any_process();
  process->attach();
  for (;;) {
    if (process->turn(wake_)) return true;
    {
      const std::lock_guard lock(mutex_);
      if (is_stopping_ || (state_ == State::starting && services_.stop.stop_requested())) return false;
    }
    if (process->is_nearly_full()) on_change_();
  }
}

void WorkerSlot::note_death(const std::string& what) {
  log(runtime::LogLevel::error, what);
  const std::uint64_t now = monotonic_ns();
  const std::lock_guard lock(mutex_);
  deaths_ns_.push_back(now);
  while (now - deaths_ns_.front() > kDeathsWindowNs) deaths_ns_.pop_front();
  process_ = nullptr;
}

bool WorkerSlot::start_replacement() {
  const std::uint64_t until_ns = monotonic_ns() + flight_->spec.limits.load_ns;
  Result<void> started = start(until_ns);
  if (started) started = warm_up(State::recovering, until_ns);
  if (started) {
    restarts_.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  std::string how;
  if (const auto half = any_process()) {
    if (!half->has_ended()) half->kill("it did not start");
    how = ": " + half->bury(on_death_).what;
  }
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_ || is_unloading_ || is_retired_) {
      process_ = nullptr;
      return false;  // it was ended on purpose
    }
  }
  note_death("a replacement did not start: " + started.error().message + how);
  return false;
}

// Backs off. False: it is quarantined, or the slot is to stop; its state says so.
bool WorkerSlot::wait_before_next() {
  std::size_t deaths = 0;
  {
    const std::lock_guard lock(mutex_);
    deaths = deaths_ns_.size();
  }
  if (deaths >= program_.crashes_max) {
    log(runtime::LogLevel::error,
        std::to_string(deaths) + " crashes within a minute: quarantined, it is not started again");
    set(State::quarantined);
    return false;
  }
  const std::uint64_t doubled = deaths <= 1 ? 0 : kBackoffMinNs << std::min<std::size_t>(deaths - 2, 20);
  if (pause(std::min(program_.backoff_max_ns, doubled))) return true;
  set(State::stopped);
  return false;
}

void WorkerSlot::run() {
  pthread_setname_np(pthread_self(), "stoa-supervise");
  const std::uint64_t load_ns = flight_->spec.limits.load_ns;
  Result<void> started = start(monotonic_ns() + load_ns);
  {
    const std::lock_guard lock(mutex_);
    if (!started) state_ = State::failed;
    started_ = started;
    moved_.notify_all();
  }
  bool is_first = true;
  while (started || !is_first) {
    if (!std::exchange(is_first, false) && !start_replacement()) {
      if (!wait_before_next()) return;
      continue;
    }
    const auto process = any_process();
    if (process == nullptr) break;
    const bool has_died = watch();
    if (has_died)
      set(State::recovering);  // before those who wait for its answers are told, and ask again
    else
      process->kill("it is not needed any more");
    const WorkerProcess::Death death = process->bury(on_death_);
    {
      const std::lock_guard lock(mutex_);
      if (!has_died || is_unloading_) break;
    }
    note_death("worker " + std::to_string(process->pid()) + " crashed: " + death.what);
    on_change_();  // now it is known what it had not begun, and another may be idle
    if (!wait_before_next()) return;
  }
  set(State::stopped);
}

void WorkerSlot::retire() {
  std::shared_ptr<WorkerProcess> process;
  {
    const std::lock_guard lock(mutex_);
    is_retired_ = true;
    process = process_;
    moved_.notify_all();
  }
  if (process != nullptr) process->retire();
}

void WorkerSlot::drain(std::uint64_t deadline_ns) {
  std::shared_ptr<WorkerProcess> process;
  {
    std::unique_lock lock(mutex_);
    is_unloading_ = true;
    process = process_;
    moved_.notify_all();
  }
  if (process != nullptr) {
    QuestionMessage question;
    question.deadline_ns = std::max(deadline_ns, monotonic_ns() + kUnloadNs);
    const auto drained =
        process->ask(Message::drain, std::move(question), std::max(deadline_ns, monotonic_ns() + kUnloadNs));
    if (!drained) {
      log(runtime::LogLevel::error, "it did not unload and is ended: " + drained.error().message);
      process->kill("it did not unload");
    }
  }
  std::unique_lock lock(mutex_);
  moved_.wait_for(lock, std::chrono::nanoseconds(kExitNs), [this] {
    return state_ == State::stopped || state_ == State::failed || state_ == State::quarantined;
  });
  if (state_ == State::stopped || process == nullptr) return;
  lock.unlock();
  process->kill("it did not end");
}

}  // namespace stoa::worker
