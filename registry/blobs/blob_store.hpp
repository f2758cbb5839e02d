// blob_store.hpp: bytes on disk under the name of their SHA-256.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "registry/blobs/blob_reader.hpp"
#include "registry/blobs/store_folder.hpp"
#include "registry/document/digest.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

class BlobStore;

// A blob on its way from a stream of unknown length. Lifetime: the store outlives it. Without finish() nothing is left.
class BlobWriter {
 public:
  BlobWriter(BlobWriter&&) noexcept = default;
  ~BlobWriter();

  // After an Error the writer is of no use any more.
  Result<void> write(std::span<const std::byte> bytes);
  // Complete, durable and under its name when this returns. Other bytes than expected: blob.digest_mismatch.
  Result<Blob> finish(const std::optional<Sha256>& expected, std::int64_t now_ns);

 private:
  friend class BlobStore;
  BlobWriter(const BlobStore& store, std::string name, File file)
      : store_(&store), name_(std::move(name)), file_(std::move(file)) {}
  const BlobStore* store_;
  std::string name_;  // in staging/
  File file_;         // without one there is nothing to remove
  Sha256Stream stream_;
};

// Layout below the root, all of one file system:
//   blobs/ab/abcd…   a blob: mode 0444, its time of modification is when it was last put or renewed
//   staging/         puts under way
//   uploads/         see upload.hpp
//   damaged/         what check_blobs() took out of the way
//
// Threads, processes: any number of both; they agree through flock(). Lock: whoever changes a name in blobs/ab holds
// the folder's lock; whoever reads a blob holds a shared lock on it, so that who finds it unlocked may remove it. A put
// renames over what is there rather than trusting it: a damaged blob is healed by the next put, and readers keep
// theirs. Reasons: blob.not_found, blob.in_use, and those of StoreFolder.
class BlobStore {
 public:
  // Made where it does not exist.
  static Result<std::unique_ptr<BlobStore>> open(const std::filesystem::path& root);

  Result<BlobWriter> begin_put() const;
  Result<Blob> put(std::span<const std::byte> bytes, std::int64_t now_ns) const;
  Result<Blob> put_file(const std::filesystem::path& file, std::int64_t now_ns) const;

  // That it is there, not that it is whole.
  Result<Blob> find(const Sha256& digest) const;
  // The same for who is about to refer to it: durable, and new again to collection.
  Result<Blob> renew(const Sha256& digest, std::int64_t now_ns) const;
  // Reads it once: blob.damaged.
  Result<Blob> verify(const Sha256& digest) const;
  // A range beyond the blob's end is blob.range. One that is not the whole blob reads and verifies the whole first,
  // unless this store did so before (BlobReader).
  Result<BlobReader> read(const Sha256& digest) const;
  Result<BlobReader> read(const Sha256& digest, BlobRange range) const;

  // In the order of their digests. What is named otherwise is left out; check_blobs() tells.
  Result<std::vector<Blob>> list() const;
  // Those whose digest begins with that byte: who walks through all need not hold all.
  Result<std::vector<Blob>> list(std::uint8_t first_byte) const;
  // blob.in_use while somebody reads it.
  Result<void> remove(const Sha256& digest) const;
  // Removes it if it is older than that and nobody reads it; tells whether it did.
  Result<bool> remove_if_before(const Sha256& digest, std::int64_t before_ns) const;

  // For what is built on the store: uploads, collection.
  const StoreFolder& blobs() const { return blobs_; }
  const StoreFolder& staging() const { return staging_; }
  const StoreFolder& uploads() const { return uploads_; }
  const StoreFolder& damaged() const { return damaged_; }
  // Makes the file from/name the blob: durable first, then renamed. The caller has hashed its bytes and holds an
  // exclusive lock on it, which becomes a shared one.
  struct Candidate {
    const StoreFolder& from;
    const std::string& name;
    const File& file;
  };
  Result<Blob> publish(const Candidate& candidate, const Sha256& digest, std::int64_t now_ns) const;
  // The open blob under a shared lock.
  Result<File> open_blob(const Sha256& digest) const;

 private:
  BlobStore(StoreFolder root, StoreFolder blobs, StoreFolder staging, StoreFolder uploads, StoreFolder damaged);
  Result<StoreFolder> folder_of(const Sha256& digest) const;
  StoreFolder root_, blobs_, staging_, uploads_, damaged_;
  std::unique_ptr<ChunkDigestCache> chunk_digests_;
};

// A name of 32 random hexadecimal digits.
Result<std::string> random_name();

}  // namespace stoa::registry
