// clear_asset.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/sealed/clear_asset.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23  // Linux 5.14; what is older refuses it
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U  // Linux 6.3; what is older refuses it
#endif

namespace stoa::licensing {
namespace {

std::unexpected<Error> no_memory(std::string_view what, std::uint64_t bytes) {
  return failure(Code::resource_exhausted, "sealed.memory",
                 fmt::format("{} bytes for an asset in clear: {}: {}", bytes, what, std::strerror(errno)));
}

int make_memory_file() {
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  const int made = memfd_create("stoa-asset", kFlags | MFD_NOEXEC_SEAL);
  return made < 0 && errno == EINVAL ? memfd_create("stoa-asset", kFlags) : made;
}

// As much is locked, and then written, at a time. Whole chunks of every size.
constexpr std::uint64_t kWindowBytes = 16u << 20;

// Its pages exist from then on: where there are none left, that is an error here and a SIGBUS later.
bool make_pages(int descriptor, std::span<std::byte> window, std::uint64_t from) {
  return madvise(window.data(), window.size(), MADV_POPULATE_WRITE) == 0 ||
         fallocate(descriptor, 0, static_cast<off_t>(from), static_cast<off_t>(window.size())) == 0;
}

}  // namespace

ClearAsset::ClearAsset(ClearAsset&& other) noexcept
    : file_(std::move(other.file_)), size_(other.size_), mapping_(std::exchange(other.mapping_, nullptr)) {}

ClearAsset::~ClearAsset() {
  if (mapping_ != nullptr) munmap(mapping_, size_);
}

Result<ClearAsset> ClearAsset::open(const registry::File& sealed, const ContentKey& key, const AssetBinding& binding) {
  auto asset = SealedAsset::open(sealed, key, binding);
  if (!asset) return std::unexpected(asset.error());
  ClearAsset clear;
  clear.size_ = asset->header().plain_bytes;
  clear.file_ = registry::File(make_memory_file());
  if (clear.descriptor() < 0) return no_memory("memfd_create", clear.size_);
  if (ftruncate(clear.descriptor(), static_cast<off_t>(clear.size_)) != 0) return no_memory("ftruncate", clear.size_);
  if (clear.size_ != 0) {
    // Written through the mapping that stays: making a page, locking it and mapping it once is most of what opening
    // costs. Nobody else ever has one that can be written to.
    void* held = mmap(nullptr, clear.size_, PROT_READ | PROT_WRITE, MAP_SHARED, clear.descriptor(), 0);
    if (held == MAP_FAILED) return no_memory("mmap", clear.size_);
    clear.mapping_ = held;
    madvise(held, clear.size_, MADV_DONTDUMP);
    madvise(held, clear.size_, MADV_HUGEPAGE);  // where the machine has them for such files (shmem_enabled)
    bool is_locked = true;
    for (std::uint64_t from = 0; from < clear.size_; from += kWindowBytes) {
      const std::span window(static_cast<std::byte*>(held) + from, std::min(kWindowBytes, clear.size_ - from));
      // Locked before there is anything to swap; that makes the pages, too.
      is_locked = is_locked && mlock(window.data(), window.size()) == 0;
      if (!is_locked && !make_pages(clear.descriptor(), window, from)) return no_memory("mmap", clear.size_);
      if (auto read = asset->read(from, window); !read) return std::unexpected(read.error());
    }
    mprotect(held, clear.size_, PROT_READ);
    if (!is_locked) munmap(std::exchange(clear.mapping_, nullptr), clear.size_);
  } else if (auto read = asset->read(0, {}); !read) {
    return std::unexpected(read.error());
  }
  if (fcntl(clear.descriptor(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0)
    return no_memory("F_ADD_SEALS", clear.size_);
  return clear;
}

}  // namespace stoa::licensing
