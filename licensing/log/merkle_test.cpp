// merkle_test.cpp: proofs that others published, and all proofs of small trees, whole and damaged.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/log/merkle.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "registry/document/vectors.hpp"
#include "registry/signature/dsse.hpp"

namespace stoa::licensing {
namespace {

// A digest of another length is none: as from a document that says nonsense.
std::optional<Sha256> digest_in(const nlohmann::json& text) {
  const auto bytes = registry::from_base64(text.is_null() ? "" : text.get<std::string>());
  Sha256 digest;
  if (!bytes || bytes->size() != digest.size()) return std::nullopt;
  std::ranges::copy(*bytes, digest.begin());
  return digest;
}

bool holds(const nlohmann::json& row) {
  const auto root = digest_in(row["root"]), leaf = digest_in(row["leafHash"]);
  if (!root || !leaf) return false;
  Nodes proof;
  for (const auto& step : row["proof"]) {
    const auto hash = digest_in(step);
    if (!hash) return false;
    proof.push_back(*hash);
  }
  return verify_inclusion({*leaf, row["leafIdx"]}, {row["treeSize"], *root}, proof).has_value();
}

TEST(Merkle, AgreesWithPublishedInclusionProofs) {
  const auto folder = registry::vectors_folder() / "merkle" / "inclusion";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no vectors at " << folder;
  int good = 0, bad = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.path().extension() != ".json") continue;
    const auto row = nlohmann::json::parse(std::ifstream(file.path()));
    EXPECT_EQ(holds(row), !row["wantErr"].get<bool>()) << file.path() << ": " << row["desc"];
    ++(row["wantErr"].get<bool>() ? bad : good);
  }
  EXPECT_GE(good, 5);
  EXPECT_GE(bad, 60);
}

// Every complete subtree of a growing tree.
class Tree {
 public:
  void grow() {
    frontier_.append(leaf(frontier_.size()),
                     [this](NodePlace place, const Sha256& hash) { nodes_[{place.level, place.index}] = hash; });
    heads_.push_back({frontier_.size(), frontier_.root()});
  }
  static Sha256 leaf(std::uint64_t index) { return leaf_hash("entry " + std::to_string(index)); }
  const TreeHead& head(std::uint64_t size) const { return heads_[size]; }
  ReadNode reader() const {
    return [this](NodePlace place) -> Result<Sha256> {
      const auto at = nodes_.find({place.level, place.index});
      if (at == nodes_.end()) return failure(Code::not_found, "test.no_node", "asked for what is not complete");
      return at->second;
    };
  }

 private:
  Frontier frontier_;
  std::map<std::pair<unsigned, std::uint64_t>, Sha256> nodes_;
  std::vector<TreeHead> heads_{{0, empty_root()}};
};

// RFC 6962 2.1 as it is written there.
Sha256 root_by_definition(std::uint64_t from, std::uint64_t count) {
  if (count == 0) return empty_root();
  if (count == 1) return Tree::leaf(from);
  std::uint64_t half = 1;
  while (half * 2 < count) half *= 2;
  return node_hash(root_by_definition(from, half), root_by_definition(from + half, count - half));
}

constexpr std::uint64_t kSizes = 40;

TEST(Merkle, RootsAreThoseOfTheDefinition) {
  Tree tree;
  for (std::uint64_t size = 0; size <= kSizes; ++size) {
    EXPECT_EQ(tree.head(size).root, root_by_definition(0, size)) << size;
    const auto again = Frontier::read(size, tree.reader());
    ASSERT_TRUE(again) << size;
    EXPECT_EQ(again->root(), tree.head(size).root);
    tree.grow();
  }
}

TEST(Merkle, EveryInclusionIsProvedAndNothingElse) {
  Tree tree;
  for (std::uint64_t size = 1; size <= kSizes; ++size) {
    tree.grow();
    for (std::uint64_t index = 0; index < size; ++index) {
      const auto proof = inclusion_proof(index, size, tree.reader());
      ASSERT_TRUE(proof);
      const Leaf leaf{Tree::leaf(index), index};
      EXPECT_TRUE(verify_inclusion(leaf, tree.head(size), *proof)) << index << " of " << size;
      EXPECT_FALSE(verify_inclusion({leaf.hash, index + 1}, tree.head(size), *proof));
      EXPECT_FALSE(verify_inclusion(leaf, tree.head(size - 1), *proof));
      for (std::size_t i = 0; i < proof->size(); ++i) {
        Nodes changed = *proof;
        changed[i][i % 32] ^= 1;
        EXPECT_FALSE(verify_inclusion(leaf, tree.head(size), changed));
      }
      if (!proof->empty()) EXPECT_FALSE(verify_inclusion(leaf, tree.head(size), std::span(*proof).subspan(1)));
    }
  }
  EXPECT_EQ(inclusion_proof(kSizes, kSizes, tree.reader()).error().reason, "log.range");
}

TEST(Merkle, EveryConsistencyIsProvedAndNothingElse) {
  Tree tree;
  for (std::uint64_t newer = 1; newer <= kSizes; ++newer) {
    tree.grow();
    EXPECT_TRUE(verify_consistency(tree.head(0), tree.head(newer), {}));
    for (std::uint64_t older = 1; older <= newer; ++older) {
      const auto proof = consistency_proof(older, newer, tree.reader());
      ASSERT_TRUE(proof);
      EXPECT_TRUE(verify_consistency(tree.head(older), tree.head(newer), *proof)) << older << " of " << newer;
      for (std::size_t i = 0; i < proof->size(); ++i) {
        Nodes changed = *proof;
        changed[i][i % 32] ^= 1;
        EXPECT_FALSE(verify_consistency(tree.head(older), tree.head(newer), changed));
      }
      TreeHead other = tree.head(older);
      other.root[0] ^= 1;
      EXPECT_FALSE(verify_consistency(other, tree.head(newer), *proof));
      Nodes longer = *proof;
      longer.push_back(other.root);
      EXPECT_FALSE(verify_consistency(tree.head(older), tree.head(newer), longer));
    }
  }
  EXPECT_EQ(consistency_proof(0, 1, tree.reader()).error().reason, "log.range");
  EXPECT_EQ(consistency_proof(2, 1, tree.reader()).error().reason, "log.range");
}

}  // namespace
}  // namespace stoa::licensing
