// ngram_model.cpp: reads the trie of n-grams, level by level, and looks contexts up in it.
// SPDX-License-Identifier: Apache-2.0
#include "ngram_model.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <string>
#include <utility>

namespace text_generate {

struct NgramModel::Reader {
  const std::uint8_t* bytes;
  std::size_t size, at = 0;

  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error("the n-gram file is broken at byte " + std::to_string(at) + ": " + what);
  }
  const std::uint8_t* take(std::size_t n) {
    if (n > size - at) fail("it ends early");
    at += n;
    return bytes + at - n;
  }
  std::uint32_t u32() {
    const auto* b = take(4);
    return b[0] | std::uint32_t{b[1]} << 8 | std::uint32_t{b[2]} << 16 | std::uint32_t{b[3]} << 24;
  }
  float f32() {
    const auto bits = u32();
    float value;
    std::memcpy(&value, &bits, sizeof value);
    return value;
  }
  std::uint32_t varint() {
    std::uint32_t value = 0;
    for (unsigned shift = 0; shift < 32; shift += 7) {
      const auto byte = *take(1);
      value |= std::uint32_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return value;
    }
    fail("a number of more than 32 bits");
  }
};

namespace {

constexpr std::uint32_t kOrderMax = 8;

}  // namespace

NgramModel NgramModel::parse(const void* bytes, std::size_t size) {
  Reader in{static_cast<const std::uint8_t*>(bytes), size};
  if (std::memcmp(in.take(4), "STNG", 4) != 0) in.fail("it does not begin with STNG");
  if (const auto version = in.u32(); version != 1) in.fail("version " + std::to_string(version) + ", 1 is known");
  const auto vocabulary = in.u32(), order = in.u32();
  if (vocabulary > in.size) in.fail(std::to_string(vocabulary) + " pieces");
  if (order < 1 || order > kOrderMax) in.fail("order " + std::to_string(order));

  std::vector<std::string> pieces;
  pieces.reserve(vocabulary);
  for (std::uint32_t i = 0; i < vocabulary; ++i) {
    const std::size_t length = *in.take(1);
    pieces.emplace_back(reinterpret_cast<const char*>(in.take(length)), length);
  }
  NgramModel model{Pieces(std::move(pieces))};
  std::vector<double> discounts(order);
  for (auto& discount : discounts) discount = in.f32();
  std::vector<std::uint32_t> nodes(order);
  for (auto& n : nodes) n = in.u32();

  model.child_counts_ = {vocabulary};
  model.unseen_ = {0};
  for (std::uint32_t k = 0; k < order; ++k) model.read_level(in, nodes[k], k + 1 == order, discounts[k]);
  if (in.at != size) in.fail("bytes are left over");
  model.child_counts_ = {};
  model.unseen_ = {};
  return model;
}

// The children of all nodes of the level before, in order; each family's probabilities once its total is known.
void NgramModel::read_level(Reader& in, std::size_t nodes, bool is_last, double discount) {
  const auto announced = std::accumulate(child_counts_.begin(), child_counts_.end(), std::uint64_t{0});
  if (announced != nodes || nodes > in.size) in.fail(std::to_string(nodes) + " n-grams in a level");
  Level level;
  level.token.reserve(nodes);
  level.weight.reserve(nodes);
  std::vector<std::uint32_t> child_counts, unseen;
  Level* parents = levels_.empty() ? nullptr : &levels_.back();
  for (std::size_t p = 0; p < child_counts_.size(); ++p) {
    if (parents) parents->first_child.push_back(static_cast<std::uint32_t>(level.token.size()));
    if (child_counts_[p] == 0) continue;
    const auto first = level.weight.size();
    std::uint64_t next_token = 0, kept = 0;
    for (std::uint32_t c = 0; c < child_counts_[p]; ++c) {
      next_token += in.varint();
      if (next_token >= pieces_.size()) in.fail("token " + std::to_string(next_token));
      level.token.push_back(static_cast<Token>(next_token++));
      const auto count = in.varint();
      kept += count;
      level.weight.push_back(static_cast<float>(std::max(count - discount, 0.0)));
      if (is_last) continue;
      child_counts.push_back(in.varint());
      unseen.push_back(child_counts.back() ? in.varint() : 0);
    }
    const double total = static_cast<double>(kept + unseen_[p]);
    if (total <= 0) in.fail("a context that was never seen");
    double mass = 0;
    for (auto i = first; i < level.weight.size(); ++i) {
      level.weight[i] = static_cast<float>(level.weight[i] / total);
      mass += level.weight[i];
    }
    (parents ? parents->back_off[p] : root_back_off_) = static_cast<float>(std::max(1 - mass, 0.0));
  }
  if (parents) parents->first_child.push_back(static_cast<std::uint32_t>(level.token.size()));
  level.back_off.assign(nodes, 1.0f);
  if (is_last) level.first_child.assign(nodes + 1, 0);
  levels_.push_back(std::move(level));
  child_counts_ = std::move(child_counts);
  unseen_ = std::move(unseen);
}

void NgramModel::add(const Level& children, std::uint32_t first, std::uint32_t end, float back_off,
                     std::vector<float>& next) const {
  for (auto& p : next) p *= back_off;
  for (auto i = first; i < end; ++i) next[children.token[i]] += children.weight[i];
}

void NgramModel::predict(const std::vector<Token>& context, std::vector<float>& next) const {
  next.assign(pieces_.size(), 1.0f / static_cast<float>(pieces_.size()));
  add(levels_[0], 0, static_cast<std::uint32_t>(levels_[0].token.size()), root_back_off_, next);
  // Every length is looked up: pruning may have taken a context's end and kept the longer context itself.
  const auto longest = std::min(context.size(), levels_.size() - 1);
  for (std::size_t length = 1; length <= longest; ++length) {
    const auto node = find(context.data() + context.size() - length, length);
    if (!node) continue;
    const auto& level = levels_[length - 1];
    const auto first = level.first_child[*node], end = level.first_child[*node + 1];
    if (first != end) add(levels_[length], first, end, level.back_off[*node], next);
  }
}

std::optional<std::uint32_t> NgramModel::find(const Token* ngram, std::size_t length) const {
  std::uint32_t first = 0, end = static_cast<std::uint32_t>(levels_[0].token.size()), node = 0;
  for (std::size_t i = 0; i < length; ++i) {
    const auto& tokens = levels_[i].token;
    const auto found = std::lower_bound(tokens.begin() + first, tokens.begin() + end, ngram[i]);
    if (found == tokens.begin() + end || *found != ngram[i]) return std::nullopt;
    node = static_cast<std::uint32_t>(found - tokens.begin());
    first = levels_[i].first_child[node];
    end = levels_[i].first_child[node + 1];
  }
  return node;
}

std::size_t NgramModel::ngrams() const {
  std::size_t n = 0;
  for (const auto& level : levels_) n += level.token.size();
  return n;
}

std::size_t NgramModel::memory_bytes() const {
  return ngrams() * (sizeof(Token) + 2 * sizeof(float) + sizeof(std::uint32_t));
}

}  // namespace text_generate
