// feed_rotation.hpp: other keys for a role of a registry's signed metadata. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "registry/tuf/metadata.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct RotationOrder {
  std::filesystem::path folder;  // the registry's: metadata/ and keys/ lie in it, and no host has it open
  std::string role;              // "root", "targets", "snapshot", "timestamp" or "releases"
  std::vector<std::filesystem::path> key_files = {};  // private keys that are kept elsewhere: root's, mostly
  unsigned new_keys = 1;
  std::uint64_t threshold = 1;  // how many of them have to sign
};

struct Rotation {
  std::uint64_t root_version = 0;
  std::vector<std::filesystem::path> made;     // in keys/, mode 0600
  std::vector<std::filesystem::path> expired;  // of keys/ and key_files: no role has these keys any more
};

// The next root names new keys for the role, and what they sign is signed anew. Followers notice nothing: they walk
// from the root they have to this one. Reasons: rotation.role, rotation.keys (none, too many, or fewer than the
// threshold), metadata.signers (root's keys are not here: nothing was changed, and the new files are gone again),
// metadata.locked (a host has the registry open), file.*, key.*.
Result<Rotation> rotate_feed_keys(const RotationOrder& order, TufTime now);

}  // namespace stoa::registry
