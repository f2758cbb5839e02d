// release_loader.hpp: loads a release from its unpacked package: at the start, and again when a roll-out wants it back.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "host/rollout/rollout.hpp"
#include "host/runtime/host_services.hpp"
#include "host/runtime/plugin_source.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::app {

// Threads: remember from any; load from one thread at a time, it blocks.
class ReleaseLoader {
 public:
  // A release as it is loaded. is_inside: it runs in this process.
  struct Prepared {
    runtime::PluginSource plugin;
    bool is_inside = false;
  };

  // services outlives it and is looked at when something loads. program: what workers run, found out when the first
  // does.
  ReleaseLoader(const runtime::HostServices& services, std::function<const worker::WorkerProgram&()> program)
      : services_(services), program_(std::move(program)) {}

  // Each model of the plugin, from then on.
  void remember(const Prepared& release);
  // Errors: not_found "model.version_unknown": never remembered; those of loading, warming and proving.
  Result<std::shared_ptr<inference::ServedModel>> load(const rollout::ReleaseId& release,
                                                       const rollout::RolloutParts::OnStep& on_step) const;

 private:
  Result<std::unique_ptr<runtime::Instance>> instance_of(const Prepared& source) const;

  const runtime::HostServices& services_;
  std::function<const worker::WorkerProgram&()> program_;
  mutable std::mutex mutex_;
  std::map<rollout::ReleaseId, Prepared> sources_;  // Lock: mutex_; each with its one model
};

}  // namespace stoa::app
