// text.hpp: the character classes and comparisons of HTTP's grammar (ASCII, independent of any locale).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

namespace stoa::http {

constexpr bool is_decimal(char c) { return c >= '0' && c <= '9'; }

constexpr char lower_case(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

constexpr bool is_alphanumeric(unsigned char c) {
  const char l = lower_case(static_cast<char>(c));
  return is_decimal(l) || (l >= 'a' && l <= 'z');
}

// The digit's value, or -1.
constexpr int hex_value(char c) {
  if (is_decimal(c)) return c - '0';
  const char l = lower_case(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr bool equals_ignoring_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  if (a == b) return true;  // most clients write names as we do
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (lower_case(a[i]) != lower_case(b[i])) return false;
  }
  return true;
}

constexpr std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

inline std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower_case(c);
  return out;
}

}  // namespace stoa::http
