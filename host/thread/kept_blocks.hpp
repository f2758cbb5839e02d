// kept_blocks.hpp: memory for objects that come and go with every request. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <new>

namespace stoa::thread {

#if defined(__has_feature)
#define STOA_HAS_ASAN __has_feature(address_sanitizer)
#elif defined(__SANITIZE_ADDRESS__)
#define STOA_HAS_ASAN 1
#else
#define STOA_HAS_ASAN 0
#endif

// Blocks of Bytes, aligned as operator new does it. Each thread keeps a few of those it gave back, whoever took them.
// Rationale: an allocation and its release are 200 instructions, these 30; a request has a dozen of them.
template <std::size_t Bytes>
class KeptBlocks {
 public:
  static void* take() {
    Shelf& shelf = shelf_;
    if (shelf.count > 0) [[likely]]
      return shelf.blocks[--shelf.count];
    return ::operator new(Bytes);
  }
  static void give_back(void* block) noexcept {
    Shelf& shelf = shelf_;
    if (shelf.count < shelf.limit) [[likely]]
      shelf.blocks[shelf.count++] = block;
    else
      ::operator delete(block, Bytes);
  }

 private:
  // A sanitizer has to see every object come and go.
  static constexpr std::size_t kKeptMax = STOA_HAS_ASAN ? 0 : 16;
  struct Shelf {
    std::array<void*, 16> blocks{};
    std::size_t count = 0, limit = kKeptMax;
    constexpr Shelf() = default;
    Shelf(const Shelf&) = delete;
    Shelf& operator=(const Shelf&) = delete;
    ~Shelf() {
      while (count > 0) ::operator delete(blocks[--count], Bytes);
      limit = 0;  // for what this thread lets go of later
    }
  };
  static constinit inline thread_local Shelf shelf_{};
};

#undef STOA_HAS_ASAN

// For std::allocate_shared.
template <class T>
struct KeptAllocator {
  using value_type = T;
  static_assert(alignof(T) <= __STDCPP_DEFAULT_NEW_ALIGNMENT__);
  KeptAllocator() = default;
  template <class U>
  explicit(false) KeptAllocator(const KeptAllocator<U>&) noexcept {}
  T* allocate(std::size_t n) {
    return static_cast<T*>(n == 1 ? KeptBlocks<sizeof(T)>::take() : ::operator new(n * sizeof(T)));
  }
  void deallocate(T* at, std::size_t n) noexcept {
    if (n == 1)
      KeptBlocks<sizeof(T)>::give_back(at);
    else
      ::operator delete(at, n * sizeof(T));
  }
  bool operator==(const KeptAllocator&) const = default;
};

}  // namespace stoa::thread
