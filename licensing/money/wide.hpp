// wide.hpp: products of amounts, and their division. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

namespace stoa::licensing {

__extension__ using Wide = __int128;

// Rationale: dividing 128 bits is a call of some 30 ns, and what is divided nearly always fits into 64.
constexpr Wide quotient(Wide dividend, std::int64_t divisor) {
  const auto narrow = static_cast<std::int64_t>(dividend);
  return narrow == dividend ? narrow / divisor : dividend / divisor;
}

}  // namespace stoa::licensing
