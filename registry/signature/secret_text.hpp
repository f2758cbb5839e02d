// secret_text.hpp: secrets that people copy: tokens and keys, made here, shown once, kept as a hash.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "registry/document/digest.hpp"

namespace stoa::registry {

// The prefix, 160 random bits in base 32, and six characters of checksum: a scanner for secrets finds it by its prefix,
// and a mistyped one is told from one that was never given.
std::string new_secret_text(std::string_view prefix);
bool is_secret_text(std::string_view text, std::string_view prefix);
// Whether a whole one is what the text begins with.
bool begins_with_secret_text(std::string_view text, std::string_view prefix);

// 160 random bits need no slow hash. The lookup goes by the hash, so its time tells nothing of the secret.
Sha256 hash_of_secret(std::string_view text);

}  // namespace stoa::registry
