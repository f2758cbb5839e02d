// blob_reader.cpp: verification while reading, and what is remembered of it.
// SPDX-License-Identifier: Apache-2.0
#include "registry/blobs/blob_reader.hpp"

#include <algorithm>

namespace stoa::registry {
namespace {

constexpr std::size_t kChunkBytes = BlobReader::kChunkBytes;

// 32 MiB of digests: those of a terabyte of blobs.
constexpr std::uint64_t kCachedChunksMax = 1 << 20;
// Smaller blobs are read again: what an entry costs beside its digests would need a bound of its own.
constexpr std::size_t kCachedBlobChunksMin = 4;

Sha256 digest_of(std::span<const std::byte> bytes) {
  Sha256Stream stream;
  stream.update(bytes);
  return stream.finish();
}

Result<ChunkDigests> read_all(const Blob& blob, const File& file) {
  ChunkDigests digests{blob.size, {}};
  Sha256Stream whole;
  std::vector<std::byte> buffer(std::min<std::uint64_t>(blob.size, kChunkBytes));
  for (std::uint64_t position = 0; position < blob.size; position += kChunkBytes) {
    const auto chunk = std::span(buffer).first(std::min<std::uint64_t>(blob.size - position, kChunkBytes));
    if (auto ok = read_at(file, position, chunk); !ok) return std::unexpected(ok.error());
    whole.update(chunk);
    digests.chunks.push_back(digest_of(chunk));
  }
  if (whole.finish() != blob.digest) return blob_damaged(blob.digest);
  return digests;
}

}  // namespace

std::unexpected<Error> blob_damaged(const Sha256& digest) {
  return failure(Code::data_loss, "blob.damaged", "blob " + to_hex(digest) + " does not have the bytes of its name");
}

Result<std::shared_ptr<const ChunkDigests>> ChunkDigestCache::get(const Blob& blob, const File& file) {
  std::shared_ptr<Entry> entry;
  {
    const std::lock_guard lock(mutex_);
    auto& slot = entries_[blob.digest];
    if (!slot) slot = std::make_shared<Entry>();
    slot->used = ++uses_;
    entry = slot;
  }
  const std::lock_guard pass(entry->pass);
  {
    const std::lock_guard lock(mutex_);
    if (entry->digests) return entry->digests;
  }
  auto read = read_all(blob, file);
  const std::lock_guard lock(mutex_);
  const auto slot = entries_.find(blob.digest);
  const bool is_ours = slot != entries_.end() && slot->second == entry;
  if (is_ours && (!read || read->chunks.size() < kCachedBlobChunksMin)) {
    entries_.erase(slot);
  } else if (is_ours) {
    chunks_ += read->chunks.size();
  }
  if (!read) return std::unexpected(read.error());
  entry->digests = std::make_shared<const ChunkDigests>(std::move(*read));
  auto digests = entry->digests;
  forget_least_used();
  return digests;
}

std::shared_ptr<const ChunkDigests> ChunkDigestCache::peek(const Sha256& digest) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(digest);
  if (found == entries_.end()) return nullptr;
  found->second->used = ++uses_;
  return found->second->digests;
}

// Lock: mutex_. Those being read now have no chunks yet and stay.
void ChunkDigestCache::forget_least_used() {
  while (chunks_ > kCachedChunksMax) {
    auto least = entries_.end();
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry)
      if (entry->second->digests && (least == entries_.end() || entry->second->used < least->second->used))
        least = entry;
    if (least == entries_.end()) return;
    chunks_ -= least->second->digests->chunks.size();
    entries_.erase(least);
  }
}

BlobReader::BlobReader(const Blob& blob, BlobRange range, File file, std::shared_ptr<const ChunkDigests> digests)
    : blob_(blob), range_(range), file_(std::move(file)), digests_(std::move(digests)), position_(range.offset) {}

Result<std::span<const std::byte>> BlobReader::next() {
  if (error_) return std::unexpected(*error_);
  if (is_at_end_) return std::span<const std::byte>();
  auto bytes = read_chunk();
  if (!bytes) error_ = bytes.error();
  return bytes;
}

Result<std::span<const std::byte>> BlobReader::read_chunk() {
  const std::uint64_t end = range_.offset + range_.bytes;
  // With digests whole chunks are read, of which the range may want a part.
  const std::uint64_t begin = position_ - position_ % kChunkBytes;
  const std::size_t size = std::min<std::uint64_t>(blob_.size - begin, kChunkBytes);
  buffer_.resize(size);
  if (auto ok = read_at(file_, begin, buffer_); !ok) return std::unexpected(ok.error());
  const std::size_t skipped = position_ - begin;
  const std::size_t wanted = std::min<std::uint64_t>(size - skipped, end - position_);
  position_ += wanted;
  is_at_end_ = position_ == end;
  if (digests_) {
    if (wanted > 0 && digest_of(buffer_) != digests_->chunks[begin / kChunkBytes]) return blob_damaged(blob_.digest);
  } else {
    stream_.update(buffer_);
    if (is_at_end_ && stream_.finish() != blob_.digest) return blob_damaged(blob_.digest);
  }
  return std::span<const std::byte>(buffer_).subspan(skipped, wanted);
}

}  // namespace stoa::registry
