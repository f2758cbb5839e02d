// rollout_reporter.hpp: writes into the catalogue what this host's roll-outs come to, so that a restart knows it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "host/app/log.hpp"
#include "host/rollout/model_rollout.hpp"
#include "registry/catalogue/rollout_record.hpp"
#include "registry/publishing/publishing.hpp"

namespace stoa::app {

// Threads: note() any, prompt; a thread of its own waits for the disk. What cannot be written is tried again until
// stop: a step that was lost so is taken anew after a restart.
class RolloutReporter {
 public:
  struct Parts {
    registry::Publishing& publishing;
    Log& log;
    std::function<void()> on_change;        // the catalogue was written; the reporter's thread
    std::chrono::milliseconds again{1000};  // until what could not be written is tried once more
  };
  explicit RolloutReporter(Parts parts) : parts_(std::move(parts)) {}
  ~RolloutReporter() { stop(); }

  void start();
  void note(const std::string& model, const rollout::Step& step);
  void stop();

 private:
  void run();
  bool write(const registry::RolloutNews& news);

  const Parts parts_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<registry::RolloutNews> waiting_;  // Lock: mutex_
  bool is_stopped_ = false;                    // Lock: mutex_
  bool is_behind_ = false;                     // its thread's: the last one could not be written
  std::thread thread_;
};

}  // namespace stoa::app
