// float_lanes.hpp: several floats at a time as text. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

#include "host/api/decimal_text.hpp"

namespace stoa::api {

bool has_float_lanes();
// As write_floats, byte by byte. Precondition: has_float_lanes().
WrittenList write_float_lanes(char* at, const std::byte* elements, std::size_t count);

}  // namespace stoa::api
