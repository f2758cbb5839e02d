// element.hpp: which C++ type stands for which tensor element type.
// SPDX-License-Identifier: Apache-2.0
#ifndef STOA_ELEMENT_HPP
#define STOA_ELEMENT_HPP
#include <cstdint>

#include "stoa/datatype.hpp"

namespace stoa {

// Storage only: C++17 has no 16-bit floats, and a plugin's framework brings its own.
struct Half {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};

template <class T>
inline constexpr DataType kDataTypeOf = DataType::invalid;
template <>
inline constexpr DataType kDataTypeOf<bool> = DataType::boolean;
template <>
inline constexpr DataType kDataTypeOf<std::uint8_t> = DataType::uint8;
template <>
inline constexpr DataType kDataTypeOf<std::uint16_t> = DataType::uint16;
template <>
inline constexpr DataType kDataTypeOf<std::uint32_t> = DataType::uint32;
template <>
inline constexpr DataType kDataTypeOf<std::uint64_t> = DataType::uint64;
template <>
inline constexpr DataType kDataTypeOf<std::int8_t> = DataType::int8;
template <>
inline constexpr DataType kDataTypeOf<std::int16_t> = DataType::int16;
template <>
inline constexpr DataType kDataTypeOf<std::int32_t> = DataType::int32;
template <>
inline constexpr DataType kDataTypeOf<std::int64_t> = DataType::int64;
template <>
inline constexpr DataType kDataTypeOf<Half> = DataType::fp16;
template <>
inline constexpr DataType kDataTypeOf<BFloat16> = DataType::bf16;
template <>
inline constexpr DataType kDataTypeOf<float> = DataType::fp32;
template <>
inline constexpr DataType kDataTypeOf<double> = DataType::fp64;

}  // namespace stoa
#endif
