// log_check.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/log_check.hpp"

#include <fmt/format.h>

#include <cstring>

namespace stoa::licensing {
namespace {

constexpr std::size_t kHashBytes = sizeof(Sha256);

Sha256 hash_in(std::string_view tile, std::uint64_t at) {
  Sha256 hash;
  std::memcpy(hash.data(), tile.data() + at * kHashBytes, kHashBytes);
  return hash;
}

// Of a full tile.
Sha256 root_of(std::string_view tile) {
  Nodes row(kTileWidth);
  std::memcpy(row.data(), tile.data(), tile.size());
  for (std::size_t width = kTileWidth / 2; width > 0; width /= 2)
    for (std::size_t i = 0; i < width; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
  return row[0];
}

std::string short_text(const Sha256& hash) { return registry::to_hex(hash).substr(0, 16); }

}  // namespace

Result<LogCheck> LogCheck::open(const TreeHead& head, ReadTile read_tile) {
  // Source: c2sp.org/tlog-tiles, "partial tiles": where one is no longer there, the full one begins with it.
  LogCheck check(head, [read = std::move(read_tile)](const TilePlace& place) -> Result<std::string> {
    auto bytes = read(place);
    if (bytes || place.width == kTileWidth || bytes.error().code != Code::not_found) return bytes;
    auto full = read({place.level, place.index, kTileWidth});
    return full ? Result<std::string>(full->substr(0, place.width * kHashBytes)) : bytes;
  });
  if (auto edge = check.read_edge(); !edge) return std::unexpected(edge.error());
  return check;
}

// The tiles at the right edge are partial, and together they are all that the root is made of.
Result<void> LogCheck::read_edge() {
  const auto read = [this](const TilePlace& place) -> Result<std::string> {
    const std::pair name{place.level, place.index};
    if (const auto known = tiles_.find(name); known != tiles_.end()) return known->second;
    auto bytes = read_tile_(place);
    if (bytes) tiles_[name] = *bytes;
    return bytes;
  };
  const auto frontier = Frontier::read(head_.size, node_reader(head_.size, read));
  if (!frontier) return std::unexpected(frontier.error());
  if (frontier->root() == head_.root) return {};
  return failure(Code::data_loss, "log.broken",
                 fmt::format("the tiles come to the root {}…, signed for {} entries is {}…",
                             short_text(frontier->root()), head_.size, short_text(head_.root)));
}

Result<std::string_view> LogCheck::tile(unsigned level, std::uint64_t index) {
  if (const auto known = tiles_.find({level, index}); known != tiles_.end()) return std::string_view(known->second);
  auto bytes = read_tile_({level, index, kTileWidth});  // a partial one would have been at the edge
  if (!bytes) return std::unexpected(bytes.error());
  const auto above = tile(level + 1, index / kTileWidth);
  if (!above) return above;
  if (bytes->size() != kTileWidth * kHashBytes || root_of(*bytes) != hash_in(*above, index % kTileWidth))
    return failure(Code::data_loss, "log.broken",
                   fmt::format("{} does not come to its hash in {}", path_of({level, index, kTileWidth}),
                               path_of({level + 1, index / kTileWidth, kTileWidth})));
  if (level == 0) {
    // Entries are asked for in their order: those before are not needed again.
    if ((low_ + 1) * kTileWidth <= head_.size) tiles_.erase({0, low_});
    low_ = index;
  }
  return std::string_view(tiles_[{level, index}] = std::move(*bytes));
}

Result<void> LogCheck::check_goes_on_from(const TreeHead& older) {
  if (older.size > head_.size)
    return failure(Code::data_loss, "log.rolled_back",
                   fmt::format("the log had {} entries once, now it has {}", older.size, head_.size));
  const auto forked = [&] {
    return failure(Code::data_loss, "log.forked",
                   fmt::format("the root of {} entries was {}…, and is no beginning of that of {} entries, {}…",
                               older.size, short_text(older.root), head_.size, short_text(head_.root)));
  };
  if (older.size == 0) return older.root == empty_root() ? Result<void>() : forked();
  // Each tile that is read comes to the head: a damaged one is not taken for another past.
  const auto read = [this](const TilePlace& place) -> Result<std::string> {
    const auto bytes = tile(place.level, place.index);
    return bytes ? Result<std::string>(*bytes) : std::unexpected(bytes.error());
  };
  const auto proof = consistency_proof(older.size, head_.size, node_reader(head_.size, read));
  if (!proof) return std::unexpected(proof.error());
  return verify_consistency(older, head_, *proof) ? Result<void>() : forked();
}

Result<void> LogCheck::check_leaf(const Leaf& leaf) {
  if (leaf.index >= head_.size)
    return failure(Code::data_loss, "log.not_in",
                   fmt::format("entry {}: the log has {} entries", leaf.index, head_.size));
  const auto found = tile(0, leaf.index / kTileWidth);
  if (!found) return std::unexpected(found.error());
  if (hash_in(*found, leaf.index % kTileWidth) == leaf.hash) return {};
  return failure(Code::data_loss, "log.not_in", fmt::format("entry {}: another one stands in the log", leaf.index));
}

}  // namespace stoa::licensing
