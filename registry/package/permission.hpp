// permission.hpp: what a manifest may ask a sandbox to open, and nothing that a sandbox cannot hold a plugin to.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::registry {

// All permissions of one plugin together.
struct Permissions {
  bool jit = false;                      // "jit"
  bool network = false;                  // "network"
  std::vector<std::uint16_t> tcp_ports;  // "network:tcp:443"
  bool cuda = false;                     // "device:cuda"
  std::uint64_t scratch_bytes = 0;       // "scratch:64MiB"; of several the largest
};

// Adds what the text asks for. Error: invalid_argument "manifest.permission", the message says what to write.
Result<void> add_permission(std::string_view text, Permissions& to);

}  // namespace stoa::registry
