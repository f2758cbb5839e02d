// parser_fuzz.cpp: whatever the bytes are, the parser throws nothing and splits do not change what it makes of them.
// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <cstdlib>

#include "host/http/verdict.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using stoa::http::judge;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Small limits, so that short inputs reach them.
  const stoa::http::HeadLimits limits{.head_bytes_max = 512, .fields_max = 6, .target_bytes_max = 40};
  const std::string whole = judge(bytes, limits, [](std::size_t left) { return left; });
  const std::string by_byte = judge(bytes, limits, [](std::size_t) { return std::size_t{1}; });
  std::uint32_t state = static_cast<std::uint32_t>(size) * 2654435761u + (size > 0 ? data[size / 2] : 0u);
  const std::string split = judge(bytes, limits, [&](std::size_t) {
    state = state * 1664525u + 1013904223u;
    return static_cast<std::size_t>(state >> 28) + 1;
  });
  if (whole != by_byte || whole != split) std::abort();
  return 0;
}
