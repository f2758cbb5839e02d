// token.hpp: what an operator or a publisher shows to act. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "registry/document/digest.hpp"

namespace stoa::registry {

enum class TokenKind { operators, publisher };

// A secret text that begins with "stoa_op_" or "stoa_pub_".
std::string new_token(TokenKind kind);
bool is_well_formed_token(std::string_view token);
Sha256 hash_of_token(std::string_view token);

}  // namespace stoa::registry
