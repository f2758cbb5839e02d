// v2_binary.cpp: see v2_binary.hpp. The wire format is Triton's "binary data" extension; all supported hosts are
// little-endian, as the format is. SPDX-License-Identifier: Apache-2.0
#include "host/api/v2_binary.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <cstring>

#include "host/api/field_path.hpp"
#include "host/api/tensor_memory.hpp"
#include "host/api/v2_json_reader.hpp"
#include "host/api/v2_json_writer.hpp"

namespace stoa::api {
namespace {

static_assert(std::endian::native == std::endian::little);
using runtime::PartKind;

constexpr std::size_t kPrefixBytes = sizeof(std::uint32_t);

// BYTES: per element its length as uint32, then its bytes; exactly elements of them.
Result<void> split_strings(std::span<const std::byte> bytes, const FieldPath& where, V2Input& input) {
  auto& strings = input.data.strings;
  // A length prefix each, so the count is bounded by what was sent.
  if (input.elements > bytes.size() / kPrefixBytes)
    return wrong(where,
                 "has " + std::to_string(bytes.size()) + " bytes, " + std::to_string(input.elements) +
                     " length-prefixed elements need at least " + std::to_string(input.elements * kPrefixBytes),
                 "request.bad_binary");
  strings.reserve(input.elements);
  std::size_t at = 0;
  for (std::uint64_t i = 0; i < input.elements; ++i) {
    std::uint32_t length = 0;
    const std::size_t left = bytes.size() - at;
    if (left < kPrefixBytes)
      return wrong(where, "ends inside the length of element " + std::to_string(i), "request.bad_binary");
    std::memcpy(&length, bytes.data() + at, kPrefixBytes);
    if (left - kPrefixBytes < length)
      return wrong(where,
                   "element " + std::to_string(i) + " says " + std::to_string(length) + " bytes, " +
                       std::to_string(left - kPrefixBytes) + " are left",
                   "request.bad_binary");
    strings.push_back({reinterpret_cast<const char*>(bytes.data()) + at + kPrefixBytes, length});
    at += kPrefixBytes + length;
  }
  if (at != bytes.size())
    return wrong(where,
                 std::to_string(bytes.size() - at) + " bytes are left behind its " + std::to_string(input.elements) +
                     " elements",
                 "request.bad_binary");
  return {};
}

Result<void> attach_fixed(const OwnedBytes& from, const FieldPath& where, V2Input& input) {
  const std::size_t element = size_of(input.datatype);
  const std::uint64_t wanted = input.elements * element;  // count_elements checked the product
  if (from.bytes.size() != wanted)
    return wrong(where,
                 std::to_string(from.bytes.size()) + " bytes, its shape of " + std::to_string(input.elements) + " " +
                     std::string(name_of(input.datatype)) + " needs " + std::to_string(wanted),
                 "request.shape_mismatch");
  if (input.datatype == DataType::boolean &&
      std::ranges::any_of(from.bytes, [](std::byte b) { return b > std::byte{1}; }))
    return wrong(where, "a BOOL byte is neither 0 nor 1", "request.bad_element");
  if (reinterpret_cast<std::uintptr_t>(from.bytes.data()) % element == 0) {
    input.data.bytes = from.bytes;
    input.data.keep = from.keep;
    return {};
  }
  auto copy = allocate_tensor(from.bytes.size());
  std::ranges::copy(from.bytes, copy.get());
  input.data.bytes = {copy.get(), from.bytes.size()};
  input.data.keep = std::move(copy);
  return {};
}

Result<void> attach(const OwnedBytes& from, const FieldPath& where, V2Input& input) {
  if (input.datatype != DataType::bytes) return attach_fixed(from, where, input);
  input.data.keep = from.keep;
  return split_strings(from.bytes, where, input);
}

std::string length_prefixed(const runtime::OutputPart& part) {
  std::string out;
  out.reserve(binary_size(part));
  const auto append = [&out](const char* p, std::uint64_t n) {
    const auto length = static_cast<std::uint32_t>(n);
    out.append(reinterpret_cast<const char*>(&length), kPrefixBytes).append(p, n);
  };
  if (part.kind() != PartKind::strings) append(reinterpret_cast<const char*>(part.data().data()), part.data().size());
  for (const stoa_str& item : part.strings()) append(item.p, item.n);
  return out;
}

}  // namespace

Result<std::uint64_t> parse_header_length(std::string_view field) {
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), length);
  if (error != std::errc{} || end != field.data() + field.size())
    return failure(Code::invalid_argument, "request.bad_header_length",
                   "Inference-Header-Content-Length: Unable to parse Inference-Header-Content-Length, got: '" +
                       std::string(field.substr(0, 40)) + "', want an integer from 0 to 2^64-1");
  return length;
}

Result<void> attach_binary(V2Request& request, const OwnedBytes& behind_json, std::string_view model) {
  std::span<const std::byte> left = behind_json.bytes;
  for (std::size_t i = 0; i < request.inputs.size(); ++i) {
    V2Input& input = request.inputs[i];
    if (input.has_data) continue;
    const FieldPath inputs("inputs"), entry(inputs, i), parameters(entry, "parameters"),
        where(parameters, "binary_data_size");
    if (!input.binary_data_size)
      return wrong(entry, "has neither data nor parameters.binary_data_size", "request.missing_field");
    const std::uint64_t size = *input.binary_data_size;
    if (size > left.size())
      return wrong(where,
                   "unexpected size for input '" + input.name + "', expecting " + std::to_string(size - left.size()) +
                       " additional bytes for model '" + std::string(model) + "'",
                   "request.truncated");
    if (auto done = attach({left.first(size), behind_json.keep}, where, input); !done) return done;
    left = left.subspan(size);
  }
  if (!left.empty())
    return wrong(FieldPath("body"),
                 "unexpected additional input data for model '" + std::string(model) +
                     "': " + std::to_string(left.size()) + " bytes behind the last input",
                 "request.additional_bytes");
  return {};
}

Result<V2Request> raw_binary_request(const runtime::ModelSpec& spec, const OwnedBytes& body,
                                     std::uint64_t tensor_bytes_max) {
  const FieldPath where("body");
  if (spec.inputs.size() != 1)
    return wrong(where,
                 "a raw binary request needs a model with one input, '" + spec.name + "' has " +
                     std::to_string(spec.inputs.size()),
                 "request.raw_binary");
  const auto& port = spec.inputs.front();
  V2Request request;
  request.binary_data_output = true;
  V2Input input;
  input.name = port.name;
  input.binary_data_size = body.bytes.size();
  if (port.kind != PartKind::tensor || port.datatype == DataType::bytes) {
    // The whole body is the one element, without a length prefix.
    input.datatype = DataType::bytes;
    for (const std::int64_t extent : port.shape)
      if (extent > 1) return wrong(where, "a raw BYTES input must have shape [1]", "request.raw_binary");
    input.shape.assign(port.kind == PartKind::tensor ? port.shape.size() : 1, 1);
    input.elements = 1;
    input.data.strings.push_back({reinterpret_cast<const char*>(body.bytes.data()), body.bytes.size()});
    input.data.keep = body.keep;
    request.inputs.push_back(std::move(input));
    return request;
  }
  input.datatype = port.datatype;
  input.shape = port.shape;
  const auto open = std::ranges::count(port.shape, -1);
  if (open > 1)
    return wrong(where,
                 "input '" + port.name + "' has " + std::to_string(open) + " open extents, a raw body can say one",
                 "request.raw_binary");
  if (open == 1) {
    std::vector<std::int64_t> known = port.shape;
    std::ranges::replace(known, -1, 1);
    auto row = count_elements(known, port.datatype, tensor_bytes_max, where);
    if (!row) return std::unexpected(row.error());
    const std::uint64_t row_bytes = *row * size_of(port.datatype);
    if (row_bytes == 0 || body.bytes.size() % row_bytes != 0)
      return wrong(where,
                   std::to_string(body.bytes.size()) + " bytes are no multiple of the " + std::to_string(row_bytes) +
                       " of one row of input '" + port.name + "'",
                   "request.shape_mismatch");
    std::ranges::replace(input.shape, -1, static_cast<std::int64_t>(body.bytes.size() / row_bytes));
  }
  auto elements = count_elements(input.shape, input.datatype, tensor_bytes_max, where);
  if (!elements) return std::unexpected(elements.error());
  input.elements = *elements;
  if (auto done = attach(body, where, input); !done) return std::unexpected(done.error());
  request.inputs.push_back(std::move(input));
  return request;
}

BinaryChunks binary_chunks(const V2Response& response) {
  BinaryChunks out;
  out.prefixes.reserve(response.outputs.size());  // chunks point into its strings: no reallocation
  for (const auto& output : response.outputs) {
    if (!output.is_binary) continue;
    if (output.part->kind() == PartKind::tensor) {
      if (!output.part->data().empty()) out.chunks.push_back(output.part->data());
      continue;
    }
    const std::string& text = out.prefixes.emplace_back(length_prefixed(*output.part));
    out.chunks.push_back(std::as_bytes(std::span(text)));
  }
  return out;
}

}  // namespace stoa::api
