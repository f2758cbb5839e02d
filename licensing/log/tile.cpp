// tile.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/log/tile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace stoa::licensing {
namespace {

constexpr std::uint64_t kPerFolder = 1'000;
constexpr unsigned kLevelsMax = 7;  // a 64-bit size has no more
constexpr std::string_view kRoot = "tile/";

// 1234067 is "x001/x234/067".
std::string folders_of(std::uint64_t index) {
  std::string text = fmt::format("{:03}", index % kPerFolder);
  while ((index /= kPerFolder) > 0) text = fmt::format("x{:03}/", index % kPerFolder) + text;
  return text;
}

std::string with_width(std::string path, unsigned width) {
  return width == kTileWidth ? path : path + fmt::format(".p/{}", width);
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::string path_of(const TilePlace& tile) {
  return with_width(fmt::format("{}{}/{}", kRoot, tile.level, folders_of(tile.index)), tile.width);
}

std::string path_of_entries(std::uint64_t index, unsigned width) {
  return with_width(fmt::format("{}entries/{}", kRoot, folders_of(index)), width);
}

// Read loosely, then held against what is written for it: one form, one meaning.
std::optional<TilePlace> tile_of(std::string_view path) {
  if (!path.starts_with(kRoot)) return std::nullopt;
  std::string_view rest = path.substr(kRoot.size());
  TilePlace tile;
  if (const std::size_t point = rest.find(".p/"); point != std::string_view::npos) {
    const auto width = number_in(rest.substr(point + 3));
    if (!width || *width == 0 || *width >= kTileWidth) return std::nullopt;
    tile.width = static_cast<unsigned>(*width);
    rest = rest.substr(0, point);
  }
  const std::size_t slash = rest.find('/');
  const auto level = number_in(rest.substr(0, slash));
  if (slash == std::string_view::npos || !level || *level > kLevelsMax) return std::nullopt;
  tile.level = static_cast<unsigned>(*level);
  std::string digits;
  for (const char c : rest.substr(slash + 1))
    if (c != 'x' && c != '/') digits += c;
  const auto index = number_in(digits);
  if (!index) return std::nullopt;
  tile.index = *index;
  return path_of(tile) == path ? std::optional(tile) : std::nullopt;
}

std::vector<TilePlace> tiles_of(std::uint64_t size) {
  std::vector<TilePlace> tiles;
  unsigned level = 0;
  for (std::uint64_t hashes = size; hashes > 0; hashes >>= kTileHeight, ++level) {
    for (std::uint64_t index = 0; index < hashes / kTileWidth; ++index) tiles.push_back({level, index, kTileWidth});
    if (const auto rest = static_cast<unsigned>(hashes % kTileWidth); rest > 0)
      tiles.push_back({level, hashes / kTileWidth, rest});
  }
  return tiles;
}

ReadNode node_reader(std::uint64_t size, ReadTile read_tile) {
  return [size, read_tile = std::move(read_tile)](NodePlace node) -> Result<Sha256> {
    const unsigned level = node.level / kTileHeight, inside = node.level % kTileHeight;
    const std::uint64_t hashes = size >> (level * kTileHeight);  // of that tile level in the whole tree
    const std::uint64_t first = node.index << inside;            // the node's first hash on it
    TilePlace tile{level, first / kTileWidth, kTileWidth};
    const std::uint64_t begun = tile.index * kTileWidth;
    if (begun + kTileWidth > hashes) tile.width = static_cast<unsigned>(hashes - begun);
    const std::uint64_t at = first - begun, count = std::uint64_t{1} << inside;
    if (begun >= hashes || at + count > tile.width)
      return failure(Code::out_of_range, "log.range",
                     fmt::format("node {} of level {} is not in a tree of {} leaves", node.index, node.level, size));
    const auto bytes = read_tile(tile);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->size() != tile.width * sizeof(Sha256))
      return failure(Code::data_loss, "log.tile",
                     fmt::format("{}: has {} bytes, {} hashes are wanted", path_of(tile), bytes->size(), tile.width));
    Nodes row(count);
    std::memcpy(row.data(), bytes->data() + at * sizeof(Sha256), count * sizeof(Sha256));
    for (; row.size() > 1; row.resize(row.size() / 2))
      for (std::size_t i = 0; i < row.size() / 2; ++i) row[i] = node_hash(row[2 * i], row[2 * i + 1]);
    return row[0];
  };
}

void append_entry(std::string& bundle, std::string_view entry) {
  bundle += static_cast<char>(entry.size() >> 8);
  bundle += static_cast<char>(entry.size() & 255);
  bundle += entry;
}

Result<std::vector<std::string_view>> entries_of(std::string_view bundle) {
  std::vector<std::string_view> entries;
  while (!bundle.empty()) {
    const auto byte = [&](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bundle[i])); };
    const std::size_t size = bundle.size() < 2 ? bundle.size() : byte(0) << 8 | byte(1);
    if (bundle.size() < 2 || bundle.size() - 2 < size)
      return failure(Code::data_loss, "log.bundle", fmt::format("entry {} of the bundle is cut off", entries.size()));
    entries.push_back(bundle.substr(2, size));
    bundle.remove_prefix(2 + size);
  }
  return entries;
}

}  // namespace stoa::licensing
