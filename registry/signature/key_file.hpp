// key_file.hpp: private keys in files: PEM, readable by their owner alone. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "registry/signature/ed25519.hpp"

namespace stoa::registry {

// Errors: those of read_small_file; "key.*" of PrivateKey::from_pem, with the file's name in front.
Result<PrivateKey> read_private_key(const std::filesystem::path& file);

// With mode 0600; complete or not there. Errors: file.*.
Result<void> keep_private_key(const std::filesystem::path& file, const PrivateKey& key);

// Made once, and from then on the same. A file that is there and holds no key is an error, never replaced.
Result<PrivateKey> read_or_make_private_key(const std::filesystem::path& file);

}  // namespace stoa::registry
