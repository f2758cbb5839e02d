// health_watch.hpp: asks every model now and then whether it can still answer; a sick one is not ready until it is
// well.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <thread>

#include "host/app/log.hpp"
#include "host/inference/catalog.hpp"

namespace stoa::app {

// Runs from construction until destruction, on a thread of its own: a model's check may block for seconds.
class HealthWatch {
 public:
  // catalog and log outlive it.
  HealthWatch(const inference::Catalog& catalog, Log& log, std::chrono::milliseconds interval);

 private:
  void run(const std::stop_token& stop, std::chrono::milliseconds interval);

  const inference::Catalog& catalog_;
  Log& log_;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace stoa::app
