// bounded_json.hpp: JSON that others wrote, read only where it is not nested too deep.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <nlohmann/json.hpp>
#include <string_view>

namespace stoa::client {

// The deepest that a text may nest: no answer of ours comes near. Copying and writing a value call themselves once a
// level, and a server could end the program that asked it by an answer of nothing but brackets.
inline constexpr std::size_t kJsonLevelsMax = 64;

// By the brackets outside strings; of a text that is no JSON either may be told.
bool is_nested_too_deep(std::string_view json);

// The text's value; discarded where it is no JSON, or nested too deep.
nlohmann::ordered_json parse_bounded_json(std::string_view text);

}  // namespace stoa::client
