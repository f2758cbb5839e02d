// control.hpp: the two threads that keep a roll-out going. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <thread>

#include "host/rollout/rollout.hpp"

namespace stoa::rollout {

// Runs from construction until destruction, which waits for the job under way (a load, at most its load_ns). Two
// threads, because a release that loads for a minute must not keep a sick one of another model from being taken back.
class RolloutControl {
 public:
  // rollout outlives it. interval: how often figures are looked at, and how late a plan may be taken up.
  RolloutControl(Rollout& rollout, std::chrono::milliseconds interval);

 private:
  std::jthread steps_, works_;
};

}  // namespace stoa::rollout
