// log_folder.hpp: a log on the disk, as its readers fetch it: tiles, entries, and the checkpoint that binds them.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/log/checkpoint.hpp"
#include "licensing/log/proof_text.hpp"
#include "licensing/log/tile.hpp"
#include "registry/signature/ed25519.hpp"

namespace stoa::licensing {

// Below the folder lies what c2sp.org/tlog-tiles serves: "checkpoint", "tile/<level>/…", "tile/entries/…".
// Thread: one at a time; readers of the files need no lock: each appears whole, and a checkpoint after what it binds.
// Invariant: a checkpoint is on the disk before anybody sees it, and the next goes on from it: no size has two roots.
class LogFolder {
 public:
  // Makes it where there is none. key: the log's, whose name is the origin; it has to be the one that signed what is
  // there. Errors: file.*; those of open_checkpoint; data_loss "log.broken": the tiles do not come to the checkpoint's
  // root.
  static Result<std::unique_ptr<LogFolder>> open(const std::filesystem::path& folder, const NoteVerifier& log,
                                                 const registry::PrivateKey& key);

  // Adds entries and signs the new head. Errors: file.*; then the log is what it was, and the same entries have to come
  // again.
  Result<Checkpoint> append(std::span<const std::string_view> entries);
  std::uint64_t size() const { return checkpoint_.head.size; }
  const Checkpoint& checkpoint() const { return checkpoint_; }
  const std::string& note() const { return note_; }  // the checkpoint, signed

  // As it was with so many entries. Errors: out_of_range "log.range": it has fewer; data_loss "log.broken".
  Result<TreeHead> head_at(std::uint64_t size) const;
  // Of the checkpoint as it is. Errors: those of inclusion_proof; data_loss "log.broken": a tile was changed.
  Result<InclusionProof> prove(std::uint64_t index) const;
  Result<Nodes> prove_consistency(std::uint64_t older_size) const;

 private:
  LogFolder(std::filesystem::path folder, NoteVerifier log, const registry::PrivateKey& key)
      : folder_(std::move(folder)), log_(std::move(log)), key_(key) {}
  Result<void> begin();
  Result<void> read_edge();
  Result<void> write_file(const std::string& path, std::string_view bytes);
  Result<void> write_full(const std::string& path, std::string_view bytes);
  Result<void> write_edge(const Frontier& frontier);
  Result<void> sign(Checkpoint checkpoint);
  Result<std::string> read_tile(const TilePlace& tile) const;
  ReadNode nodes() const;

  const std::filesystem::path folder_;
  const NoteVerifier log_;
  const registry::PrivateKey& key_;
  Checkpoint checkpoint_;
  std::string note_;
  Frontier frontier_;
  std::vector<std::string> edge_;  // of each tile level: the hashes of its last, partial tile
  std::string entries_;            // of the last, partial bundle
};

}  // namespace stoa::licensing
