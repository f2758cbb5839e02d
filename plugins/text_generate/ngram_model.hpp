// ngram_model.hpp: the probabilities of the next piece, by an interpolated Kneser-Ney n-gram model. No Stoa.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "pieces.hpp"

namespace text_generate {

// Immutable once loaded: any number of threads may ask it at the same time.
class NgramModel {
 public:
  // Reads what train.py wrote (the format: README.md). Throws std::runtime_error, with the byte, for anything else.
  static NgramModel parse(const void* bytes, std::size_t size);

  const Pieces& pieces() const { return pieces_; }
  std::size_t order() const { return levels_.size(); }
  std::size_t ngrams() const;
  std::size_t memory_bytes() const;

  // Overwrites next with one probability per piece, given the last tokens before it (as many as there are, order() - 1
  // count). They sum to one.
  void predict(const std::vector<Token>& context, std::vector<float>& next) const;

 private:
  // A level of the trie: node i of level k is an n-gram of k + 1 tokens; its children are its continuations.
  struct Level {
    std::vector<Token> token;
    std::vector<float> weight;               // (count - discount) / total of the parent
    std::vector<float> back_off;             // what the children leave to the shorter context
    std::vector<std::uint32_t> first_child;  // one more than there are nodes
  };
  struct Reader;

  explicit NgramModel(Pieces pieces) : pieces_(std::move(pieces)) {}
  void read_level(Reader& in, std::size_t nodes, bool is_last, double discount);
  std::optional<std::uint32_t> find(const Token* ngram, std::size_t length) const;  // the node on level length - 1
  void add(const Level& children, std::uint32_t first, std::uint32_t end, float back_off,
           std::vector<float>& next) const;

  Pieces pieces_;
  std::vector<Level> levels_;
  float root_back_off_ = 1;
  std::vector<std::uint32_t> child_counts_;  // of the level read last, while loading
  std::vector<std::uint32_t> unseen_;        // its pruned mass
};

}  // namespace text_generate
