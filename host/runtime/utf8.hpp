// utf8.hpp: is a text from a plugin UTF-8, and what to show of one that is not. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace stoa::runtime {

// Shortest form only, no surrogates, at most U+10FFFF (RFC 3629).
bool is_utf8(std::string_view text) noexcept;

// The text, at most bytes_max of it, with '?' for each byte that is not UTF-8, each control character (C0, C1)
// and each that turns the direction of a line around.
std::string printable(std::string_view text, std::size_t bytes_max);

}  // namespace stoa::runtime
