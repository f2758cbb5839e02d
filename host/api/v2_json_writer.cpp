// v2_json_writer.cpp: see v2_json_writer.hpp. SPDX-License-Identifier: Apache-2.0
#include "host/api/v2_json_writer.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "host/api/decimal_text.hpp"

namespace stoa::api {
namespace {

using runtime::OutputPart;
using runtime::PartKind;

constexpr std::size_t kBlock = 64;  // elements between two looks at the space left

// Room for the text of one element with its comma.
template <class T>
constexpr std::size_t kTextMax = std::is_same_v<T, bool>       ? 6
                                 : std::is_floating_point_v<T> ? kDecimalRoom
                                                               : std::numeric_limits<T>::digits10 + 3;

std::unexpected<Error> needs_binary(std::string_view output, std::string what) {
  return std::unexpected<Error>(
      Error{Code::invalid_argument, "output.needs_binary",
            "output '" + std::string(output) + "' " + what + ": ask for it with parameters.binary_data true", 0});
}

template <class T>
char* write_element(char* at, T value) {
  if constexpr (std::is_same_v<T, bool>) {
    const std::string_view text = value ? "true" : "false";
    return std::char_traits<char>::copy(at, text.data(), text.size()) + text.size();
  } else {
    return std::to_chars(at, at + kTextMax<T>, value).ptr;
  }
}

template <class T>
char* write_integers(char* at, const std::byte* elements, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    T value;
    if constexpr (std::is_same_v<T, bool>) {
      value = elements[i] != std::byte{0};
    } else {
      std::memcpy(&value, elements + i * sizeof(T), sizeof(T));
    }
    at = write_element(at, value);
    *at++ = ',';
  }
  return at;
}

std::unexpected<Error> not_finite(const OutputPart& part, std::size_t index, bool is_nan) {
  return needs_binary(part.name(), std::string("holds ") + (is_nan ? "NaN" : "an infinity") + " at element " +
                                       std::to_string(index) + ", which JSON cannot say");
}

template <class T>
Result<void> write_array(JsonText& text, const OutputPart& part) {
  const std::span<const std::byte> data = part.data();
  const std::size_t count = data.size() / sizeof(T);
  text.raw("[");
  for (std::size_t begin = 0; begin < count; begin += kBlock) {
    const std::size_t block = std::min(count - begin, kBlock);
    const std::byte* const elements = data.data() + begin * sizeof(T);
    char* at = text.room(block * kTextMax<T>);
    if constexpr (std::is_floating_point_v<T>) {
      const WrittenList written =
          sizeof(T) == sizeof(float) ? write_floats(at, elements, block) : write_doubles(at, elements, block);
      if (written.count < block) [[unlikely]] {
        T value;
        std::memcpy(&value, elements + written.count * sizeof(T), sizeof(T));
        return not_finite(part, begin + written.count, std::isnan(value));
      }
      at = written.end;
    } else {
      at = write_integers<T>(at, elements, block);
    }
    text.commit(begin + block == count ? at - 1 : at);  // the last comma is dropped
  }
  text.raw("]");
  return {};
}

Result<void> write_string(JsonText& text, const OutputPart& part, std::size_t index, std::string_view value) {
  if (text.string(value)) return {};
  return needs_binary(part.name(),
                      "is not UTF-8 at element " + std::to_string(index) + ", and JSON strings have to be");
}

Result<void> write_strings(JsonText& text, const OutputPart& part) {
  text.raw("[");
  if (part.kind() != PartKind::strings) {
    const auto data = part.data();
    auto done = write_string(text, part, 0, {reinterpret_cast<const char*>(data.data()), data.size()});
    if (!done) return done;
  }
  std::size_t index = 0;
  for (const stoa_str& item : part.strings()) {
    if (index) text.raw(",");
    if (auto done = write_string(text, part, index, {item.p, item.n}); !done) return done;
    ++index;
  }
  text.raw("]");
  return {};
}

// What the arrays of all outputs will take, closely enough that most answers are written without growing.
std::size_t estimate(const V2Response& response) {
  std::size_t bytes = 192 + kBlock * kDecimalRoom;  // the last block asks for the longest texts
  for (const auto& output : response.outputs) {
    bytes += 96;
    if (output.is_binary) continue;
    const std::size_t element = size_of(output.part->datatype());
    if (element == 0) {
      bytes += output.part->data().size() + output.part->strings().size() * 16;
    } else {
      bytes += output.part->data().size() / element * (element == 1 ? 4 : element == 2 ? 6 : element == 4 ? 13 : 21);
    }
  }
  return bytes;
}

}  // namespace

Result<void> write_elements(JsonText& text, const OutputPart& part) {
  if (part.kind() != PartKind::tensor) return write_strings(text, part);
  switch (part.datatype()) {
    case DataType::boolean:
      return write_array<bool>(text, part);
    case DataType::uint8:
      return write_array<std::uint8_t>(text, part);
    case DataType::uint16:
      return write_array<std::uint16_t>(text, part);
    case DataType::uint32:
      return write_array<std::uint32_t>(text, part);
    case DataType::uint64:
      return write_array<std::uint64_t>(text, part);
    case DataType::int8:
      return write_array<std::int8_t>(text, part);
    case DataType::int16:
      return write_array<std::int16_t>(text, part);
    case DataType::int32:
      return write_array<std::int32_t>(text, part);
    case DataType::int64:
      return write_array<std::int64_t>(text, part);
    case DataType::fp32:
      return write_array<float>(text, part);
    case DataType::fp64:
      return write_array<double>(text, part);
    case DataType::fp16:
    case DataType::bf16:
    case DataType::bytes:
    case DataType::invalid:
      break;
  }
  return needs_binary(part.name(), "is " + std::string(name_of(part.datatype())) + ", which JSON cannot carry");
}

std::uint64_t binary_size(const OutputPart& part) {
  if (part.kind() == PartKind::tensor) return part.data().size();
  if (part.kind() != PartKind::strings) return part.data().size() + sizeof(std::uint32_t);
  std::uint64_t bytes = 0;
  for (const stoa_str& item : part.strings()) bytes += item.n + sizeof(std::uint32_t);
  return bytes;
}

Result<std::string> write_v2_response(const V2Response& response, std::string spare) {
  JsonText text(std::move(spare), estimate(response));
  text.raw("{\"model_name\":").string_lossy(response.model_name);
  text.raw(",\"model_version\":").string_lossy(response.model_version);
  if (response.id) text.raw(",\"id\":").string_lossy(*response.id);
  text.raw(",\"outputs\":[");
  bool is_first = true;
  for (const auto& output : response.outputs) {
    const OutputPart& part = *output.part;
    text.raw(is_first ? "{\"name\":" : ",{\"name\":").string_lossy(part.name());
    text.raw(",\"datatype\":\"").raw(name_of(part.datatype())).raw("\",\"shape\":[");
    is_first = false;
    bool is_first_extent = true;
    for (const std::int64_t extent : part.shape()) {
      if (!is_first_extent) text.raw(",");
      text.number(extent);
      is_first_extent = false;
    }
    if (output.is_binary) {
      text.raw("],\"parameters\":{\"binary_data_size\":").number(binary_size(part)).raw("}}");
      continue;
    }
    text.raw("],\"data\":");
    if (auto done = write_elements(text, part); !done) return std::unexpected(std::move(done.error()));
    text.raw("}");
  }
  text.raw("]}");
  return text.take();
}

}  // namespace stoa::api
