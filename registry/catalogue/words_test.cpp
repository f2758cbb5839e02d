// words_test.cpp: texts that may be written into the catalogue, and texts that may not.
// SPDX-License-Identifier: Apache-2.0
#include "registry/document/words.hpp"

#include <gtest/gtest.h>

#include <string>

namespace stoa::registry {
namespace {

struct WordsRow {
  std::string words, reason;  // reason empty: taken
};

TEST(Words, AreTextThatATerminalCanShow) {
  const WordsRow rows[] = {
      {"", ""},
      {"plain, with 'quotes' and \"more\"", ""},
      {"two\nlines\tand a tab", ""},
      {"Gr\xc3\xbc\xc3\x9f"
       "e \xe2\x82\xac \xf0\x9f\x8f\x9b",
       ""},
      {std::string(2'000, 'x'), ""},
      {std::string(2'001, 'x'), "text.too_long"},
      {std::string("a\0b", 3), "text.control"},
      {"a\x1b[31m", "text.control"},
      {"a\r", "text.control"},
      {"a\u202Etxt", "text.control"},  // what follows is written backwards
      {"a\u2066b", "text.control"},
      {"\u05D0\u200F", ""},  // a mark of direction is part of right-to-left text
      {"a\x7f", "text.control"},
      {"a\xc2\x9b"
       "31m",
       "text.control"},  // U+009B, CSI in one character
      {"a\x80", "text.utf8"},
      {"a\xc3", "text.utf8"},
      {"a\xff", "text.utf8"},
      {"\xc0\xaf", "text.utf8"},          // overlong
      {"\xe0\x80\xaf", "text.utf8"},      // overlong
      {"\xed\xa0\x80", "text.utf8"},      // a surrogate
      {"\xf4\x90\x80\x80", "text.utf8"},  // above U+10FFFF
      {"\xf8\x88\x80\x80", "text.utf8"},
      {"\xe2\x82", "text.utf8"},
  };
  for (const auto& [words, reason] : rows) {
    const auto checked = check_words("note", words);
    EXPECT_EQ(checked ? "" : checked.error().reason, reason) << words.substr(0, 40);
    if (checked) continue;
    EXPECT_EQ(checked.error().code, Code::invalid_argument);
    EXPECT_TRUE(checked.error().message.starts_with("note: ")) << checked.error().message;
  }
}

}  // namespace
}  // namespace stoa::registry
