// worker_instance_replace.cpp: a new worker in the place of one that runs. SPDX-License-Identifier: Apache-2.0
#include <pthread.h>

#include <chrono>

#include "host/thread/monotonic.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::worker {
namespace {

using runtime::InstanceState;
using thread::monotonic_ns;

constexpr std::uint64_t kBetweenNs = 60'000'000'000;  // replacements of one slot, because it is nearly full
constexpr std::uint64_t kIdlePollNs = 2'000'000;

}  // namespace

// Lock: mutex_ and slots_mutex_.
void WorkerInstance::note_full(std::uint64_t now_ns) {
  for (std::size_t at = 0; at < slots_.size(); ++at) {
    const auto process = slots_[at]->process();
    if (process == nullptr || !process->is_nearly_full() || now_ns < may_replace_ns_[at]) continue;
    has_full_ = true;
    if (!replacer_.joinable() && !is_ending_) replacer_ = std::thread([this] { replace_full(); });
  }
}

// True: give up, the instance ends. Otherwise after_ns have passed.
bool WorkerInstance::is_ending(std::uint64_t after_ns) {
  std::unique_lock lock(mutex_);
  return moved_.wait_for(lock, std::chrono::nanoseconds(after_ns), [this] { return is_ending_; });
}

void WorkerInstance::replace_full() {
  pthread_setname_np(pthread_self(), "stoa-replace");
  for (;;) {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this] { return is_ending_ || has_full_; });
    if (is_ending_) return;
    has_full_ = false;
    for (std::size_t at = 0; at < slots_max_; ++at) {
      std::shared_ptr<WorkerProcess> full;
      {
        const std::lock_guard slots_lock(slots_mutex_);
        full = slots_[at]->process();
      }
      if (full == nullptr || !full->is_nearly_full() || monotonic_ns() < may_replace_ns_[at]) continue;
      may_replace_ns_[at] = monotonic_ns() + kBetweenNs;
      lock.unlock();
      const auto replaced = replace_slot(at);
      runtime::LogLine line;
      line.level = runtime::LogLevel::warn;
      line.plugin = source_.id;
      line.model = spec().name;
      const std::string message =
          "worker " + std::to_string(full->pid()) + " holds " + std::to_string(full->memory_bytes() >> 20) +
          " MiB, its limit is " + std::to_string(full->memory_bytes_max() >> 20) +
          " MiB: " + (replaced ? "it was replaced" : "no other took its place, " + replaced.error().message);
      line.message = message;
      services_.log->write(line);
      lock.lock();
    }
  }
}

Result<void> WorkerInstance::replace() {
  for (std::size_t at = 0; at < slots_max_; ++at)
    if (auto replaced = replace_slot(at); !replaced) return replaced;
  return {};
}

// One at a time: there is room for one that is retired.
Result<void> WorkerInstance::replace_slot(std::size_t at) {
  {
    std::unique_lock lock(mutex_);
    moved_.wait(lock, [this] { return !is_replacing_; });
    if (state() != InstanceState::ready || is_ending_)
      return failure(Code::unavailable, "model.not_ready", "the model is " + std::string(name_of(state())));
    is_replacing_ = true;
  }
  auto replaced = replace_now(at);
  const std::lock_guard lock(mutex_);
  is_replacing_ = false;
  moved_.notify_all();
  return replaced;
}

Result<void> WorkerInstance::replace_now(std::size_t at) {
  const std::uint64_t until_ns = monotonic_ns() + spec().limits.load_ns;
  auto fresh = make_slot();
  if (auto started = fresh->wait_started(); !started) return started;
  if (auto warm = fresh->warm_up(until_ns); !warm) return warm;
  WorkerSlot* old = nullptr;
  {
    const std::lock_guard lock(slots_mutex_);
    retired_ = std::move(slots_[at]);
    slots_[at] = std::move(fresh);
    old = retired_.get();
    restarts_before_.fetch_add(old->restarts() + 1);
  }
  old->retire();  // whoever has chosen it before is refused, and chooses again
  const auto is_idle = [old] {
    const auto process = old->any_process();
    return process == nullptr || process->is_idle();
  };
  while (!is_idle())
    if (is_ending(kIdlePollNs)) return {};
  old->drain(monotonic_ns());
  std::unique_ptr<WorkerSlot> gone;
  const std::lock_guard lock(slots_mutex_);
  gone = std::move(retired_);
  return {};
}

}  // namespace stoa::worker
