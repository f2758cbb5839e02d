// assets.cpp: stoa.host.assets/1: the package's files, by their manifest path and no other.
// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <mutex>
#include <new>
#include <string>

#include "host/runtime/abi_error.hpp"
#include "host/runtime/extensions/extensions.hpp"
#include "host/runtime/host_context.hpp"

// What a plugin holds as stoa_asset*.
struct stoa_asset {
  int file = -1;
  std::uint64_t size = 0;
  std::mutex mutex;               // Lock: mapping
  const void* mapping = nullptr;  // of size bytes, from the first map() on
};

namespace stoa::runtime::extensions {
namespace {

// What map() shows of an empty file: mmap refuses length 0, and NULL means failure.
alignas(4096) constexpr char kEmptyFile[1] = {};

stoa_status open(const stoa_host* host, stoa_str path, stoa_asset** out, std::uint64_t* size,
                 stoa_error* err) noexcept {
  const HostContext& context = HostContext::of(host);
  const std::string_view wanted = path.p == nullptr ? std::string_view() : std::string_view(path.p, path.n);
  const auto asset = std::ranges::find_if(context.assets, [&](const AssetFile& a) { return a.path == wanted; });
  if (asset == context.assets.end())
    return error_to_abi(Code::not_found, "asset.unknown",
                        "the manifest names no asset \"" + std::string(wanted.substr(0, 200)) + "\"", err);
  const int file = asset->descriptor >= 0 ? fcntl(asset->descriptor, F_DUPFD_CLOEXEC, 0)
                                          : ::open(asset->file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0)
    return error_to_abi(Code::data_loss, "asset.unreadable",
                        "asset \"" + asset->path + "\" cannot be opened: " + std::strerror(errno), err);
  struct stat state{};
  if (fstat(file, &state) != 0 || !S_ISREG(state.st_mode) || static_cast<std::uint64_t>(state.st_size) != asset->size) {
    ::close(file);
    return error_to_abi(Code::data_loss, "asset.changed",
                        "asset \"" + asset->path + "\" has " + std::to_string(state.st_size) +
                            " bytes, its manifest says " + std::to_string(asset->size),
                        err);
  }
  auto* opened = new (std::nothrow) stoa_asset();
  if (opened == nullptr) {
    ::close(file);
    return error_to_abi(Code::resource_exhausted, "memory.limit", "no memory for an open asset", err);
  }
  opened->file = file;
  opened->size = asset->size;
  *out = opened;
  if (size != nullptr) *size = asset->size;
  return STOA_OK;
}

std::int64_t read_at(stoa_asset* asset, std::uint64_t offset, void* dst, std::uint64_t n) noexcept {
  if (offset >= asset->size || n == 0) return 0;
  n = std::min({n, asset->size - offset, std::uint64_t{std::numeric_limits<std::int32_t>::max()}});
  ssize_t got = 0;
  do got = pread(asset->file, dst, n, static_cast<off_t>(offset));
  while (got < 0 && errno == EINTR);
  return got < 0 ? -std::int64_t{STOA_DATA_LOSS} : got;
}

const void* map(stoa_asset* asset, stoa_error* err) noexcept {
  const std::lock_guard lock(asset->mutex);
  if (asset->mapping != nullptr) return asset->mapping;
  if (asset->size == 0) return kEmptyFile;
  void* mapping = mmap(nullptr, asset->size, PROT_READ, MAP_PRIVATE, asset->file, 0);
  if (mapping == MAP_FAILED) {
    error_to_abi(Code::resource_exhausted, "asset.unmappable",
                 std::to_string(asset->size) + " bytes cannot be mapped: " + std::strerror(errno), err);
    return nullptr;
  }
  madvise(mapping, asset->size, MADV_DONTDUMP);  // weights fill disks, and those that lay encrypted must not be on one
  return asset->mapping = mapping;
}

void close(stoa_asset* asset) noexcept {
  if (asset == nullptr) return;
  if (asset->mapping != nullptr) munmap(const_cast<void*>(asset->mapping), asset->size);
  ::close(asset->file);
  delete asset;
}

}  // namespace

constinit const stoa_host_assets kAssets = {&open, &read_at, &map, &close};

}  // namespace stoa::runtime::extensions
