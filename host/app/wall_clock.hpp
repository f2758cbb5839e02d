// wall_clock.hpp: Unix time as the registry's parts count it. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>

namespace stoa::app {

inline std::int64_t unix_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}
inline std::int64_t unix_ms() { return unix_ns() / 1'000'000; }
inline std::chrono::sys_seconds unix_now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

}  // namespace stoa::app
