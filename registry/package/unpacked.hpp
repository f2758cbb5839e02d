// unpacked.hpp: what lies unpacked under a folder, who is using it, and what nobody used for long.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Lock: whoever runs what was unpacked under a root holds this, beside others. What is removed was last unpacked or
// used again before the process that removes it began, and nobody else is there.
struct UnpackedHold {
  File lock;
  std::vector<std::string> removed;  // names of folders
};

// Takes the hold; where no other process has one, first removes the folders that extract_package neither made nor used
// again since unused_since_ms (Unix time). A folder that cannot be removed stays for the next time. Root is made (0700)
// where it is not there. Errors: file.*.
Result<UnpackedHold> hold_unpacked(const std::filesystem::path& root, std::int64_t unused_since_ms);

// "…-<16 hexadecimal digits>": the name of a folder that extract_package made.
bool is_name_of_unpacked(std::string_view name);
// It is in use from now on.
void touch_unpacked(const std::filesystem::path& folder);

}  // namespace stoa::registry
