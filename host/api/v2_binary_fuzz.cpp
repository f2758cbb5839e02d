// v2_binary_fuzz.cpp: the binary framing: JSON of a length the input chooses, then tensors; and raw binary bodies.
// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <cstring>

#include "host/api/tensor_check.hpp"
#include "host/api/tensor_memory.hpp"
#include "host/api/v2_binary.hpp"
#include "host/api/v2_json_reader.hpp"

namespace {

using namespace stoa;

runtime::ModelSpec model() {
  runtime::ModelSpec spec;
  spec.name = "a/b";
  for (const auto& [name, type] : {std::pair{"f", DataType::fp32},
                                   {"d", DataType::fp64},
                                   {"b", DataType::boolean},
                                   {"s", DataType::bytes},
                                   {"h", DataType::fp16}}) {
    runtime::PortSpec port;
    port.name = name;
    port.datatype = type;
    port.shape = {-1};
    port.optional = true;
    spec.inputs.push_back(port);
  }
  runtime::PortSpec text;
  text.name = "t";
  text.kind = runtime::PartKind::text;
  text.optional = true;
  spec.inputs.push_back(text);
  return spec;
}

void check(api::V2Request& request, const runtime::ModelSpec& spec, std::size_t body_bytes) {
  const auto parts = api::check_inputs(request, spec);
  if (!parts) return;
  std::size_t total = 0;
  for (const auto& part : *parts) {
    const std::size_t element = size_of(part.datatype);
    if (element && reinterpret_cast<std::uintptr_t>(part.data.data()) % element != 0) std::abort();
    total += part.data.size();
    for (const auto& item : part.strings) total += item.n;
  }
  if (total > body_bytes * 8) std::abort();  // a JSON element of two bytes may become a double
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t json_bytes = std::min<std::size_t>(data[0] | data[1] << 8, size - 2);
  const std::size_t body_bytes = size - 2;
  auto memory = api::allocate_tensor(body_bytes + 64);
  std::memset(memory.get(), 0x22, body_bytes + 64);
  std::memcpy(memory.get(), data + 2, body_bytes);
  const runtime::ModelSpec spec = model();
  api::V2JsonReader reader;
  auto request = reader.read({reinterpret_cast<char*>(memory.get()), json_bytes}, 1u << 20);
  if (request &&
      api::attach_binary(*request, {{memory.get() + json_bytes, body_bytes - json_bytes}, memory}, spec.name))
    check(*request, spec, body_bytes);
  for (const auto& port : spec.inputs) {
    runtime::ModelSpec one;
    one.name = "a/b";
    one.inputs = {port};
    auto raw = api::raw_binary_request(one, {{memory.get(), body_bytes}, memory}, 1u << 20);
    if (raw) check(*raw, one, body_bytes);
  }
  return 0;
}
