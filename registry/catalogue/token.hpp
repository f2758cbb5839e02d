// token.hpp: what an operator or a publisher shows to act: made here, shown once, kept as a hash.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "registry/document/digest.hpp"

namespace stoa::registry {

enum class TokenKind { operators, publisher };

// "stoa_op_" or "stoa_pub_", 160 random bits in base 32, and six characters of checksum: a scanner for secrets finds it
// by its prefix, and a mistyped one is told from one that was never given.
std::string new_token(TokenKind kind);
bool is_well_formed_token(std::string_view token);

// 160 random bits need no slow hash. The lookup goes by the hash, so its time tells nothing of the token.
Sha256 hash_of_token(std::string_view token);

}  // namespace stoa::registry
