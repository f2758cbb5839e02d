// v2_json_fuzz.cpp: the v2 JSON reader on any bytes; what it accepts must hold together.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>
#include <vector>

#include "host/api/v2_json_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stoa::api;
  // Exactly the slack http::Body promises, so that one byte more is an error the sanitizer sees.
  std::vector<char> text(size + 64, '"');
  if (size) std::memcpy(text.data(), data, size);
  V2JsonReader reader;
  const auto request = reader.read({text.data(), size}, 1u << 20);
  if (!request) {
    if (request.error().message.empty() || request.error().reason.empty()) std::abort();
    return 0;
  }
  for (const auto& input : request->inputs) {
    if (!input.has_data) continue;
    const std::size_t element = stoa::size_of(input.datatype);
    if (element ? input.data.bytes.size() != input.elements * element : input.data.strings.size() != input.elements)
      std::abort();
    std::size_t sum = 0;  // touches every byte: all of it is ours
    for (const std::byte b : input.data.bytes) sum += static_cast<std::size_t>(b);
    for (const auto& item : input.data.strings)
      for (std::uint64_t i = 0; i < item.n; ++i) sum += static_cast<unsigned char>(item.p[i]);
    volatile std::size_t seen = sum;
    (void)seen;
  }
  return 0;
}
