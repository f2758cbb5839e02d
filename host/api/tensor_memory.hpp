// tensor_memory.hpp: memory for a tensor's elements, on a 64-byte boundary (a cache line, and what vector code likes).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <memory>
#include <new>

namespace stoa::api {

inline constexpr std::size_t kTensorAlignment = 64;

// Uninitialised; never null, also for 0 bytes.
inline std::shared_ptr<std::byte[]> allocate_tensor(std::size_t bytes) {
  constexpr std::align_val_t alignment{kTensorAlignment};
  auto* memory = static_cast<std::byte*>(::operator new(bytes ? bytes : 1, alignment));
  return std::shared_ptr<std::byte[]>(memory, [](std::byte* p) { ::operator delete(p, std::align_val_t{64}); });
}

}  // namespace stoa::api
