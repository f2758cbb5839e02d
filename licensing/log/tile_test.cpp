// tile_test.cpp: paths of tiles, proofs out of tiles, bundles of entries. SPDX-License-Identifier: Apache-2.0
#include "licensing/log/tile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace stoa::licensing {
namespace {

TEST(Tile, HasThePathOfTheSpecification) {
  struct Row {
    TilePlace tile;
    const char* path;
  };
  const Row rows[] = {
      {{0, 0, 256}, "tile/0/000"},
      {{0, 999, 256}, "tile/0/999"},
      {{1, 1'000, 12}, "tile/1/x001/000.p/12"},
      {{2, 1'234'067, 256}, "tile/2/x001/x234/067"},
      {{7, 0, 255}, "tile/7/000.p/255"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(path_of(row.tile), row.path);
    EXPECT_EQ(tile_of(row.path), row.tile) << row.path;
  }
  EXPECT_EQ(path_of_entries(1'234'067, 256), "tile/entries/x001/x234/067");
  EXPECT_EQ(path_of_entries(0, 3), "tile/entries/000.p/3");
}

TEST(Tile, OtherPathsAreNone) {
  for (const char* path : {"",
                           "tile",
                           "tile/0",
                           "tile/0/",
                           "tile/0/0",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/8/000",
                           "tile/00/000",
                           "tile/0/x000/001",
                           "tile/0/001/002",
                           "tile/0/000.p/0",
                           "tile/0/000.p/256",
                           "tile/0/000.p/01",
                           "tile/0/000.p/",
                           "tile/entries/000",
                           "/tile/0/000",
                           "tile/0/../000",
                           "tile/0/-01",
                           "tile/0/x1/000",
                           "tile/0/99999999999999999999999",
                           "tile/0/000 "})
    EXPECT_EQ(tile_of(path), std::nullopt) << path;
}

// A log of entries that are their own numbers, with its tiles.
struct Log {
  explicit Log(std::uint64_t size) {
    for (std::uint64_t i = 0; i < size; ++i)
      frontier.append(leaf_hash(std::to_string(i)), [this](NodePlace place, const Sha256& hash) {
        if (place.level % kTileHeight != 0) return;
        rows[place.level / kTileHeight].append(reinterpret_cast<const char*>(hash.data()), hash.size());
      });
  }
  ReadNode reader() {
    return node_reader(frontier.size(), [this](const TilePlace& tile) -> Result<std::string> {
      ++reads[path_of(tile)];
      return rows[tile.level].substr(tile.index * kTileWidth * 32, tile.width * 32);
    });
  }
  Frontier frontier;
  std::map<unsigned, std::string> rows;
  std::map<std::string, int> reads;
};

TEST(Tile, ProofsComeOutOfTheTilesThatExist) {
  for (const std::uint64_t size : {1ull, 2ull, 255ull, 256ull, 257ull, 511ull, 70'000ull}) {
    Log log(size);
    const TreeHead head{size, log.frontier.root()};
    for (const std::uint64_t index : {std::uint64_t{0}, size / 3, size / 2, size - 1}) {
      const auto proof = inclusion_proof(index, size, log.reader());
      ASSERT_TRUE(proof) << proof.error().message;
      EXPECT_TRUE(verify_inclusion({leaf_hash(std::to_string(index)), index}, head, *proof)) << index << " of " << size;
    }
    const auto again = Frontier::read(size, log.reader());
    ASSERT_TRUE(again);
    EXPECT_EQ(again->root(), head.root);
    const auto tiles = tiles_of(size);
    for (const auto& [path, times] : log.reads)
      EXPECT_NE(std::ranges::find(tiles, *tile_of(path)), tiles.end()) << path << " of " << size;
  }
}

TEST(Tile, AnotherLengthIsAnError) {
  const auto read = node_reader(3, [](const TilePlace&) -> Result<std::string> { return std::string(95, 'x'); });
  EXPECT_EQ(read({0, 0}).error().reason, "log.tile");
  EXPECT_EQ(read({0, 3}).error().reason, "log.range");
  EXPECT_EQ(read({1, 1}).error().reason, "log.range");
}

TEST(Bundle, HoldsEntriesOfAnyLength) {
  std::string bundle;
  const std::vector<std::string> entries{"", "a", std::string(300, 'b'), std::string(kEntryBytesMax, 'c')};
  for (const std::string& entry : entries) append_entry(bundle, entry);
  const auto read = entries_of(bundle);
  ASSERT_TRUE(read);
  EXPECT_TRUE(std::ranges::equal(*read, entries));
  for (std::size_t size = 1; size < bundle.size(); size += size < 310 ? 1 : 5'000) {
    const auto cut = entries_of(std::string_view(bundle).substr(0, size));
    const bool ends_between = size == 2 || size == 5 || size == 307;
    EXPECT_EQ(cut.has_value(), ends_between) << size;
  }
}

}  // namespace
}  // namespace stoa::licensing
