// pieces.hpp: text to the pieces (tokens) of the vocabulary and back: byte-pair encoding over characters.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace text_generate {

using Token = std::uint16_t;

class Pieces {
 public:
  // In the order in which training joined them. Throws std::runtime_error for none, too many, an empty or a double one.
  explicit Pieces(std::vector<std::string> pieces);
  // The map's keys view the strings, which a move leaves where they are and a copy does not.
  Pieces(Pieces&&) = default;
  Pieces(const Pieces&) = delete;

  std::size_t size() const { return pieces_.size(); }
  const std::string& text(Token token) const { return pieces_[token]; }

  // Characters that the vocabulary does not have are left out.
  std::vector<Token> encode(std::string_view text) const;

 private:
  void encode_word(std::string_view word, std::vector<Token>& out) const;

  std::vector<std::string> pieces_;
  std::unordered_map<std::string_view, Token> ids_;
};

}  // namespace text_generate
