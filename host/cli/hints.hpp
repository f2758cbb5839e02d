// hints.hpp: what to do next, by the reason of an error and the command that met it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string_view>

namespace stoa::cli {

struct Hint {
  std::string_view reason;  // or a prefix that ends in "."
  std::string_view text;
  std::string_view commands = {};  // it is for these alone, with spaces between; empty: for all
};

// In order: the first that fits counts.
std::span<const Hint> hints();
// Empty: none is known.
std::string_view hint_for(std::string_view reason, std::string_view command);

}  // namespace stoa::cli
