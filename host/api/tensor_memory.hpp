// tensor_memory.hpp: memory for a tensor's elements, on a 64-byte boundary (a cache line, and what vector code likes).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace stoa::api {

inline constexpr std::size_t kTensorAlignment = 64;

// Uninitialised; never null, also for 0 bytes. One allocation: the boundary is found inside it.
inline std::shared_ptr<std::byte[]> allocate_tensor(std::size_t bytes) {
  auto memory = std::make_shared_for_overwrite<std::byte[]>(bytes + kTensorAlignment - 1);
  std::byte* const begin = memory.get();
  const auto past = reinterpret_cast<std::uintptr_t>(begin) % kTensorAlignment;
  return {std::move(memory), begin + (past ? kTensorAlignment - past : 0)};
}

}  // namespace stoa::api
