// pieces.cpp: cuts text into words by train.py's rule and joins the neighbours within each.
// SPDX-License-Identifier: Apache-2.0
#include "pieces.hpp"

#include <limits>
#include <stdexcept>
#include <utility>

namespace text_generate {
namespace {

enum class Kind { space, newline, letter, other };

Kind kind(char c) {
  if (c == ' ') return Kind::space;
  if (c == '\n') return Kind::newline;
  return c == '\'' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ? Kind::letter : Kind::other;
}

bool begins_word(char before, char here) {
  const Kind was = kind(before), is = kind(here);
  if (is == Kind::space || is == Kind::newline || was == Kind::newline) return true;
  return was != Kind::space && is != was;
}

// Joining is quadratic in a word's length. No word of the novels comes near this; a longer one is cut, so that a prompt
// of a million letters costs no more than a million letters of text.
constexpr std::size_t kWordBytesMax = 64;

// Bytes of the UTF-8 character that begins with c; 1 for what begins none.
std::size_t character_bytes(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
}

}  // namespace

Pieces::Pieces(std::vector<std::string> pieces) : pieces_(std::move(pieces)) {
  if (pieces_.empty() || pieces_.size() > std::numeric_limits<Token>::max())
    throw std::runtime_error("a vocabulary of " + std::to_string(pieces_.size()) + " pieces");
  ids_.reserve(pieces_.size());
  for (std::size_t i = 0; i < pieces_.size(); ++i)
    if (pieces_[i].empty() || !ids_.emplace(pieces_[i], static_cast<Token>(i)).second)
      throw std::runtime_error("piece " + std::to_string(i) + " of the vocabulary is empty or there twice");
}

std::vector<Token> Pieces::encode(std::string_view text) const {
  std::vector<Token> tokens;
  std::size_t start = 0;
  for (std::size_t i = 1; i <= text.size(); ++i)
    if (i == text.size() || begins_word(text[i - 1], text[i]) || i - start >= kWordBytesMax) {
      encode_word(text.substr(start, i - start), tokens);
      start = i;
    }
  return tokens;
}

void Pieces::encode_word(std::string_view word, std::vector<Token>& out) const {
  std::vector<std::string_view> parts;  // neighbours in word, so that two joined are again a view of it
  for (std::size_t i = 0; i < word.size(); i += parts.back().size())
    parts.push_back(word.substr(i, character_bytes(word[i])));

  while (true) {
    auto oldest = pieces_.size();
    std::size_t at = 0;
    for (std::size_t i = 0; i + 1 < parts.size(); ++i) {
      const std::string_view both(parts[i].data(), parts[i].size() + parts[i + 1].size());
      const auto found = ids_.find(both);
      if (found != ids_.end() && found->second < oldest) {
        oldest = found->second;
        at = i;
      }
    }
    if (oldest == pieces_.size()) break;
    parts[at] = std::string_view(parts[at].data(), parts[at].size() + parts[at + 1].size());
    parts.erase(parts.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
  for (const auto part : parts)
    if (const auto found = ids_.find(part); found != ids_.end()) out.push_back(found->second);
}

}  // namespace text_generate
