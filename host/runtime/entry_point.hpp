// entry_point.hpp: a plugin's one function, unentered: for the conformance kit, which shakes hands itself, again and
// again. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>

#include "stoa/result.hpp"
#include "stoa/stoa.h"

namespace stoa::runtime {

using PluginEntry = const stoa_entry*(std::uint32_t abi_min, std::uint32_t abi_max, stoa_error* err);

// Loads the library for the rest of this process. The caller has linted it (export_lint.hpp). Its static constructors
// run here. Error: failed_precondition "plugin.load", with what the dynamic loader said.
Result<PluginEntry*> load_entry_point(const std::filesystem::path& library);

}  // namespace stoa::runtime
