// words.hpp: what people may write where others read it: reasons, notes, changelogs.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::registry {

inline constexpr std::size_t kWordsMax = 2'000;  // a paragraph; every line of the audit log carries one

// Error: invalid_argument "text.too_long", "text.utf8" or "text.control" (but line feed and tab; what turns the order
// of letters around, too): what is written here is printed on other people's terminals.
Result<void> check_words(std::string_view field, std::string_view words, std::size_t bytes_max = kWordsMax);

}  // namespace stoa::registry
