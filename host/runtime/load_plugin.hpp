// load_plugin.hpp: from a verified package to loaded models. The runtime's front door.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <vector>

#include "host/runtime/host_services.hpp"
#include "host/runtime/instance.hpp"
#include "host/runtime/plugin_source.hpp"

namespace stoa::runtime {

// All models of the plugin, loaded and warming (see Instance::warm_up), or none. Blocks up to the models' load_ns; call
// it off the I/O threads. The plugin is de-initialised with the last of its instances.
Result<std::vector<std::unique_ptr<Instance>>> load_plugin(const PluginSource& source, const HostServices& services);

}  // namespace stoa::runtime
