// token.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/token.hpp"

#include "registry/signature/secret_text.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kOperators = "stoa_op_", kPublisher = "stoa_pub_";

}  // namespace

std::string new_token(TokenKind kind) {
  return new_secret_text(kind == TokenKind::operators ? kOperators : kPublisher);
}

bool is_well_formed_token(std::string_view token) {
  return is_secret_text(token, kOperators) || is_secret_text(token, kPublisher);
}

Sha256 hash_of_token(std::string_view token) { return hash_of_secret(token); }

}  // namespace stoa::registry
