// lines.hpp: lists in one column of text: an entry a line, its words with a space between.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stoa::licensing {

inline std::string text_of(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

inline std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

// The first word, which is taken off; without a space: all of it.
inline std::string take_word(std::string_view& line) {
  const std::size_t end = line.find(' ');
  std::string word(line.substr(0, end));
  line.remove_prefix(end == line.npos ? line.size() : end + 1);
  return word;
}

// 0 for what is no number: these were written here.
inline std::int64_t number_in(std::string_view word) {
  std::int64_t value = 0;
  std::from_chars(word.data(), word.data() + word.size(), value);
  return value;
}

}  // namespace stoa::licensing
