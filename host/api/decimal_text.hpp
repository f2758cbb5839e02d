// decimal_text.hpp: the shortest decimal that reads back as the same float. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>

namespace stoa::api {

// What write_shortest may touch from `at` on; what it writes is shorter.
inline constexpr int kDecimalRoom = 48;

// Writes value as a JSON number and returns its end. value: finite. Shortest digits, closest to the value;
// fixed notation from 1e-4 up to 1e16, else d.ddde±x.
char* write_shortest(char* at, float value);
char* write_shortest(char* at, double value);

// Elements as they lie in a tensor, each with a comma behind it. at: room for kDecimalRoom bytes each.
struct WrittenList {
  char* end;
  std::size_t count;  // less than asked for: the next one is not finite
};
WrittenList write_floats(char* at, const std::byte* elements, std::size_t count);
WrittenList write_doubles(char* at, const std::byte* elements, std::size_t count);

}  // namespace stoa::api
