// value.hpp: a typed part as plain data: what the conformance kit puts in, and what it compares.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "stoa/datatype.hpp"
#include "stoa/stoa.h"

namespace stoa::check {

struct Value {
  std::string name, media_type;
  std::uint32_t kind = STOA_PART_TEXT;
  DataType datatype = DataType::invalid;  // of a tensor
  std::vector<std::int64_t> shape;        // of a tensor or of strings
  std::vector<std::byte> bytes;           // tensor (row-major), text, bytes, JSON
  std::vector<std::string> strings;       // of strings

  bool operator==(const Value&) const = default;
};

Value text_value(std::string name, std::string_view text);

struct Tolerance {
  double atol = 0, rtol = 0;
};

// Empty when got is what expected says: names, kinds, datatypes and shapes equal, floating-point elements within
// atol + rtol * |expected|, everything else equal. Otherwise a sentence with the first difference. Media types are not
// compared where expected states none.
std::string difference(const Value& expected, const Value& got, Tolerance tolerance);

// Reads an emitted part. Everything a part must satisfy and does not is appended to faults, as sentences; then the
// value is what could be read safely.
Value read_part(const stoa_part& part, std::vector<std::string>& faults);

}  // namespace stoa::check
