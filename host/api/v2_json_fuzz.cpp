// v2_json_fuzz.cpp: the v2 JSON reader on any bytes; what it accepts must hold together.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "host/api/plain_request.hpp"
#include "host/api/v2_json_reader.hpp"

namespace {

// What the short way reads, the walk reads in the same way.
void check_plain(const std::vector<char>& body, std::size_t size) {
  using namespace stoa::api;
  std::vector<char> text = body;
  text[size] = '\0';
  V2Request plain;
  if (!read_plain_request({text.data(), size}, 1u << 20, plain)) return;
  text = body;
  V2JsonReader reader;
  const auto walked = reader.walk({text.data(), size}, 1u << 20);
  if (!walked || walked->id != plain.id || walked->inputs.size() != plain.inputs.size() ||
      walked->outputs.size() != plain.outputs.size() || !walked->parameters_json.empty())
    std::abort();
  for (std::size_t i = 0; i < plain.inputs.size(); ++i) {
    const V2Input &a = plain.inputs[i], &b = walked->inputs[i];
    if (a.name != b.name || a.datatype != b.datatype || a.shape != b.shape || a.elements != b.elements || !b.has_data ||
        b.binary_data_size || !std::ranges::equal(a.data.bytes, b.data.bytes))
      std::abort();
  }
  for (std::size_t i = 0; i < plain.outputs.size(); ++i)
    if (plain.outputs[i].name != walked->outputs[i].name || walked->outputs[i].binary_data) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace stoa::api;
  // Exactly the slack http::Body promises, so that one byte more is an error the sanitizer sees.
  std::vector<char> text(size + 64, '"');
  if (size) std::memcpy(text.data(), data, size);
  if (size) check_plain(text, size);
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
