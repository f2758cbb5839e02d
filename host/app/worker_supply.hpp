// worker_supply.hpp: the program workers run, found out when the first one is needed.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <mutex>
#include <optional>

#include "host/app/config.hpp"
#include "host/app/plugin_log.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::app {

// What the machine gives is found out with a fork, and a host without workers need not. Threads: any.
class WorkerSupply {
 public:
  // Both outlive it.
  WorkerSupply(const Config& config, std::shared_ptr<PluginLog> log);
  const worker::WorkerProgram& program();
  worker::SandboxSupport support();

 private:
  const Config& config_;
  const std::shared_ptr<PluginLog> log_;  // shared with the zygotes
  std::mutex mutex_;                      // Lock: until the program is there, then it stays
  worker::SandboxSupport support_;
  std::optional<worker::WorkerProgram> program_;
};

}  // namespace stoa::app
