// arena.hpp: memory that a host and one worker share. Two of them per worker, each with one writer: the worker reads
// the requests' arena, the host the responses'. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <span>
#include <string>

#include "stoa/result.hpp"

namespace stoa::worker {

// The first page of an arena, written by its owner alone. No pointer, no lock and no allocator lies in shared memory:
// who reads it copies a number once and checks it against what it knows itself.
struct ArenaHeader {
  alignas(64) std::atomic<std::uint64_t> written{0};   // bytes its owner has put into this arena's ring, ever
  alignas(64) std::atomic<std::uint64_t> read{0};      // bytes its owner has taken from the other arena's ring, ever
  alignas(64) std::atomic<std::uint32_t> doorbell{0};  // the other side sleeps on it; moves when that side shall look
  // Odd: the owner sleeps on the other arena's doorbell, for the (n / 2)th time.
  alignas(64) std::atomic<std::uint32_t> sleep{0};
  std::atomic<std::uint32_t> is_busy{0};  // whoever of the owner's does the work is at it, and will look by itself
  // What the worker's signal handler leaves behind: of the first signal, and the batch of the thread that got it.
  alignas(64) std::atomic<std::uint32_t> crash_signal{0};
  std::atomic<std::uint64_t> crash_address{0}, crash_batch{0};
  // The batch each of the model's threads is at, by where it ends in the ring; 0: none. As the above it is shown to
  // people, and believed when somebody is to blame, as far as the worker had it.
  struct alignas(64) Seat {
    std::atomic<std::uint64_t> batch{0};
  };
  Seat seats[48];
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<std::uint32_t>::is_always_lock_free);

struct ArenaSize {
  static constexpr std::uint64_t kHeaderBytes = 4096;
  static_assert(sizeof(ArenaHeader) <= kHeaderBytes);
  static constexpr std::uint64_t kRingBytes = 1u << 20;  // a power of two
  std::uint64_t block_bytes = 0;                         // a multiple of the page size
  std::uint64_t total() const { return kHeaderBytes + kRingBytes + block_bytes; }
};

// A mapping of one arena: the owner's, writable, or the other side's, read-only.
class Arena {
 public:
  // A new memfd, full of zeros, mapped here, writable where we are its owner. Nobody can change its size, and nobody
  // can map ours writable from now on. Reason "worker.arena" with the errno.
  static Result<Arena> create(const char* name, ArenaSize size, bool is_ours);
  // The other side's mapping, of a descriptor it was given; is_writable for the owner. The size is the descriptor's.
  static Result<Arena> map(int descriptor, bool is_writable);
  Arena(Arena&& other) noexcept;
  Arena& operator=(Arena&& other) noexcept;
  ~Arena();

  int descriptor() const { return descriptor_; }
  ArenaHeader& header() const { return *reinterpret_cast<ArenaHeader*>(base_); }
  std::byte* ring() const { return base_ + ArenaSize::kHeaderBytes; }
  std::span<std::byte> blocks() const {
    return {ring() + ArenaSize::kRingBytes, static_cast<std::size_t>(size_.block_bytes)};
  }

 private:
  Arena(int descriptor, std::byte* base, ArenaSize size) : descriptor_(descriptor), base_(base), size_(size) {}
  int descriptor_ = -1;
  std::byte* base_ = nullptr;
  ArenaSize size_;
};

// Who lies where among an arena's blocks: the owner's private book. First fit, neighbours grow together again.
// Thread: any.
class BlockBook {
 public:
  static constexpr std::uint64_t kAlignment = 64, kNone = ~std::uint64_t{0};
  explicit BlockBook(std::uint64_t bytes) { free_.emplace(0, bytes); }
  std::uint64_t take(std::uint64_t bytes);  // an offset, or kNone
  bool give(std::uint64_t offset);          // false: no such block is out
  std::uint64_t bytes_out() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::uint64_t> free_, taken_;  // offset -> bytes
  std::uint64_t bytes_out_ = 0;
};

}  // namespace stoa::worker
