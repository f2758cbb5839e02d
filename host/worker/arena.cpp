// arena.cpp: sealed memfds. SPDX-License-Identifier: Apache-2.0
#include "host/worker/arena.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace stoa::worker {
namespace {

std::unexpected<Error> no_arena(const char* what) {
  return failure(Code::resource_exhausted, "worker.arena", std::string(what) + ": " + std::strerror(errno));
}

}  // namespace

Result<Arena> Arena::create(const char* name, ArenaSize size, bool is_ours) {
  const int descriptor = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (descriptor < 0) return no_arena("memfd_create");
  Arena arena(descriptor, nullptr, size);  // closes what follows cannot use
  if (ftruncate(descriptor, static_cast<off_t>(size.total())) != 0) return no_arena("ftruncate");
  const int protection = is_ours ? PROT_READ | PROT_WRITE : PROT_READ;
  void* base = mmap(nullptr, size.total(), protection, MAP_SHARED, descriptor, 0);
  if (base == MAP_FAILED) return no_arena("mmap");
  arena.base_ = static_cast<std::byte*>(base);
  const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL | (is_ours ? F_SEAL_FUTURE_WRITE : 0);
  if (fcntl(descriptor, F_ADD_SEALS, seals) != 0) return no_arena("F_ADD_SEALS");
  return arena;
}

Result<Arena> Arena::map(int descriptor, bool is_writable) {
  struct stat state{};
  if (fstat(descriptor, &state) != 0) return no_arena("fstat");
  const auto total = static_cast<std::uint64_t>(state.st_size);
  ArenaSize size;
  if (total <= size.total())
    return failure(Code::internal, "worker.arena", "an arena of " + std::to_string(total) + " bytes is too small");
  size.block_bytes = total - size.total();
  void* base = mmap(nullptr, total, is_writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, descriptor, 0);
  if (base == MAP_FAILED) return no_arena("mmap");
  return Arena(descriptor, static_cast<std::byte*>(base), size);
}

Arena::Arena(Arena&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      base_(std::exchange(other.base_, nullptr)),
      size_(other.size_) {}

Arena& Arena::operator=(Arena&& other) noexcept {
  std::swap(descriptor_, other.descriptor_);
  std::swap(base_, other.base_);
  std::swap(size_, other.size_);
  return *this;
}

Arena::~Arena() {
  if (base_ != nullptr) munmap(base_, size_.total());
  if (descriptor_ >= 0) close(descriptor_);
}

std::uint64_t BlockBook::take(std::uint64_t bytes) {
  if (bytes > kNone - kAlignment) return kNone;  // rounded up it would be small: a plugin asks for what it likes
  bytes = std::max(kAlignment, (bytes + kAlignment - 1) & ~(kAlignment - 1));
  const std::lock_guard lock(mutex_);
  for (auto at = free_.begin(); at != free_.end(); ++at) {
    if (at->second < bytes) continue;
    const auto [offset, room] = *at;
    free_.erase(at);
    if (room > bytes) free_.emplace(offset + bytes, room - bytes);
    taken_.emplace(offset, bytes);
    bytes_out_ += bytes;
    return offset;
  }
  return kNone;
}

bool BlockBook::give(std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  const auto taken = taken_.find(offset);
  if (taken == taken_.end()) return false;
  std::uint64_t bytes = taken->second;
  taken_.erase(taken);
  bytes_out_ -= bytes;
  auto next = free_.lower_bound(offset);
  if (next != free_.end() && next->first == offset + bytes) {
    bytes += next->second;
    next = free_.erase(next);
  }
  if (next != free_.begin()) {
    const auto before = std::prev(next);
    if (before->first + before->second == offset) {
      before->second += bytes;
      return true;
    }
  }
  free_.emplace(offset, bytes);
  return true;
}

std::uint64_t BlockBook::bytes_out() const {
  const std::lock_guard lock(mutex_);
  return bytes_out_;
}

}  // namespace stoa::worker
