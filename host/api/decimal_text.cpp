// decimal_text.cpp: digits from fmt's Dragonbox, laid out here. SPDX-License-Identifier: Apache-2.0
#include "host/api/decimal_text.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace stoa::api {
namespace {

// Rationale: std::to_chars takes 396 instructions a float and was 40 % of a 1 KB answer; the digits alone take a
// quarter of it. fmt keeps them in its detail namespace, so any other major version falls back to std::to_chars.
#if FMT_VERSION >= 90000 && FMT_VERSION < 100000

constexpr std::uint64_t kPowers[] = {1,
                                     10,
                                     100,
                                     1'000,
                                     10'000,
                                     100'000,
                                     1'000'000,
                                     10'000'000,
                                     100'000'000,
                                     1'000'000'000,
                                     10'000'000'000,
                                     100'000'000'000,
                                     1'000'000'000'000,
                                     10'000'000'000'000,
                                     100'000'000'000'000,
                                     1'000'000'000'000'000,
                                     10'000'000'000'000'000,
                                     100'000'000'000'000'000};
int count_digits(std::uint64_t value) {
  const int guess = (std::bit_width(value | 1) * 1233) >> 12;  // log10(2) in 12 bits: right, or one too few
  return guess + (value >= kPowers[guess] ? 1 : 0);
}

// The eight digits of value < 1e8 as text, the first in the lowest byte: halves, quarters, eighths in one register.
std::uint64_t eight_digits(std::uint32_t value) {
  const std::uint64_t halves = (value / 10'000) | (std::uint64_t{value % 10'000} << 32);
  const std::uint64_t hundreds = ((halves * 10'486) >> 20) & 0x0000'007f'0000'007f;
  const std::uint64_t quarters = hundreds | ((halves - hundreds * 100) << 16);
  const std::uint64_t tens = ((quarters * 103) >> 10) & 0x000f'000f'000f'000f;
  return (tens | ((quarters - tens * 10) << 8)) | 0x3030'3030'3030'3030;
}

char* write_exponent(char* at, int exponent) {
  *at++ = 'e';
  *at++ = exponent < 0 ? '-' : '+';
  return std::to_chars(at, at + 4, exponent < 0 ? -exponent : exponent).ptr;
}

// A significand with its trailing zeros, as text: the first digit and those behind it, in one register.
// Rationale: registers, because stores of eight bytes read back as sixteen stall until they have left the store buffer.
struct FloatText {
  static constexpr int kDigits = 9;
  explicit FloatText(std::uint64_t significand)
      : first(static_cast<char>('0' + significand / 100'000'000)),
        rest(eight_digits(static_cast<std::uint32_t>(significand % 100'000'000))) {}
  char first;
  std::uint64_t rest;
};

struct DoubleText {
  static constexpr int kDigits = 17;
  explicit DoubleText(std::uint64_t significand)
      : first(static_cast<char>('0' + significand / kPowers[16])),
        rest(static_cast<Digits>(eight_digits(static_cast<std::uint32_t>(significand % 100'000'000))) << 64 |
             eight_digits(static_cast<std::uint32_t>(significand / 100'000'000 % 100'000'000))) {}
  __extension__ using Digits = unsigned __int128;
  char first;
  Digits rest;
};

template <class Digits>
void put(char* at, Digits digits) {
  std::memcpy(at, &digits, sizeof digits);
}

// n digits, the value is their integer times 10^exponent. Whole registers are put: what is too much is overwritten, or
// lies behind the returned end.
template <class Text>
char* lay_out(char* at, Text text, int n, int exponent) {
  const int point = n + exponent;  // digits before the decimal point
  if (point > 0 && exponent < 0) {
    *at = text.first;
    put(at + 1, text.rest);
    at[point] = '.';
    put(at + point + 1, text.rest >> (8 * (point - 1)));
    return at + n + 1;
  }
  if (point > -4 && point <= 0) {
    std::memcpy(at, "0.000", 5);
    at[2 - point] = text.first;
    put(at + 3 - point, text.rest);
    return at + 2 - point + n;
  }
  if (point > 0 && point <= 16) {
    *at = text.first;
    std::memset(at + 1, '0', 16);
    put(at + 1, text.rest);
    return at + point;
  }
  *at = text.first;
  at[1] = '.';
  put(at + 2, text.rest);
  return write_exponent(n > 1 ? at + n + 1 : at + 1, point - 1);
}

template <class Float>
char* write_finite(char* at, Float value) {
  using Text = std::conditional_t<sizeof(Float) == 4, FloatText, DoubleText>;
  *at = '-';
  at += std::signbit(value);
  value = std::abs(value);
  if (value == 0) {
    *at++ = '0';
    return at;
  }
  const auto decimal = fmt::detail::dragonbox::to_decimal(value);
  const int n = count_digits(decimal.significand);
  return lay_out(at, Text(decimal.significand * kPowers[Text::kDigits - n]), n, decimal.exponent);
}

#else

template <class Float>
char* write_finite(char* at, Float value) {
  return std::to_chars(at, at + kDecimalRoom, value).ptr;
}

#endif

}  // namespace

char* write_shortest(char* at, float value) { return write_finite(at, value); }
char* write_shortest(char* at, double value) { return write_finite(at, value); }

}  // namespace stoa::api
