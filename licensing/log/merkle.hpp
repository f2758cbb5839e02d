// merkle.hpp: the history tree of RFC 6962: hashes, proofs, and their verification. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "registry/document/digest.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

using registry::Sha256;

// Source: RFC 6962 2.1. A leaf and a node can never be taken for each other.
Sha256 leaf_hash(std::string_view entry);
Sha256 node_hash(const Sha256& left, const Sha256& right);
Sha256 empty_root();

// A complete subtree: of the 2^level leaves from index * 2^level on.
struct NodePlace {
  unsigned level = 0;
  std::uint64_t index = 0;
  friend bool operator==(const NodePlace&, const NodePlace&) = default;
};
using Nodes = std::vector<Sha256>;
// The hash of a complete subtree of the log; errors are passed on.
using ReadNode = std::function<Result<Sha256>(NodePlace)>;

// The tree grows here: it keeps the roots of the complete subtrees, largest first, and nothing else.
class Frontier {
 public:
  Frontier() = default;
  // Of a log that is there already: the subtrees of frontier_of(size), read.
  static Result<Frontier> read(std::uint64_t size, const ReadNode& read_node);

  // Tells of each subtree that is complete with this leaf, from the leaf itself upwards.
  template <class Visit>
  void append(const Sha256& leaf, const Visit& visit) {
    Sha256 hash = leaf;
    NodePlace place{0, size_};
    visit(place, hash);
    for (std::uint64_t rest = size_++; rest & 1; rest >>= 1) {
      hash = node_hash(roots_.back(), hash);
      roots_.pop_back();
      place = {place.level + 1, place.index >> 1};
      visit(place, hash);
    }
    roots_.push_back(hash);
  }
  void append(const Sha256& leaf) {
    append(leaf, [](NodePlace, const Sha256&) {});
  }

  std::uint64_t size() const { return size_; }
  Sha256 root() const;

 private:
  std::uint64_t size_ = 0;
  Nodes roots_;
};

// The complete subtrees a tree of this size consists of, largest first.
std::vector<NodePlace> frontier_of(std::uint64_t size);

// Source: RFC 6962 2.1.1, 2.1.2. index < size; 0 < old_size <= new_size. Errors: those of read_node; out_of_range
// "log.range".
Result<Nodes> inclusion_proof(std::uint64_t index, std::uint64_t size, const ReadNode& read_node);
Result<Nodes> consistency_proof(std::uint64_t old_size, std::uint64_t new_size, const ReadNode& read_node);

// Source: RFC 9162 2.1.3.2, 2.1.4.2 (the hashes are those of RFC 6962). Error: data_loss "log.proof" with what does not
// hold.
struct Leaf {
  Sha256 hash{};
  std::uint64_t index = 0;
};
struct TreeHead {
  std::uint64_t size = 0;
  Sha256 root{};
  friend bool operator==(const TreeHead&, const TreeHead&) = default;
};
Result<void> verify_inclusion(const Leaf& leaf, const TreeHead& head, std::span<const Sha256> proof);
Result<void> verify_consistency(const TreeHead& older, const TreeHead& newer, std::span<const Sha256> proof);

}  // namespace stoa::licensing
