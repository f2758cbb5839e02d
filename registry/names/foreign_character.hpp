// foreign_character.hpp: characters outside ASCII that a name was given with, and the ASCII letter each looks like.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace stoa::registry {

struct ForeignCharacter {
  char32_t code_point = 0;  // 0xFFFD where is_utf8 is false
  bool is_utf8 = true;      // false: bytes that are no UTF-8, overlong forms and surrogates among them
  std::string_view kind;    // "Cyrillic", "invisible", "dash" …; empty where we have no word for it
  char looks_like = '\0';   // a lower-case letter, a digit or a separator; '\0' where it looks like none

  // "U+0430 (Cyrillic), which looks like 'a'": never the character itself, which a terminal might act upon.
  std::string text() const;
};

// The first character of the text outside ASCII; nothing where there is none.
std::optional<ForeignCharacter> first_foreign_character(std::string_view text);

}  // namespace stoa::registry
