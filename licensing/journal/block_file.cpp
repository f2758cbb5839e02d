// block_file.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/journal/block_file.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <new>

namespace stoa::licensing {
namespace {

using registry::File;
using registry::file_error;

constexpr std::size_t kLayOutBytes = 1u << 20;

// Where the file system cannot, it stays as it is.
void go_past_cache(const File& file) {
  if (const int flags = ::fcntl(file.fd(), F_GETFL); flags >= 0) (void)::fcntl(file.fd(), F_SETFL, flags | O_DIRECT);
}

// Takes the page cache for good where the file system, or this write, cannot go past it.
bool went_back_to_cache(int descriptor) {
  const int flags = ::fcntl(descriptor, F_GETFL);
  return flags >= 0 && (flags & O_DIRECT) != 0 && ::fcntl(descriptor, F_SETFL, flags & ~O_DIRECT) == 0;
}

ssize_t write_with(int descriptor, const void* bytes, std::size_t size, off_t offset, int flags) {
  const iovec part{const_cast<void*>(bytes), size};
  const ssize_t wrote = ::pwritev2(descriptor, &part, 1, offset, flags);
  return wrote < 0 && errno == EINVAL && went_back_to_cache(descriptor)
             ? ::pwritev2(descriptor, &part, 1, offset, flags)
             : wrote;
}

class RealDisk final : public Disk {
 public:
  ssize_t write_durably(int descriptor, const void* bytes, std::size_t size, off_t offset) override {
    return write_with(descriptor, bytes, size, offset, RWF_DSYNC);
  }
};

std::size_t whole_blocks(std::size_t bytes) {
  return (bytes + kDiskBlockBytes - 1) / kDiskBlockBytes * kDiskBlockBytes;
}

}  // namespace

Disk& real_disk() {
  static RealDisk disk;
  return disk;
}

BlockMemory::BlockMemory(std::size_t bytes)
    : bytes_(static_cast<std::byte*>(std::aligned_alloc(kDiskBlockBytes, bytes))), size_(bytes) {
  if (!bytes_) throw std::bad_alloc();
  std::memset(bytes_.get(), 0, bytes);
}

Result<void> lay_out(const File& file, const std::filesystem::path& path, std::uint64_t bytes) {
  if (::fallocate(file.fd(), 0, 0, static_cast<off_t>(bytes)) != 0 && errno != EOPNOTSUPP)
    return std::unexpected(file_error("prepare a segment", path, errno));
  go_past_cache(file);
  BlockMemory zeros(kLayOutBytes);
  for (std::uint64_t done = 0; done < bytes;) {
    const ssize_t wrote = write_with(file.fd(), zeros.bytes().data(),
                                     std::min<std::uint64_t>(kLayOutBytes, bytes - done), static_cast<off_t>(done), 0);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return std::unexpected(file_error("prepare a segment", path, wrote == 0 ? ENOSPC : errno));
    done += static_cast<std::uint64_t>(wrote);
  }
  if (::fsync(file.fd()) != 0) return std::unexpected(file_error("prepare a segment", path, errno));
  return {};
}

Result<void> BlockAppender::begin(const File& file, std::uint64_t offset, std::uint64_t end) {
  file_ = &file;
  offset_ = offset;
  end_ = end;
  const auto bytes = block_.bytes();
  std::ranges::fill(bytes, std::byte{0});
  const std::size_t there = offset % kDiskBlockBytes;
  (void)went_back_to_cache(file.fd());  // a part of a block is read through it
  if (auto read = registry::read_at(file, offset - there, bytes.first(there)); !read) return read;
  go_past_cache(file);
  return {};
}

Result<void> BlockAppender::append(std::span<const std::byte> bytes, Disk& disk, const std::filesystem::path& path) {
  const std::size_t there = offset_ % kDiskBlockBytes, last = there + bytes.size();
  const std::uint64_t begin = offset_ - there;
  const std::size_t size = std::min<std::uint64_t>(whole_blocks(last), end_ - begin);
  if (size > block_.bytes().size()) {
    BlockMemory larger(std::bit_ceil(whole_blocks(last)));
    std::ranges::copy(block_.bytes().first(there), larger.bytes().begin());
    block_ = std::move(larger);
  }
  const auto memory = block_.bytes();
  std::ranges::copy(bytes, memory.begin() + static_cast<std::ptrdiff_t>(there));
  std::ranges::fill(memory.subspan(last, whole_blocks(last) - last), std::byte{0});
  for (std::size_t done = 0; done < size;) {
    const ssize_t wrote =
        disk.write_durably(file_->fd(), memory.data() + done, size - done, static_cast<off_t>(begin + done));
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) return std::unexpected(file_error("make durable", path, wrote == 0 ? ENOSPC : errno));
    done += static_cast<std::size_t>(wrote);
  }
  offset_ += bytes.size();
  const std::size_t kept = offset_ % kDiskBlockBytes;
  std::memmove(memory.data(), memory.data() + (last - kept), kept);
  return {};
}

}  // namespace stoa::licensing
