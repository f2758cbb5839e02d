// block_file.hpp: a laid-out file written in whole blocks, past the page cache where the file system can.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <span>

#include "licensing/journal/disk.hpp"
#include "registry/document/file.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

inline constexpr std::size_t kDiskBlockBytes = 4096;

// Zeros that blocks can be written from.
class BlockMemory {
 public:
  explicit BlockMemory(std::size_t bytes);  // a multiple of kDiskBlockBytes
  std::span<std::byte> bytes() { return {bytes_.get(), size_}; }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::unique_ptr<std::byte, Free> bytes_;
  std::size_t size_ = 0;
};

// Makes it a file of `bytes` zeros, in full on the disk, so that later writes change no metadata. Errors: file.*.
Result<void> lay_out(const registry::File& file, const std::filesystem::path& path, std::uint64_t bytes);

// Rationale: a page that is written through the cache is copied there, kept there though nobody may ask for it, and
// written out by the sync; a block that goes past it costs a fraction of the CPU. What lies in the last block is
// written again with what comes behind it, the same bytes in the same place.
class BlockAppender {
 public:
  BlockAppender() : block_(kDiskBlockBytes) {}
  // What is appended goes behind `offset`, before `end`, the file's. Nobody else writes to the descriptor any more, or
  // reads from it. Lifetime: file outlives this, or the next begin(). Errors: file.*.
  Result<void> begin(const registry::File& file, std::uint64_t offset, std::uint64_t end);
  std::uint64_t offset() const { return offset_; }
  // On the disk when it returns. Errors: file.*, after which nobody knows what is on it.
  Result<void> append(std::span<const std::byte> bytes, Disk& disk, const std::filesystem::path& path);

 private:
  const registry::File* file_ = nullptr;
  std::uint64_t offset_ = 0, end_ = 0;
  BlockMemory block_;  // begins with what stands in offset_'s block before it; used again
};

}  // namespace stoa::licensing
