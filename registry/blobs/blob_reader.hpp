// blob_reader.hpp: a blob's bytes, verified on their way out.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "registry/document/digest.hpp"
#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct Blob {
  Sha256 digest{};
  std::uint64_t size = 0;
  std::int64_t stored_ns = 0;  // when it was last put or renewed
};

struct BlobRange {
  std::uint64_t offset = 0, bytes = 0;
};

// What one pass over a blob taught about its parts: true of the name for ever, whatever becomes of the file.
struct ChunkDigests {
  std::uint64_t size = 0;
  std::vector<Sha256> chunks;
};

// Why ranges are verified this way. A range proves nothing about a name that is the digest of the whole. So the first
// range read of a blob reads all of it, holds it against the name, and keeps the digest of each chunk; from then on
// every chunk is held against its own digest before a byte of it is delivered. Rejected: such a list in a file beside
// the blob (bound to the name by nothing: who can change one can change the other); remembering that the inode with
// these times was verified (bytes that rot on disk change no time, and a writer between check and read is not seen).
// The price is a pass over the blob for the first range read in the life of a process.
class ChunkDigestCache {
 public:
  // From memory, or by reading the file; callers that want the same blob at the same time share one pass.
  // blob.damaged: the file's bytes are not the name's.
  Result<std::shared_ptr<const ChunkDigests>> get(const Blob& blob, const File& file);
  // Nothing if no pass was made yet.
  std::shared_ptr<const ChunkDigests> peek(const Sha256& digest);

 private:
  struct Entry {
    std::mutex pass;  // held while the blob is read
    std::shared_ptr<const ChunkDigests> digests;
    std::uint64_t used = 0;
  };
  void forget_least_used();
  std::mutex mutex_;  // Lock: never held while a blob is read
  // shared: readers keep the digests they use, while this forgets them.
  std::map<Sha256, std::shared_ptr<Entry>> entries_;
  std::uint64_t uses_ = 0, chunks_ = 0;
};

// Delivers a blob, or a range of it, in order. The chunks of a blob that was read before are verified one by one before
// they are delivered. Of one that was not, and is read whole, the last chunk is held back until the digest of all
// is right: who stops at an Error never has the whole of a damaged blob. Threads: one at a time.
class BlobReader {
 public:
  static constexpr std::size_t kChunkBytes = 1 << 20;

  const Blob& blob() const { return blob_; }
  const BlobRange& range() const { return range_; }
  // The next bytes, at most kChunkBytes; empty at the end. They stay valid until the next call. blob.damaged: the bytes
  // are not the name's; once an Error, always that Error.
  Result<std::span<const std::byte>> next();

 private:
  friend class BlobStore;
  // Without digests the range is the whole blob. The file is open under a shared lock.
  BlobReader(const Blob& blob, BlobRange range, File file, std::shared_ptr<const ChunkDigests> digests);
  Result<std::span<const std::byte>> read_chunk();
  Blob blob_;
  BlobRange range_;
  File file_;
  std::shared_ptr<const ChunkDigests> digests_;  // shared: the cache may forget them meanwhile
  Sha256Stream stream_;                          // without digests: of all that was read
  std::uint64_t position_;
  bool is_at_end_ = false;
  std::optional<Error> error_;
  std::vector<std::byte> buffer_;
};

std::unexpected<Error> blob_damaged(const Sha256& digest);

}  // namespace stoa::registry
