// v2_json_data.cpp: element loops of the JSON tensor reader. SPDX-License-Identifier: Apache-2.0
#include "host/api/v2_json_data.hpp"

#include <charconv>
#include <cmath>
#include <limits>
#include <span>
#include <type_traits>

#include "host/api/flat_floats.hpp"
#include "host/api/flat_numbers.hpp"
#include "host/api/plain_ascii.hpp"
#include "host/api/tensor_memory.hpp"

namespace stoa::api {
namespace {

template <class T>
const char* read_numbers(const char* begin, std::span<T> out) {
  if constexpr (std::is_same_v<T, float>)
    if (has_quick_floats()) return read_flat_floats(begin, out);
  return FlatNumbers<T>::read(begin, out);
}

bool read_float(od::value v, float& out) {
  double d = 0;
  if (v.get_double().get(d)) return false;
  if (needs_single_rounding(d)) [[unlikely]] {
    // The token was checked by get_double; from_chars stops at the comma or bracket behind it.
    const std::string_view token = v.raw_json_token();
    const auto done = std::from_chars(token.data(), token.data() + token.size(), out);
    if (done.ec == std::errc{}) return true;
    out = static_cast<float>(d);  // below the smallest subnormal: rounds to zero, with its sign
    return true;
  }
  out = static_cast<float>(d);
  return !std::isinf(out);
}

template <class T>
bool read_scalar(od::value v, T& out) {
  if constexpr (std::is_same_v<T, float>) {
    return read_float(v, out);
  } else if constexpr (std::is_same_v<T, double>) {
    return v.get_double().get(out) == simdjson::SUCCESS;
  } else if constexpr (std::is_same_v<T, bool>) {
    return v.get_bool().get(out) == simdjson::SUCCESS;
  } else if constexpr (std::is_signed_v<T>) {
    std::int64_t wide = 0;
    if (v.get_int64().get(wide)) return false;
    out = static_cast<T>(wide);
    return static_cast<std::int64_t>(out) == wide;
  } else {
    std::uint64_t wide = 0;
    if (v.get_uint64().get(wide)) return false;
    out = static_cast<T>(wide);
    return static_cast<std::uint64_t>(out) == wide;
  }
}

template <class T>
std::string range_text() {
  if constexpr (std::is_same_v<T, bool>) return "true or false";
  if constexpr (std::is_floating_point_v<T>)
    return sizeof(T) == 4 ? "a finite number up to 3.4e38" : "a finite number up to 1.8e308";
  return "an integer from " + std::to_string(std::numeric_limits<T>::min()) + " to " +
         std::to_string(std::numeric_limits<T>::max());
}

// Where elements of a fixed-size type go. Elements beyond capacity are checked and counted, not stored.
template <class T>
class FixedSink {
 public:
  FixedSink(T* out, std::uint64_t capacity) : out_(out), capacity_(capacity) {}
  bool take(od::value v) {
    T element;
    if (!read_scalar(v, element)) return false;
    if (count_ < capacity_) out_[count_] = element;
    ++count_;
    return true;
  }
  std::uint64_t count() const { return count_; }
  static std::string wants() { return range_text<T>(); }

 private:
  T* out_;
  std::uint64_t capacity_, count_ = 0;
};

// BYTES: strings, unescaped into one buffer. Pointers are set at the end, when the buffer no longer moves.
class StringSink {
 public:
  bool take(od::value v) {
    std::string_view text;
    if (v.get_string().get(text)) return false;
    lengths_.push_back(stoa_str{nullptr, text.size()});
    bytes_.append(text);
    return true;
  }
  std::uint64_t count() const { return lengths_.size(); }
  static std::string wants() { return "a string"; }
  void finish(TensorData& data) {
    auto owner = std::make_shared<std::string>(std::move(bytes_));
    const char* at = owner->data();
    for (auto& item : lengths_) {
      item.p = at;
      at += item.n;
    }
    data.strings = std::move(lengths_);
    data.keep = std::move(owner);
  }

 private:
  std::vector<stoa_str> lengths_;
  std::string bytes_;
};

enum class Form : std::uint8_t { unknown, flat, nested };

// One walk over the array, flat or nested; the first element of the outermost level decides which.
template <class Sink>
class DataWalk {
 public:
  DataWalk(const V2Input& input, Sink& sink) : input_(input), sink_(sink) {}

  Result<void> run(od::array array, const FieldPath& where) {
    if (auto done = level(array, where, 0); !done) return done;
    if (sink_.count() == input_.elements) return {};
    return wrong(where,
                 "has " + std::to_string(sink_.count()) + " elements, shape " + shape_text(input_.shape) + " needs " +
                     std::to_string(input_.elements),
                 "request.shape_mismatch");
  }

 private:
  Result<void> level(od::array array, const FieldPath& where, std::size_t depth) {
    std::uint64_t index = 0;
    const bool is_innermost = depth + 1 == input_.shape.size();
    for (auto item : array) {
      od::value value;
      if (auto error = item.get(value)) return bad_json(FieldPath(where, index), error);
      if ((is_innermost || form_ != Form::nested) && sink_.take(value)) [[likely]] {
        ++index;
        continue;
      }
      if (form_ == Form::unknown && index > 0) form_ = Form::flat;
      if (auto done = not_a_leaf(value, FieldPath(where, index), depth); !done) return done;
      ++index;
    }
    return check_extent(where, depth, index);
  }

  // An inner array, or an element that is not of the type.
  Result<void> not_a_leaf(od::value value, const FieldPath& where, std::size_t depth) {
    od::json_type type;
    if (value.type().get(type)) type = od::json_type::null;  // NaN, Infinity, a lone word: no element of any type
    const bool may_nest = form_ != Form::flat && depth + 1 < input_.shape.size();
    if (type == od::json_type::array && may_nest) {
      form_ = Form::nested;
      od::array inner;
      if (auto error = value.get_array().get(inner)) return bad_json(where, error);
      return level(inner, where, depth + 1);
    }
    if (type == od::json_type::array)
      return wrong(where, "is an array, shape " + shape_text(input_.shape) + " wants an element here",
                   "request.shape_mismatch");
    if (form_ == Form::nested && depth + 1 < input_.shape.size())
      return wrong(where, "is " + token_text(value) + ", shape " + shape_text(input_.shape) + " wants an array here",
                   "request.shape_mismatch");
    return wrong(where,
                 token_text(value) + " is not of " + std::string(name_of(input_.datatype)) + ": want " + Sink::wants(),
                 "request.bad_element");
  }

  Result<void> check_extent(const FieldPath& where, std::size_t depth, std::uint64_t count) const {
    if (form_ != Form::nested || count == static_cast<std::uint64_t>(input_.shape[depth])) return {};
    return wrong(where,
                 "has " + std::to_string(count) + " entries, shape " + shape_text(input_.shape) + " needs " +
                     std::to_string(input_.shape[depth]) + " at this level",
                 "request.shape_mismatch");
  }

  const V2Input& input_;
  Sink& sink_;
  Form form_ = Form::unknown;
};

// False: not a flat array of plain numbers, or not as many as out takes; the array is at its begin again.
template <class T>
Result<bool> read_flat(od::array& array, const FieldPath& where, std::span<T> out) {
  std::string_view text;
  if (auto error = array.raw_json().get(text)) return bad_json(where, error);
  if (read_numbers<T>(text.data(), out)) return true;
  if (auto error = array.reset().error()) return bad_json(where, error);
  return false;
}

template <class T>
Result<void> read_fixed(od::array array, std::size_t json_bytes, const FieldPath& where, V2Input& input) {
  // An element and its comma take two bytes at the least: a shape that cannot be met is counted, not allocated for.
  const bool can_fit = input.elements <= json_bytes / 2 + 1;
  const std::uint64_t capacity = can_fit ? input.elements : 0;
  auto memory = allocate_tensor(capacity * sizeof(T));
  T* const elements = reinterpret_cast<T*>(memory.get());
  Result<bool> is_flat = false;
  if constexpr (!std::is_same_v<T, bool>)
    if (can_fit) is_flat = read_flat<T>(array, where, {elements, capacity});
  if (!is_flat) return std::unexpected(is_flat.error());
  if (!*is_flat) {
    FixedSink<T> sink(elements, capacity);
    if (auto done = DataWalk(input, sink).run(array, where); !done) return done;
  }
  input.data.bytes = {memory.get(), capacity * sizeof(T)};
  input.data.keep = std::move(memory);
  return {};
}

Result<void> read_strings(od::array array, const FieldPath& where, V2Input& input) {
  StringSink sink;
  if (auto done = DataWalk(input, sink).run(array, where); !done) return done;
  sink.finish(input.data);
  return {};
}

template <class T>
const char* read_plain_fixed(const char* begin, std::size_t json_bytes, V2Input& input) {
  if (input.elements > json_bytes / 2 + 1) return nullptr;
  auto memory = allocate_tensor(input.elements * sizeof(T));
  T* const elements = reinterpret_cast<T*>(memory.get());
  const char* const end = read_numbers<T>(begin, {elements, input.elements});
  if (end == nullptr) return nullptr;
  input.data.bytes = {memory.get(), input.elements * sizeof(T)};
  input.data.keep = std::move(memory);
  return end;
}

// The strings lie in one copy of all that the array holds.
const char* read_plain_strings(const char* begin, std::size_t json_bytes, V2Input& input) {
  if (input.elements > json_bytes / 3 + 1) return nullptr;
  const auto skip_space = [](const char* at) {
    while (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') ++at;
    return at;
  };
  std::vector<stoa_str> strings;
  strings.reserve(input.elements);
  const char* at = begin;  // [
  do {
    at = skip_space(at + 1);
    if (*at != '"' || strings.size() == input.elements) return nullptr;
    const char* const first = at + 1;
    at = plain_ascii_end(first);
    if (*at != '"') return nullptr;
    strings.push_back({first, static_cast<std::size_t>(at - first)});
    at = skip_space(at + 1);
  } while (*at == ',');
  if (*at != ']' || strings.size() != input.elements) return nullptr;
  auto copy = std::make_shared<std::string>(begin, at);
  for (stoa_str& string : strings) string.p = copy->data() + (string.p - begin);
  input.data.strings = std::move(strings);
  input.data.keep = std::move(copy);
  return at + 1;
}

}  // namespace

Result<void> read_json_data(od::array data, std::size_t json_bytes, const FieldPath& where, V2Input& input) {
  static_assert(sizeof(bool) == 1, "BOOL is one byte in the protocol and in DLPack");
  switch (input.datatype) {
    case DataType::boolean:
      return read_fixed<bool>(data, json_bytes, where, input);
    case DataType::uint8:
      return read_fixed<std::uint8_t>(data, json_bytes, where, input);
    case DataType::uint16:
      return read_fixed<std::uint16_t>(data, json_bytes, where, input);
    case DataType::uint32:
      return read_fixed<std::uint32_t>(data, json_bytes, where, input);
    case DataType::uint64:
      return read_fixed<std::uint64_t>(data, json_bytes, where, input);
    case DataType::int8:
      return read_fixed<std::int8_t>(data, json_bytes, where, input);
    case DataType::int16:
      return read_fixed<std::int16_t>(data, json_bytes, where, input);
    case DataType::int32:
      return read_fixed<std::int32_t>(data, json_bytes, where, input);
    case DataType::int64:
      return read_fixed<std::int64_t>(data, json_bytes, where, input);
    case DataType::fp32:
      return read_fixed<float>(data, json_bytes, where, input);
    case DataType::fp64:
      return read_fixed<double>(data, json_bytes, where, input);
    case DataType::bytes:
      return read_strings(data, where, input);
    case DataType::fp16:
    case DataType::bf16:
    case DataType::invalid:
      break;
  }
  return wrong(where,
               "sending " + std::string(name_of(input.datatype)) +
                   " data via JSON is not supported. Please use the binary data format for input '" + input.name + "'",
               "request.needs_binary");
}

const char* read_plain_data(const char* begin, std::size_t json_bytes, V2Input& input) {
  switch (input.datatype) {
    case DataType::uint8:
      return read_plain_fixed<std::uint8_t>(begin, json_bytes, input);
    case DataType::uint16:
      return read_plain_fixed<std::uint16_t>(begin, json_bytes, input);
    case DataType::uint32:
      return read_plain_fixed<std::uint32_t>(begin, json_bytes, input);
    case DataType::uint64:
      return read_plain_fixed<std::uint64_t>(begin, json_bytes, input);
    case DataType::int8:
      return read_plain_fixed<std::int8_t>(begin, json_bytes, input);
    case DataType::int16:
      return read_plain_fixed<std::int16_t>(begin, json_bytes, input);
    case DataType::int32:
      return read_plain_fixed<std::int32_t>(begin, json_bytes, input);
    case DataType::int64:
      return read_plain_fixed<std::int64_t>(begin, json_bytes, input);
    case DataType::fp32:
      return read_plain_fixed<float>(begin, json_bytes, input);
    case DataType::fp64:
      return read_plain_fixed<double>(begin, json_bytes, input);
    case DataType::bytes:
      return read_plain_strings(begin, json_bytes, input);
    case DataType::boolean:
    case DataType::fp16:
    case DataType::bf16:
    case DataType::invalid:
      break;
  }
  return nullptr;
}

}  // namespace stoa::api
