// evaluate_options.hpp: what `stoa evaluate` is told. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "host/cli/registry_option.hpp"

namespace stoa::cli {

struct EvaluateOptions : RegistryOptions {
  std::vector<std::string> words;  // MODEL, or an action with what it is about
  std::string dataset, dataset_name, output, server, package, model, key, public_key, out;
  std::string config;
  std::vector<std::string> trust, allow, in_process;
  int limit = 0, concurrency = 1, timeout_s = 60, wait_s = 120;
  bool is_attaching = false, without_outcomes = false;
};

}  // namespace stoa::cli
