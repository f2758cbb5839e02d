// range_reader.hpp: the text of a range as the terms it is written in; what they come to is version_range.cpp's.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::registry {

// "1.2", "1.x", "*", "1.2.3-rc.1+build": a number is text, an x or an absent one is nullopt.
struct PartialVersion {
  std::string prefix;  // of v, = and spaces: npm lets them stand before a version
  std::array<std::optional<std::string>, 3> numbers;
  std::vector<std::string> prerelease;

  bool is_full() const { return numbers[0] && numbers[1] && numbers[2]; }
};

// "^1.2", "~>1.2", ">= 1.2.3", "=1.x", "1.2". The first '=' of a prefix belongs to the operator where there is no ^ or
// ~.
struct SimpleTerm {
  char sign = 0;  // '^' '~' '<' '>' or 0
  bool has_equal = false;
  PartialVersion version;
  std::string text;  // as written, for messages
};

struct HyphenTerm {  // "1.2 - 2"
  PartialVersion from, to;
  std::string text;
};

using RangeTerm = std::variant<SimpleTerm, HyphenTerm>;

// One part of a range between two ||: many simple terms, or one hyphen, or nothing. Spaces are single and none at the
// ends. Error: "range.syntax".
Result<std::vector<RangeTerm>> read_range_terms(std::string_view alternative);

std::unexpected<Error> refuse_range(std::string message);

}  // namespace stoa::registry
