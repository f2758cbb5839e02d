// tile.hpp: the tree's hashes in files of 256, as C2SP's tlog-tiles lays them out. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/log/merkle.hpp"

namespace stoa::licensing {

// Source: c2sp.org/tlog-tiles. A tile of level L holds the tree's hashes of level 8 L, 256 of them, fewer at the right
// edge.
inline constexpr unsigned kTileHeight = 8;
inline constexpr std::uint64_t kTileWidth = 256;

struct TilePlace {
  unsigned level = 0;
  std::uint64_t index = 0;
  unsigned width = kTileWidth;  // 1 … 256
  friend bool operator==(const TilePlace&, const TilePlace&) = default;
};

// "tile/0/x001/x234/067", "tile/1/000.p/12".
std::string path_of(const TilePlace& tile);
// Entries 256 * index … of the log: "tile/entries/x001/234", "tile/entries/000.p/12".
std::string path_of_entries(std::uint64_t index, unsigned width);
// Only what path_of writes. Nothing: it is no tile's path.
std::optional<TilePlace> tile_of(std::string_view path);

// The tiles a tree of this size has, the partial ones at its edge among them.
std::vector<TilePlace> tiles_of(std::uint64_t size);

// Reads nodes of a tree of a size out of tiles. A tile's bytes are its hashes, one after another. Errors: those of
// read_tile; data_loss "log.tile": a tile of another length. Nothing read is trusted: proofs are verified against a
// signed head.
using ReadTile = std::function<Result<std::string>(const TilePlace&)>;
ReadNode node_reader(std::uint64_t size, ReadTile read_tile);

// Entries as a bundle holds them: each behind its length in two bytes, the higher first. Entries over 65,535 bytes do
// not exist in such a log.
inline constexpr std::size_t kEntryBytesMax = 65'535;
void append_entry(std::string& bundle, std::string_view entry);
// Error: data_loss "log.bundle", with the entry's number.
Result<std::vector<std::string_view>> entries_of(std::string_view bundle);

}  // namespace stoa::licensing
