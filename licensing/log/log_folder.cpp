// log_folder.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/log/log_folder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/document/file.hpp"
#include "registry/document/staging.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kCheckpointName = "checkpoint";
constexpr unsigned kFileMode = 0644;
constexpr std::size_t kTileBytes = kTileWidth * sizeof(Sha256);
constexpr std::size_t kCheckpointBytesMax = 1 << 20, kBundleBytesMax = kTileWidth * (kEntryBytesMax + 2);

}  // namespace

Result<std::unique_ptr<LogFolder>> LogFolder::open(const std::filesystem::path& folder, const NoteVerifier& log,
                                                   const registry::PrivateKey& key) {
  std::unique_ptr<LogFolder> opened(new LogFolder(folder, log, key));
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return std::unexpected(registry::file_error("make a log's folder", folder, error.value()));
  if (auto begun = opened->begin(); !begun) return std::unexpected(begun.error());
  return opened;
}

Result<void> LogFolder::begin() {
  const auto path = folder_ / kCheckpointName;
  if (!std::filesystem::exists(path)) return sign({log_.name(), {0, empty_root()}, {}});
  auto note = registry::read_small_file(path, kCheckpointBytesMax);
  if (!note) return std::unexpected(note.error());
  auto checkpoint = open_checkpoint(*note, log_);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  note_ = std::move(*note);
  checkpoint_ = std::move(*checkpoint);
  auto frontier = Frontier::read(size(), nodes());
  if (!frontier) return std::unexpected(frontier.error());
  frontier_ = std::move(*frontier);
  if (frontier_.root() != checkpoint_.head.root)
    return failure(
        Code::data_loss, "log.broken",
        fmt::format("{}: the tiles do not come to the root of {} entries that was signed", folder_.string(), size()));
  return read_edge();
}

Result<void> LogFolder::read_edge() {
  for (const TilePlace& tile : tiles_of(size())) {
    if (tile.width == kTileWidth) continue;
    auto hashes = read_tile(tile);
    if (!hashes) return std::unexpected(hashes.error());
    edge_.resize(std::max<std::size_t>(edge_.size(), tile.level + 1));
    edge_[tile.level] = std::move(*hashes);
  }
  const auto width = static_cast<unsigned>(size() % kTileWidth);
  if (width == 0) return {};
  auto entries = registry::read_small_file(folder_ / path_of_entries(size() / kTileWidth, width), kBundleBytesMax);
  if (!entries) return std::unexpected(entries.error());
  entries_ = std::move(*entries);
  return {};
}

Result<std::string> LogFolder::read_tile(const TilePlace& tile) const {
  return registry::read_small_file(folder_ / path_of(tile), kTileBytes);
}

Result<TreeHead> LogFolder::head_at(std::uint64_t size) const {
  if (size > this->size())
    return failure(Code::out_of_range, "log.range",
                   fmt::format("the log holds {} entries, not {}", this->size(), size));
  const auto frontier = Frontier::read(size, nodes());
  if (!frontier) return std::unexpected(frontier.error());
  return TreeHead{size, size == 0 ? empty_root() : frontier->root()};
}

ReadNode LogFolder::nodes() const {
  return node_reader(size(), [this](const TilePlace& tile) { return read_tile(tile); });
}

Result<void> LogFolder::write_file(const std::string& path, std::string_view bytes) {
  const auto target = folder_ / path;
  std::error_code error;
  std::filesystem::create_directories(target.parent_path(), error);
  if (error) return std::unexpected(registry::file_error("make a tile's folder", target, error.value()));
  auto staged = registry::StagingFile::create(target, kFileMode);
  if (!staged) return std::unexpected(staged.error());
  if (auto written = registry::write_all(staged->file(), std::as_bytes(std::span(bytes))); !written) return written;
  return staged->publish();
}

// What there was of it while it was begun is not needed any more.
Result<void> LogFolder::write_full(const std::string& path, std::string_view bytes) {
  auto written = write_file(path, bytes);
  std::error_code ignored;
  if (written) std::filesystem::remove_all(folder_ / (path + ".p"), ignored);
  return written;
}

Result<void> LogFolder::sign(Checkpoint checkpoint) {
  const std::pair<NoteVerifier, const registry::PrivateKey*> signer{log_, &key_};
  std::string note = sign_note(checkpoint_text(checkpoint), {&signer, 1});
  if (auto written = write_file(std::string(kCheckpointName), note); !written) return written;
  checkpoint_ = std::move(checkpoint);
  note_ = std::move(note);
  return {};
}

// Full tiles and bundles are written as they fill, what is begun at the end of the batch. A batch that fails is
// forgotten: what it wrote lies behind the checkpoint, and is written again, as it was.
Result<Checkpoint> LogFolder::append(std::span<const std::string_view> entries) {
  const Frontier frontier = frontier_;
  const auto edge = edge_;
  const std::string bundle = entries_;
  Result<void> result;
  for (const std::string_view entry : entries) {
    append_entry(entries_, entry);
    frontier_.append(leaf_hash(entry), [&](NodePlace place, const Sha256& hash) {
      if (place.level % kTileHeight != 0 || !result) return;
      const unsigned level = place.level / kTileHeight;
      edge_.resize(std::max<std::size_t>(edge_.size(), level + 1));
      edge_[level].append(reinterpret_cast<const char*>(hash.data()), hash.size());
      if (edge_[level].size() < kTileBytes) return;
      result = write_full(path_of({level, place.index / kTileWidth, kTileWidth}), edge_[level]);
      edge_[level].clear();
    });
    if (result && frontier_.size() % kTileWidth == 0) {
      result = write_full(path_of_entries(frontier_.size() / kTileWidth - 1, kTileWidth), entries_);
      entries_.clear();
    }
    if (!result) break;
  }
  if (result) result = write_edge(frontier_);
  if (result) result = sign({log_.name(), {frontier_.size(), frontier_.root()}, {}});
  if (result) return checkpoint_;
  frontier_ = frontier;
  edge_ = edge;
  entries_ = bundle;
  return std::unexpected(result.error());
}

Result<void> LogFolder::write_edge(const Frontier& frontier) {
  std::uint64_t hashes = frontier.size();
  for (unsigned level = 0; level < edge_.size(); ++level, hashes >>= kTileHeight) {
    const auto width = static_cast<unsigned>(hashes % kTileWidth);
    if (width == 0) continue;
    if (auto written = write_file(path_of({level, hashes / kTileWidth, width}), edge_[level]); !written) return written;
  }
  const auto width = static_cast<unsigned>(frontier.size() % kTileWidth);
  return width == 0 ? Result<void>() : write_file(path_of_entries(frontier.size() / kTileWidth, width), entries_);
}

Result<InclusionProof> LogFolder::prove(std::uint64_t index) const {
  auto hashes = inclusion_proof(index, size(), nodes());
  if (!hashes) return std::unexpected(hashes.error());
  const auto leaf = nodes()({0, index});
  if (!leaf) return std::unexpected(leaf.error());
  if (!verify_inclusion({*leaf, index}, checkpoint_.head, *hashes))
    return failure(
        Code::data_loss, "log.broken",
        fmt::format("{}: the tiles around entry {} do not come to the root that was signed", folder_.string(), index));
  return InclusionProof{index, std::move(*hashes), note_, {}};
}

Result<Nodes> LogFolder::prove_consistency(std::uint64_t older_size) const {
  return consistency_proof(older_size, size(), nodes());
}

}  // namespace stoa::licensing
