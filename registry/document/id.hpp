// id.hpp: ids that are typed, ordered by time, and never guessed from one another. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace stoa::registry {

// Text form: prefix, '_', 26 characters of Crockford's base 32: 48 bits of milliseconds, then 80 random ones. Sorted as
// text they are sorted by time, which keeps an index compact.
template <class Tag>
struct Id {
  std::string text;
  friend auto operator<=>(const Id&, const Id&) = default;
};

std::string new_id_text(std::string_view prefix, std::int64_t now_ms);

template <class Tag>
Id<Tag> new_id(std::int64_t now_ms) {
  return {new_id_text(Tag::kPrefix, now_ms)};
}

// Of the system's; without random numbers it throws: what can be guessed is worse than nothing.
void fill_random(std::span<std::uint8_t> bytes);
// Crockford's alphabet in lower case, five bits a character, the last one filled with zeros.
std::string base32(std::span<const std::uint8_t> bytes);

}  // namespace stoa::registry
