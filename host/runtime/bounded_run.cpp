// bounded_run.cpp: a thread, and a wait that gives up. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/bounded_run.hpp"

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

namespace stoa::runtime {

bool run_bounded(std::function<void()> work, std::uint64_t deadline_ns) {
  struct Progress {
    std::mutex mutex;
    std::condition_variable done;
    bool is_done = false;
  };
  const auto progress = std::make_shared<Progress>();  // the thread may outlive this call
  std::thread thread([progress, work = std::move(work)]() mutable {
    work();
    work = nullptr;  // what it owns is gone before the caller goes on
    const std::lock_guard lock(progress->mutex);
    progress->is_done = true;
    progress->done.notify_all();
  });
  std::unique_lock lock(progress->mutex);
  const std::chrono::steady_clock::time_point until{std::chrono::nanoseconds(deadline_ns)};
  const bool is_done = progress->done.wait_until(lock, until, [&] { return progress->is_done; });
  lock.unlock();
  if (is_done)
    thread.join();
  else
    thread.detach();
  return is_done;
}

}  // namespace stoa::runtime
