// release_loader.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/release_loader.hpp"

#include <optional>

#include "host/runtime/load_plugin.hpp"

namespace stoa::app {

void ReleaseLoader::remember(const Prepared& release) {
  const std::lock_guard lock(mutex_);
  for (const runtime::ModelSpec& model : release.plugin.models) {
    Prepared one = release;
    one.plugin.models = {model};
    sources_.insert_or_assign({model.name, model.version}, std::move(one));
  }
}

Result<std::unique_ptr<runtime::Instance>> ReleaseLoader::instance_of(const Prepared& source) const {
  if (!source.is_inside) return worker::load_worker(program_(), source.plugin, source.plugin.models.front(), services_);
  auto instances = runtime::load_plugin(source.plugin, services_);
  if (!instances) return std::unexpected(instances.error());
  return std::move(instances->front());
}

Result<std::shared_ptr<inference::ServedModel>> ReleaseLoader::load(
    const rollout::ReleaseId& release, const rollout::RolloutParts::OnStep& on_step) const {
  std::optional<Prepared> source;  // a copy: loading takes its time
  {
    const std::lock_guard lock(mutex_);
    if (const auto at = sources_.find(release); at != sources_.end()) source = at->second;
  }
  if (!source)
    return failure(Code::not_found, "model.version_unknown",
                   "no package of this host has model \"" + release.model + "\" version " + release.version);
  auto instance = instance_of(*source);
  if (!instance) return std::unexpected(instance.error());
  return inference::ServedModel::start(std::move(*instance),
                                       {.inline_trusted = true, .log = services_.log, .on_step = on_step});
}

}  // namespace stoa::app
