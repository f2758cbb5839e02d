// feed_keys.hpp: the private keys of a registry's signed metadata: a folder of PEM files, one per role at first.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "registry/signature/ed25519.hpp"
#include "registry/tuf/tuf_repository.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// root.pem, targets.pem, snapshot.pem, timestamp.pem, releases.pem, each of mode 0600; made where there is none of
// them. Each role has one key and threshold 1: raised by a rotation. Reasons: file.*, key.*.
Result<SigningRules> make_feed_keys(const std::filesystem::path& folder);

// Every *.pem of the folder, whatever its name: those that are not there (root's, kept elsewhere) sign nothing.
Result<std::vector<PrivateKey>> read_feed_keys(const std::filesystem::path& folder);
// In the order of their names.
Result<std::vector<std::filesystem::path>> feed_key_files(const std::filesystem::path& folder);
Result<std::vector<PrivateKey>> read_key_files(const std::vector<std::filesystem::path>& files);

}  // namespace stoa::registry
