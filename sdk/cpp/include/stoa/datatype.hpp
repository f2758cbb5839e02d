// datatype.hpp: the tensor element types of the Open Inference Protocol and their DLPack twins.
// Source: Open Inference Protocol v2, "Tensor Data Types". SPDX-License-Identifier: Apache-2.0
#ifndef STOA_DATATYPE_HPP
#define STOA_DATATYPE_HPP
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "stoa/dlpack.h"

namespace stoa {

enum class DataType : std::uint8_t {
  invalid,
  boolean,
  uint8,
  uint16,
  uint32,
  uint64,
  int8,
  int16,
  int32,
  int64,
  fp16,
  fp32,
  fp64,
  bf16,
  bytes
};

namespace detail {
struct DataTypeRow {
  DataType type;
  std::string_view name;
  std::uint8_t code, bits;  // DLPack; bits == 0: has no DLPack form (BYTES crosses as stoa_strings)
};
inline constexpr DataTypeRow kDataTypes[] = {
    {DataType::boolean, "BOOL", kDLBool, 8},   {DataType::uint8, "UINT8", kDLUInt, 8},
    {DataType::uint16, "UINT16", kDLUInt, 16}, {DataType::uint32, "UINT32", kDLUInt, 32},
    {DataType::uint64, "UINT64", kDLUInt, 64}, {DataType::int8, "INT8", kDLInt, 8},
    {DataType::int16, "INT16", kDLInt, 16},    {DataType::int32, "INT32", kDLInt, 32},
    {DataType::int64, "INT64", kDLInt, 64},    {DataType::fp16, "FP16", kDLFloat, 16},
    {DataType::fp32, "FP32", kDLFloat, 32},    {DataType::fp64, "FP64", kDLFloat, 64},
    {DataType::bf16, "BF16", kDLBfloat, 16},   {DataType::bytes, "BYTES", 0, 0},
};
}  // namespace detail

// DataType::invalid for a name the protocol does not have.
constexpr DataType datatype_from_name(std::string_view name) {
  for (const auto& row : detail::kDataTypes)
    if (row.name == name) return row.type;
  return DataType::invalid;
}

constexpr std::string_view name_of(DataType type) {
  for (const auto& row : detail::kDataTypes)
    if (row.type == type) return row.name;
  return "INVALID";
}

// Bytes per element; 0 for BYTES, whose elements have their own lengths.
constexpr std::size_t size_of(DataType type) {
  for (const auto& row : detail::kDataTypes)
    if (row.type == type) return row.bits / 8u;
  return 0;
}

constexpr DLDataType to_dlpack(DataType type) {
  for (const auto& row : detail::kDataTypes)
    if (row.type == type) return DLDataType{row.code, row.bits, 1};
  return DLDataType{0, 0, 1};
}

// DataType::invalid for vectors (lanes != 1), complex numbers and widths the protocol does not have.
constexpr DataType datatype_from_dlpack(DLDataType type) {
  if (type.lanes != 1 || type.bits == 0) return DataType::invalid;
  for (const auto& row : detail::kDataTypes)
    if (row.code == type.code && row.bits == type.bits) return row.type;
  return DataType::invalid;
}

}  // namespace stoa
#endif
