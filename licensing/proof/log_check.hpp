// log_check.hpp: tiles held against a signed head: that a log goes on from an older one, and which entries it holds.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "licensing/log/merkle.hpp"
#include "licensing/log/tile.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// Each tile is read once, and hashed up to the one above it, so that an entry among many costs one comparison.
// Thread: one at a time. Errors of all: those of read_tile.
class LogCheck {
 public:
  // head: of a checkpoint whose signature holds. Error: data_loss "log.broken": the tiles do not come to its root.
  static Result<LogCheck> open(const TreeHead& head, ReadTile read_tile);

  // The log began as the older one. Errors: data_loss "log.rolled_back": it is shorter now; "log.forked": it is
  // another.
  Result<void> check_goes_on_from(const TreeHead& older);
  // Error: data_loss "log.not_in": another leaf stands there, or none; "log.broken".
  Result<void> check_leaf(const Leaf& leaf);

 private:
  using Tiles = std::map<std::pair<unsigned, std::uint64_t>, std::string>;
  LogCheck(const TreeHead& head, ReadTile read_tile) : head_(head), read_tile_(std::move(read_tile)) {}
  Result<std::string_view> tile(unsigned level, std::uint64_t index);
  Result<void> read_edge();

  TreeHead head_;
  ReadTile read_tile_;
  Tiles tiles_;            // verified; of the lowest level the edge and the last one that was asked for
  std::uint64_t low_ = 0;  // index of that one
};

}  // namespace stoa::licensing
