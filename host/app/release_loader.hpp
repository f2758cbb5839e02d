// release_loader.hpp: loads a release from its unpacked package: at the start, and again when a roll-out wants it back.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <map>
#include <memory>

#include "host/rollout/rollout.hpp"
#include "host/runtime/host_services.hpp"
#include "host/runtime/plugin_source.hpp"
#include "host/worker/worker_instance.hpp"

namespace stoa::app {

// Threads: remember before anybody loads; load from one thread at a time, it blocks.
class ReleaseLoader {
 public:
  // services outlives it and is looked at when something loads. program: what workers run, found out when the first
  // does.
  ReleaseLoader(const runtime::HostServices& services, std::function<const worker::WorkerProgram&()> program)
      : services_(services), program_(std::move(program)) {}

  // Each model of the plugin, from then on. is_inside: it runs in this process.
  void remember(const runtime::PluginSource& plugin, bool is_inside);
  // Errors: not_found "model.version_unknown": never remembered; those of loading, warming and proving.
  Result<std::shared_ptr<inference::ServedModel>> load(const rollout::ReleaseId& release,
                                                       const rollout::RolloutParts::OnStep& on_step) const;

 private:
  struct Source {
    runtime::PluginSource plugin;  // with the one model
    bool is_inside = false;
  };
  Result<std::unique_ptr<runtime::Instance>> instance_of(const Source& source) const;

  const runtime::HostServices& services_;
  std::function<const worker::WorkerProgram&()> program_;
  std::map<rollout::ReleaseId, Source> sources_;
};

}  // namespace stoa::app
