// identifier.hpp: the characters that versions and ranges are made of. SPDX-License-Identifier: Apache-2.0
#pragma once

namespace stoa::registry {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_identifier_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
}

}  // namespace stoa::registry
