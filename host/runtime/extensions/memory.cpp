// memory.cpp: stoa.host.memory/1: output memory from the host, 64-byte aligned, counted per plugin.
// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <bit>
#include <cstdlib>
#include <mutex>
#include <new>
#include <string>
#include <vector>

#include "host/runtime/abi_error.hpp"
#include "host/runtime/extensions/extensions.hpp"
#include "host/runtime/host_context.hpp"

namespace stoa::runtime::extensions {
namespace {

constexpr std::size_t kAlignment = 64;  // ext/memory.h's promise: a cache line, and AVX-512's width

// In front of every block, one alignment wide.
struct alignas(kAlignment) Header {
  static constexpr std::uint64_t kLive = 0x53746f61426c6f63, kFree = 0x53746f6146726565;
  std::uint64_t mark = 0;
  HostContext* context = nullptr;
  std::size_t bytes = 0;  // of the block, without this header, a power of two
};
static_assert(sizeof(Header) == kAlignment);

// Blocks by size, the smallest 256 B, kept up to a bound for the next request: a 1 MiB output otherwise costs 256 page
// faults each time.
class BlockCache {
 public:
  static constexpr unsigned kClassMin = 8, kClassMax = 24;  // 256 B .. 16 MiB; larger ones are not kept
  static constexpr std::size_t kKeptBytesMax = 64u << 20;

  Header* get(unsigned size_class) {
    const std::lock_guard lock(mutex_);
    auto& kept = kept_[size_class - kClassMin];
    if (kept.empty()) return nullptr;
    Header* header = kept.back();
    kept.pop_back();
    kept_bytes_ -= header->bytes;
    return header;
  }
  bool put(unsigned size_class, Header* header) {
    const std::lock_guard lock(mutex_);
    if (kept_bytes_ + header->bytes > kKeptBytesMax) return false;
    kept_[size_class - kClassMin].push_back(header);
    kept_bytes_ += header->bytes;
    return true;
  }

 private:
  std::mutex mutex_;
  std::array<std::vector<Header*>, kClassMax - kClassMin + 1> kept_;
  std::size_t kept_bytes_ = 0;
};

// Made on first use and never destroyed: plugins give blocks back until the process ends.
BlockCache& cache() {
  static auto* const kept = new BlockCache();
  return *kept;
}

unsigned size_class_of(std::uint64_t n) {
  const auto bits = static_cast<unsigned>(std::bit_width(n == 0 ? n : n - 1));
  return bits < BlockCache::kClassMin ? BlockCache::kClassMin : bits;
}

Header* allocate(HostContext& context, unsigned size_class) {
  if (OutputPool* pool = context.services.output_pool.get()) {
    void* const memory = pool->take(sizeof(Header) + (std::uint64_t{1} << size_class));
    if (memory == nullptr) return nullptr;
    auto* header = new (memory) Header();
    header->bytes = std::size_t{1} << size_class;
    return header;
  }
  if (size_class <= BlockCache::kClassMax)
    if (Header* kept = cache().get(size_class)) return kept;
  const std::size_t bytes = std::size_t{1} << size_class;
  void* memory = std::aligned_alloc(kAlignment, sizeof(Header) + bytes);
  if (memory == nullptr) return nullptr;
  auto* header = new (memory) Header();
  header->bytes = bytes;
  return header;
}

void* alloc(const stoa_host* host, const stoa_request*, std::uint64_t n, stoa_error* err) noexcept {
  HostContext& context = HostContext::of(host);
  const std::uint64_t limit = context.services.output_bytes_max;
  const auto refuse = [&](const std::string& why) {
    error_to_abi(Code::resource_exhausted, "memory.limit", why, err);
    return nullptr;
  };
  if (n > limit) return refuse(std::to_string(n) + " bytes asked for, the limit is " + std::to_string(limit));
  const unsigned size_class = size_class_of(n);
  const std::uint64_t bytes = std::uint64_t{1} << size_class;
  const std::uint64_t before = context.output_bytes.fetch_add(bytes, std::memory_order_relaxed);
  Header* header = before + n > limit ? nullptr : allocate(context, size_class);
  if (header == nullptr) {
    context.output_bytes.fetch_sub(bytes, std::memory_order_relaxed);
    return refuse(std::to_string(n) + " bytes asked for with " + std::to_string(before) +
                  " out already, the limit is " + std::to_string(limit));
  }
  header->mark = Header::kLive;
  header->context = &context;
  return header + 1;
}

void give_back(void* block) {
  if (block == nullptr) return;
  Header* header = static_cast<Header*>(block) - 1;
  // A block given back twice, or none of ours: leaking it is the safe answer.
  if (header->mark != Header::kLive) return;
  header->mark = Header::kFree;
  HostContext& context = *header->context;
  context.output_bytes.fetch_sub(header->bytes, std::memory_order_relaxed);
  if (OutputPool* pool = context.services.output_pool.get()) return pool->give(header);
  const auto size_class = static_cast<unsigned>(std::countr_zero(header->bytes));
  if (size_class > BlockCache::kClassMax || !cache().put(size_class, header)) std::free(header);
}

void free_block(const stoa_host*, void* block) noexcept { give_back(block); }

void release_part(stoa_part* part) noexcept { give_back(part->owner); }

void report(const stoa_host* host, DLDevice device, std::uint64_t bytes_in_use) noexcept {
  HostContext& context = HostContext::of(host);
  if (context.services.metrics) context.services.metrics->report_memory(context.plugin_id, device, bytes_in_use);
}

}  // namespace

constinit const stoa_host_memory kMemory = {&alloc, &free_block, &release_part, &report};

}  // namespace stoa::runtime::extensions
