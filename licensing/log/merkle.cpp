// merkle.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/log/merkle.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

namespace stoa::licensing {
namespace {

constexpr char kLeaf = 0, kNode = 1;

std::unexpected<Error> no_proof(std::string_view why) {
  return failure(Code::data_loss, "log.proof", fmt::format("proof: {}", why));
}

std::unexpected<Error> out_of_range(std::string_view what, std::uint64_t a, std::uint64_t b) {
  return failure(Code::out_of_range, "log.range", fmt::format("{}: {} of {}", what, a, b));
}

// The largest power of two below size; size > 1.
std::uint64_t half_of(std::uint64_t size) { return std::bit_floor(size - 1); }

// A stretch of leaves that is a node of some tree: [from, from + count).
struct Stretch {
  std::uint64_t from, count;
};

// Its root, out of complete subtrees.
Result<Sha256> root_of(Stretch stretch, const ReadNode& read_node) {
  if (std::has_single_bit(stretch.count)) {
    const auto level = static_cast<unsigned>(std::countr_zero(stretch.count));
    return read_node({level, stretch.from >> level});
  }
  const std::uint64_t half = half_of(stretch.count);
  const auto left = root_of({stretch.from, half}, read_node);
  if (!left) return left;
  const auto right = root_of({stretch.from + half, stretch.count - half}, read_node);
  if (!right) return right;
  return node_hash(*left, *right);
}

// Adds a sibling's root; false: error is set.
bool take(Stretch sibling, const ReadNode& read_node, Nodes& proof, Result<void>& error) {
  auto root = root_of(sibling, read_node);
  if (!root) {
    error = std::unexpected(root.error());
    return false;
  }
  proof.push_back(*root);
  return true;
}

}  // namespace

Sha256 leaf_hash(std::string_view entry) {
  std::string bytes(1, kLeaf);
  bytes += entry;
  return registry::sha256_of(bytes);
}

Sha256 node_hash(const Sha256& left, const Sha256& right) {
  std::array<char, 65> bytes;
  bytes[0] = kNode;
  std::ranges::copy(left, bytes.begin() + 1);
  std::ranges::copy(right, bytes.begin() + 33);
  return registry::sha256_of({bytes.data(), bytes.size()});
}

Sha256 empty_root() { return registry::sha256_of({}); }

std::vector<NodePlace> frontier_of(std::uint64_t size) {
  std::vector<NodePlace> places;
  std::uint64_t from = 0;
  for (unsigned level = 64; level-- > 0;) {
    if ((size >> level & 1) == 0) continue;
    places.push_back({level, from >> level});
    from += std::uint64_t{1} << level;
  }
  return places;
}

Result<Frontier> Frontier::read(std::uint64_t size, const ReadNode& read_node) {
  Frontier frontier;
  for (const NodePlace place : frontier_of(size)) {
    auto root = read_node(place);
    if (!root) return std::unexpected(root.error());
    frontier.roots_.push_back(*root);
  }
  frontier.size_ = size;
  return frontier;
}

Sha256 Frontier::root() const {
  if (roots_.empty()) return empty_root();
  Sha256 root = roots_.back();
  for (std::size_t i = roots_.size() - 1; i-- > 0;) root = node_hash(roots_[i], root);
  return root;
}

Result<Nodes> inclusion_proof(std::uint64_t index, std::uint64_t size, const ReadNode& read_node) {
  if (index >= size) return out_of_range("leaf", index, size);
  Nodes proof;
  Result<void> error;
  // Downwards from the root; the proof is told upwards.
  for (Stretch node{0, size}; node.count > 1;) {
    const std::uint64_t half = half_of(node.count);
    const Stretch left{node.from, half}, right{node.from + half, node.count - half};
    const bool is_left = index < right.from;
    if (!take(is_left ? right : left, read_node, proof, error)) return std::unexpected(error.error());
    node = is_left ? left : right;
  }
  std::ranges::reverse(proof);
  return proof;
}

Result<Nodes> consistency_proof(std::uint64_t old_size, std::uint64_t new_size, const ReadNode& read_node) {
  if (old_size == 0 || old_size > new_size) return out_of_range("older size", old_size, new_size);
  Nodes proof;
  Result<void> error;
  Stretch node{0, new_size};
  while (node.from + node.count != old_size) {
    const std::uint64_t half = half_of(node.count);
    const Stretch left{node.from, half}, right{node.from + half, node.count - half};
    const bool is_left = old_size <= right.from;
    if (!take(is_left ? right : left, read_node, proof, error)) return std::unexpected(error.error());
    node = is_left ? left : right;
  }
  // The older root itself is known to whoever asks.
  if (node.from > 0 && !take(node, read_node, proof, error)) return std::unexpected(error.error());
  std::ranges::reverse(proof);
  return proof;
}

Result<void> verify_inclusion(const Leaf& leaf, const TreeHead& head, std::span<const Sha256> proof) {
  if (leaf.index >= head.size)
    return no_proof(fmt::format("leaf {} is not in a tree of {} leaves", leaf.index, head.size));
  std::uint64_t at = leaf.index, last = head.size - 1;
  Sha256 root = leaf.hash;
  for (const Sha256& sibling : proof) {
    if (last == 0) return no_proof("has more hashes than the tree is high");
    if ((at & 1) != 0 || at == last) {
      root = node_hash(sibling, root);
      while ((at & 1) == 0 && at != 0) at >>= 1, last >>= 1;
    } else {
      root = node_hash(root, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  if (last != 0) return no_proof("has fewer hashes than the tree is high");
  if (root != head.root) return no_proof("leads to another root");
  return {};
}

Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer, std::span<const Sha256> proof) {
  if (older.size > newer.size) return no_proof(fmt::format("{} leaves became {}", older.size, newer.size));
  if (older.size == newer.size || older.size == 0) {
    if (!proof.empty()) return no_proof("has hashes where none are needed");
    const bool holds = older.size == 0 ? older.root == empty_root() : older.root == newer.root;
    return holds ? Result<void>() : no_proof("one size has two roots");
  }
  std::span<const Sha256> rest = proof;
  Sha256 first = older.root;
  if (!std::has_single_bit(older.size)) {
    if (rest.empty()) return no_proof("is empty");
    first = rest.front();
    rest = rest.subspan(1);
  }
  std::uint64_t at = older.size - 1, last = newer.size - 1;
  for (; (at & 1) != 0; at >>= 1) last >>= 1;
  Sha256 old_root = first, new_root = first;
  for (const Sha256& sibling : rest) {
    if (last == 0) return no_proof("has more hashes than the tree is high");
    if ((at & 1) != 0 || at == last) {
      old_root = node_hash(sibling, old_root);
      new_root = node_hash(sibling, new_root);
      while ((at & 1) == 0 && at != 0) at >>= 1, last >>= 1;
    } else {
      new_root = node_hash(new_root, sibling);
    }
    at >>= 1;
    last >>= 1;
  }
  if (last != 0) return no_proof("has fewer hashes than the tree is high");
  if (old_root != older.root) return no_proof("leads to another older root");
  if (new_root != newer.root) return no_proof("leads to another newer root");
  return {};
}

}  // namespace stoa::licensing
