// model_config.hpp: what the operator says of one model: where it runs, how much it may take, its settings.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "host/runtime/model_spec.hpp"
#include "stoa/dlpack.h"

namespace stoa::app {

class Section;

// What is absent stays as the manifest has it.
struct ModelConfig {
  std::vector<DLDevice> devices;
  std::optional<std::uint64_t> memory_budget_bytes, deadline_ms;
  std::optional<std::uint32_t> inflight_max, queue_max, threads, workers;
  std::string config_json;  // an object, or empty
};

using ModelConfigs = std::map<std::string, ModelConfig, std::less<>>;  // by "publisher/model"

void read_models(Section& section, ModelConfigs& models);

// The settings are laid over the manifest's key by key, tables inside them too.
void apply(const ModelConfig& config, runtime::ModelSpec& spec);

}  // namespace stoa::app
