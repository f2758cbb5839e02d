// fold.hpp: what of a name a reader's eye keeps: keys that are equal where two names could be taken for each other.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace stoa::registry {

// All of these take ASCII.
std::string lower_case(std::string_view name);

// The parts between the separators - _ . without empty ones: "acme--inc" has two.
std::vector<std::string_view> words_of(std::string_view lower);
std::string joined(const std::vector<std::string_view>& words);

// One spelling for what looks alike in common fonts: 0 o, 1 l i, 5 s, 8 b, 9 g q, rn m, vv w, cl d.
std::string look_alike_key(std::string_view word);

// English plurals, roughly: "models" "model", "libraries" "library", "boxes" "box", but "class".
std::string singular_of(std::string_view word);

// Without the words that anybody can put around a known name: "the-acme-ai-official" is "acme". One word always stays.
std::vector<std::string_view> without_affixes(std::vector<std::string_view> words);
// Where such a word is glued to the end of a name of 4 characters or more: "acmeofficial" is "acme". Else empty.
std::string_view without_glued_affix(std::string_view word);

// Whether one character inserted, removed or replaced, or two neighbours exchanged, make one of the other.
bool is_one_edit_apart(std::string_view a, std::string_view b);

// "resnet18" and "resnet34", "v2" and "v10": siblings in a row, told apart by what a reader looks at.
bool differ_only_in_numbers(std::string_view a, std::string_view b);

}  // namespace stoa::registry
