// lock_file.hpp: a folder that is its owner's alone, and one process at a time. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <optional>

#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Made with its parents where it is not there; mode 0700. Errors: file.*.
Result<void> make_private_folder(const std::filesystem::path& folder);

// Made where it is not there, and locked as long as the File lives; nothing: another process has it. A lock of the
// process (fcntl, not flock): what a host forks, and what outlives it, does not hold it. SQLite would not stop two:
// each would write, and each would checkpoint.
Result<std::optional<File>> lock_file(const std::filesystem::path& path);

}  // namespace stoa::registry
