// decimal_text.cpp: digits from a table or from fmt's Dragonbox, laid out here. SPDX-License-Identifier: Apache-2.0
#include "host/api/decimal_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "host/api/float_lanes.hpp"
#include "host/api/float_units.hpp"
#include "host/api/powers_of_ten.hpp"

namespace stoa::api {
namespace {

// Rationale: std::to_chars takes 396 instructions a float and was 40 % of a 1 KB answer; the digits alone take a
// quarter of it. fmt keeps them in its detail namespace, so any other major version falls back to std::to_chars.
#if FMT_VERSION >= 90000 && FMT_VERSION < 100000

int count_digits(std::uint64_t value) {
  const int guess = (std::bit_width(value | 1) * 1233) >> 12;  // log10(2) in 12 bits: right, or one too few
  return guess + (value >= kWholePowersOfTen[guess] ? 1 : 0);
}

// The eight digits of value < 1e8 as text, the first in the lowest byte: halves, quarters, eighths in one register.
std::uint64_t eight_digits(std::uint32_t value) {
  const std::uint64_t halves = (value / 10'000) | (std::uint64_t{value % 10'000} << 32);
  const std::uint64_t hundreds = ((halves * 10'486) >> 20) & 0x0000'007f'0000'007f;
  const std::uint64_t quarters = hundreds | ((halves - hundreds * 100) << 16);
  const std::uint64_t tens = ((quarters * 103) >> 10) & 0x000f'000f'000f'000f;
  return (tens | ((quarters - tens * 10) << 8)) | 0x3030'3030'3030'3030;
}

[[gnu::noinline]] char* write_exponent(char* at, int exponent) {
  *at++ = 'e';
  *at++ = exponent < 0 ? '-' : '+';
  return std::to_chars(at, at + 4, exponent < 0 ? -exponent : exponent).ptr;
}

// A significand with its trailing zeros, as text: the first digit and those behind it, in one register.
// Rationale: registers, because stores of eight bytes read back as sixteen stall until they have left the store buffer.
struct FloatText {
  static constexpr int kDigits = 9;
  explicit FloatText(std::uint32_t significand)
      : first(static_cast<char>('0' + significand / 100'000'000)), rest(eight_digits(significand % 100'000'000)) {}
  char first;
  std::uint64_t rest;
};

struct DoubleText {
  static constexpr int kDigits = 17;
  explicit DoubleText(std::uint64_t significand)
      : first(static_cast<char>('0' + significand / kWholePowersOfTen[16])),
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
// Rationale: 0.0x, 0.x and x.y in one way, because which of them it is no branch predictor knows: a wrong guess costs
// more than the stores that are not needed.
template <class Text>
char* lay_out(char* at, Text text, int n, int exponent) {
  const int point = n + exponent;  // digits before the decimal point
  if (point > -4 && exponent < 0) [[likely]] {
    const int whole = std::max(point, 1);         // digits in front of it as they are written, 0 among them
    const int begin = point > 0 ? 0 : 2 - point;  // of text
    const int behind = std::max(begin, whole);    // the first of text's that do not stay where they are put
    std::memcpy(at, "0.000", 5);
    at[begin] = text.first;
    put(at + begin + 1, text.rest);
    at[whole] = '.';
    put(at + behind + 1, text.rest >> (8 * (whole - 1)));
    return at + n + std::max(begin, 1);
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
[[gnu::noinline]] char* write_by_dragonbox(char* at, Float value) {
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
  const auto significand =
      static_cast<decltype(decimal.significand)>(decimal.significand * kWholePowersOfTen[Text::kDigits - n]);
  return lay_out(at, Text(significand), n, decimal.exponent);
}

char* write_finite(char* at, double value) { return write_by_dragonbox(at, value); }

// The shortest decimal is the multiple of ten units of the table within half a place of the value, if there is one
// (there never are two), else the integer next to the value, which always lies within. Null where that is in doubt.
// Rationale: one multiplication, and no digit is taken off again: 138 instructions a float in a list, with Dragonbox
// 178.
// Exactness: the product is too small by less than 2^24 / 2^60; where a decision turns within twice that of the value,
// as at halves and at the ends of intervals, it is in doubt, and so are zero, subnormals and what is not finite, whose
// unit is 0. Floats are closer together below a power of two than above it: those too.
[[gnu::always_inline]] inline char* write_undoubted(char* at, float value) {
  constexpr std::uint64_t kDoubt = std::uint64_t{1} << (kUnitBits - 35), kRoundDoubt = kDoubt << (64 - kUnitBits);
  constexpr std::uint64_t kFive = std::uint64_t{5} << kUnitBits, kHalf = std::uint64_t{1} << 63;
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t mantissa = bits & 0x7f'ffff;
  const FloatUnit& scale = kFloatUnits[bits >> 23 & 0xff];
  __extension__ using Product = unsigned __int128;
  const Product product = Product{(mantissa | 0x80'0000) << (64 - kUnitBits)} * scale.unit;
  const auto whole = static_cast<std::uint32_t>(product >> 64);
  const auto part = static_cast<std::uint64_t>(product);
  const std::uint32_t tens = whole / 10 * 10;
  const std::uint64_t above_tens = std::uint64_t{whole - tens} << kUnitBits | part >> (64 - kUnitBits);
  const bool is_upper = above_tens > kFive;
  const std::uint64_t to_nearer = is_upper ? 2 * kFive - above_tens : above_tens;  // multiple of ten
  const std::uint64_t half_place = scale.unit / 2;
  if (mantissa == 0 || to_nearer - half_place + kDoubt <= 2 * kDoubt || part - (kHalf - kRoundDoubt) <= 2 * kRoundDoubt)
      [[unlikely]]
    return nullptr;
  // By masks: nothing predicts these either.
  const std::uint32_t is_tens = 0 - static_cast<std::uint32_t>(to_nearer < half_place);
  const std::uint32_t is_next = 0 - static_cast<std::uint32_t>(is_upper);
  const std::uint32_t significand =
      ((tens + (10 & is_next)) & is_tens) | ((whole + static_cast<std::uint32_t>(part >> 63)) & ~is_tens);

  *at = '-';
  at += bits >> 31;
  constexpr std::uint32_t kToNine[] = {100, 10, 1};  // from 7 digits, 8 or 9
  const unsigned digits_over_7 = unsigned{significand >= 10'000'000} + unsigned{significand >= 100'000'000};
  const FloatText text(significand * kToNine[digits_over_7]);
  const std::uint64_t behind = text.rest ^ 0x3030'3030'3030'3030;  // the digits behind the first
  const int n = 9 - std::countl_zero(behind) / 8;
  const int point = 7 + static_cast<int>(digits_over_7) + static_cast<int>(scale.exponent);
  return lay_out(at, text, n, point - n);
}

char* write_finite(char* at, float value) {
  char* const end = write_undoubted(at, value);
  return end != nullptr ? end : write_by_dragonbox(at, value);
}

#else

template <class Float>
char* write_finite(char* at, Float value) {
  return std::to_chars(at, at + kDecimalRoom, value).ptr;
}

char* write_undoubted(char*, float) { return nullptr; }

#endif

template <class Float>
WrittenList write_each(char* at, const std::byte* elements, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    Float value;
    std::memcpy(&value, elements + i * sizeof value, sizeof value);
    char* end = nullptr;
    if constexpr (std::is_same_v<Float, float>) end = write_undoubted(at, value);
    if (end == nullptr) {
      if (!std::isfinite(value)) [[unlikely]]
        return {at, i};
      end = write_finite(at, value);
    }
    *end = ',';
    at = end + 1;
  }
  return {at, count};
}

}  // namespace

char* write_shortest(char* at, float value) { return write_finite(at, value); }
char* write_shortest(char* at, double value) { return write_finite(at, value); }

WrittenList write_floats(char* at, const std::byte* elements, std::size_t count) {
  if (has_float_lanes()) return write_float_lanes(at, elements, count);
  return write_each<float>(at, elements, count);
}
WrittenList write_doubles(char* at, const std::byte* elements, std::size_t count) {
  return write_each<double>(at, elements, count);
}

}  // namespace stoa::api
