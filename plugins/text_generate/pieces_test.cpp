// pieces_test.cpp: text is cut and joined as in training, and comes back unchanged.
// SPDX-License-Identifier: Apache-2.0
#include "pieces.hpp"

#include <gtest/gtest.h>

namespace text_generate {
namespace {

Pieces small() { return Pieces({" ", "\n", "'", ".", "a", "b", "c", "é", "ab", " c", " ca", "ca", "..", "a.", "b'"}); }

std::string spelled(const Pieces& pieces, std::string_view text) {
  std::string out;
  for (const auto token : pieces.encode(text)) out += pieces.text(token) + "|";
  return out;
}

TEST(Pieces, JoinsOldestFirstWithinWords) {
  struct Row {
    const char *text, *pieces;
  };
  const Row rows[] = {
      {"", ""},
      {"a", "a|"},
      {"ab", "ab|"},
      {"aab", "a|ab|"},
      {" ca", " ca|"},  // " c" first, for it is older than "ca"
      {"ca", "ca|"},
      {"a.", "a|.|"},  // a letter and a full stop are two words
      {"a..", "a|..|"},
      {"a  ca", "a| | ca|"},  // one space belongs to the word after it
      {"a\nb", "a|\n|b|"},
      {"b'", "b'|"},  // an apostrophe is a letter
      {"aéb", "a|é|b|"},
      {"aüb", "a|b|"},   // not in the vocabulary: left out
      {"\xF0\x9F", ""},  // half a character
  };
  const auto pieces = small();
  for (const auto& row : rows) EXPECT_EQ(spelled(pieces, row.text), row.pieces) << '"' << row.text << '"';
}

TEST(Pieces, LongWordCostsNoMoreThanItsLength) {
  const std::string word(1 << 17, 'a');
  EXPECT_EQ(small().encode(word).size(), word.size());
}

TEST(Pieces, RefusesEmptyAndDoublePieces) {
  EXPECT_THROW(Pieces({}), std::runtime_error);
  EXPECT_THROW(Pieces({"a", ""}), std::runtime_error);
  EXPECT_THROW(Pieces({"a", "b", "a"}), std::runtime_error);
  EXPECT_THROW(Pieces(std::vector<std::string>(70000, "a")), std::runtime_error);
}

}  // namespace
}  // namespace text_generate
