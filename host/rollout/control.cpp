// control.cpp SPDX-License-Identifier: Apache-2.0
#include "host/rollout/control.hpp"

#include <pthread.h>

#include <condition_variable>
#include <functional>
#include <mutex>

namespace stoa::rollout {
namespace {

// Until it is stopped; pauses after each that had nothing to do.
void repeat(const std::stop_token& stop, std::chrono::milliseconds interval, const std::function<bool()>& act) {
  pthread_setname_np(pthread_self(), "stoa-rollout");
  std::mutex mutex;
  std::condition_variable_any pause;
  std::unique_lock lock(mutex);
  while (!stop.stop_requested())
    if (!act()) pause.wait_for(lock, stop, interval, [] { return false; });
}

}  // namespace

RolloutControl::RolloutControl(Rollout& rollout, std::chrono::milliseconds interval)
    : steps_([&rollout, interval](const std::stop_token& stop) {
        repeat(stop, interval, [&rollout] {
          rollout.step();
          return false;
        });
      }),
      works_([&rollout, interval](const std::stop_token& stop) {
        repeat(stop, interval, [&rollout] { return rollout.work(); });
      }) {}

}  // namespace stoa::rollout
