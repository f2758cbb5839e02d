// value.cpp: reading emitted parts with suspicion, and comparing answers within a tolerance.
// SPDX-License-Identifier: Apache-2.0
#include "sdk/check/value.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <span>

#include "stoa/element.hpp"
#include "stoa/record.hpp"

namespace stoa::check {
namespace {

constexpr std::int32_t kRankMax = 32;  // more dimensions than any tensor has: a wild ndim, not a shape

std::vector<std::byte> bytes_of(std::string_view text) {
  const auto* first = reinterpret_cast<const std::byte*>(text.data());
  return {first, first + text.size()};
}

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    std::size_t n = lead < 0x80                   ? 1
                    : lead >= 0xC2 && lead < 0xE0 ? 2
                    : (lead & 0xF0) == 0xE0       ? 3
                    : lead >= 0xF0 && lead < 0xF5 ? 4
                                                  : 0;
    if (n == 0 || n > text.size() - i) return false;
    for (std::size_t k = 1; k < n; ++k)
      if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return false;
    i += n;
  }
  return true;
}

bool multiply(std::size_t& product, std::int64_t extent) {
  return extent >= 0 && !__builtin_mul_overflow(product, static_cast<std::uint64_t>(extent), &product) &&
         product <= (std::size_t{1} << 40);
}

void read_tensor(const DLManagedTensorVersioned& managed, Value& value, std::vector<std::string>& faults) {
  const auto fault = [&](const std::string& what) { faults.push_back("output '" + value.name + "' " + what); };
  const DLTensor& tensor = managed.dl_tensor;
  if (managed.version.major != DLPACK_MAJOR_VERSION)
    return fault("is DLPack " + std::to_string(managed.version.major) + ", the ABI's is 1");
  if (tensor.device.device_type != kDLCPU) return;  // nothing of it can be read here
  if (tensor.ndim < 0 || tensor.ndim > kRankMax) return fault("has " + std::to_string(tensor.ndim) + " dimensions");
  if (tensor.ndim > 0 && (tensor.shape == nullptr || tensor.strides == nullptr))
    return fault("has no shape or no strides: the ABI wants both filled in");
  value.datatype = datatype_from_dlpack(tensor.dtype);
  if (value.datatype == DataType::invalid) return fault("has an element type the protocol does not have");
  value.shape.assign(tensor.shape, tensor.shape + tensor.ndim);
  std::size_t count = 1;
  for (const std::int64_t extent : value.shape)
    if (!multiply(count, extent)) return fault("has a shape with the extent " + std::to_string(extent));
  const std::size_t size = size_of(value.datatype);
  if (count == 0) return;
  if (tensor.data == nullptr) return fault("has elements but no data");
  // Any strides are allowed in an output; the host makes them row-major.
  const auto* first = static_cast<const std::byte*>(tensor.data) + tensor.byte_offset;
  value.bytes.resize(count * size);
  std::vector<std::int64_t> index(value.shape.size(), 0);
  for (std::size_t i = 0; i < count; ++i) {
    std::int64_t offset = 0;
    for (std::size_t axis = 0; axis < index.size(); ++axis) offset += index[axis] * tensor.strides[axis];
    std::memcpy(value.bytes.data() + i * size, first + offset * static_cast<std::int64_t>(size), size);
    for (std::size_t axis = index.size(); axis-- > 0 && ++index[axis] == value.shape[axis];) index[axis] = 0;
  }
}

void read_strings(const stoa_strings& strings, Value& value, std::vector<std::string>& faults) {
  const auto fault = [&](const std::string& what) { faults.push_back("output '" + value.name + "' " + what); };
  if (strings.ndim < 0 || strings.ndim > kRankMax) return fault("has " + std::to_string(strings.ndim) + " dimensions");
  if (strings.ndim > 0 && strings.shape == nullptr) return fault("has no shape");
  value.shape.assign(strings.shape, strings.shape + strings.ndim);
  std::size_t count = 1;
  for (const std::int64_t extent : value.shape)
    if (!multiply(count, extent)) return fault("has a shape with the extent " + std::to_string(extent));
  for (std::size_t i = 0; i < count; ++i) value.strings.emplace_back(view_of(strings.items[i]));
}

// The 16-bit floats, whose storage types say what they are.
double number(float value) { return static_cast<double>(value); }
double number(double value) { return value; }
double number(BFloat16 value) { return static_cast<double>(std::bit_cast<float>(std::uint32_t{value.bits} << 16)); }
double number(Half value) {  // IEEE 754 binary16
  const int exponent = (value.bits >> 10) & 0x1F, fraction = value.bits & 0x3FF;
  const double size = exponent == 0    ? std::ldexp(fraction, -24)
                      : exponent != 31 ? std::ldexp(1024 + fraction, exponent - 25)
                      : fraction == 0  ? HUGE_VAL
                                       : std::numeric_limits<double>::quiet_NaN();
  return (value.bits & 0x8000) != 0 ? -size : size;
}

template <class T>
std::string compare(std::span<const std::byte> expected, std::span<const std::byte> got, Tolerance tolerance) {
  for (std::size_t at = 0; at < expected.size(); at += sizeof(T)) {
    T want_bits, have_bits;
    std::memcpy(&want_bits, expected.data() + at, sizeof(T));
    std::memcpy(&have_bits, got.data() + at, sizeof(T));
    const double want = number(want_bits), have = number(have_bits);
    const double bound = tolerance.atol + tolerance.rtol * std::abs(want);
    if (std::abs(have - want) <= bound || (std::isnan(want) && std::isnan(have)) || want == have) continue;
    return "element " + std::to_string(at / sizeof(T)) + " is " + std::to_string(have) + ", expected " +
           std::to_string(want) + " within " + std::to_string(bound);
  }
  return {};
}

}  // namespace

Value text_value(std::string name, std::string_view text) {
  Value value;
  value.name = std::move(name);
  value.bytes = bytes_of(text);
  return value;
}

std::string difference(const Value& expected, const Value& got, Tolerance tolerance) {
  const std::string what = "output '" + expected.name + "': ";
  if (expected.kind != got.kind)
    return what + "is a part of kind " + std::to_string(got.kind) + ", expected " + std::to_string(expected.kind);
  if (!expected.media_type.empty() && expected.media_type != got.media_type)
    return what + "is " + got.media_type + ", expected " + expected.media_type;
  if (expected.datatype != got.datatype)
    return what + "is " + std::string(name_of(got.datatype)) + ", expected " + std::string(name_of(expected.datatype));
  if (expected.shape != got.shape) return what + "has another shape than expected";
  if (expected.strings != got.strings) return what + "has other strings than expected";
  if (expected.bytes.size() != got.bytes.size())
    return what + "has " + std::to_string(got.bytes.size()) + " bytes, expected " +
           std::to_string(expected.bytes.size());
  std::string apart;
  switch (expected.datatype) {
    case DataType::fp16:
      apart = compare<Half>(expected.bytes, got.bytes, tolerance);
      break;
    case DataType::bf16:
      apart = compare<BFloat16>(expected.bytes, got.bytes, tolerance);
      break;
    case DataType::fp32:
      apart = compare<float>(expected.bytes, got.bytes, tolerance);
      break;
    case DataType::fp64:
      apart = compare<double>(expected.bytes, got.bytes, tolerance);
      break;
    default:
      if (expected.bytes != got.bytes) apart = "has other bytes than expected";
  }
  return apart.empty() ? apart : what + apart;
}

Value read_part(const stoa_part& emitted, std::vector<std::string>& faults) {
  Value value;
  if (emitted.struct_size < sizeof(stoa_part))
    faults.push_back("a part has struct_size " + std::to_string(emitted.struct_size) + ", version 1 has " +
                     std::to_string(sizeof(stoa_part)));
  const stoa_part part = complete(emitted);
  value.kind = part.kind;
  value.name = view_of(part.name);
  value.media_type = view_of(part.media_type);
  const auto fault = [&](const std::string& what) { faults.push_back("output '" + value.name + "' " + what); };
  if (value.name.empty() || !is_utf8(value.name)) fault("needs a name in UTF-8");
  switch (part.kind) {
    case STOA_PART_TENSOR:
      part.u.tensor == nullptr ? fault("has no tensor") : read_tensor(*part.u.tensor, value, faults);
      break;
    case STOA_PART_STRINGS:
      part.u.strings == nullptr ? fault("has no strings") : read_strings(*part.u.strings, value, faults);
      break;
    case STOA_PART_TEXT:
    case STOA_PART_JSON:
    case STOA_PART_BYTES:
      if (part.u.bytes.n != 0 && part.u.bytes.p == nullptr) {
        fault("has a length but no bytes");
        break;
      }
      value.bytes = bytes_of(view_of(part.u.bytes));
      if (part.kind != STOA_PART_BYTES && !is_utf8(view_of(part.u.bytes))) fault("is text and not UTF-8");
      break;
    default:
      fault("has the unknown kind " + std::to_string(part.kind));
  }
  return value;
}

}  // namespace stoa::check
