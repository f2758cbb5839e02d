// flat_numbers.hpp: a JSON array of plain numbers read straight from its text. SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>
#include <type_traits>

#include "host/api/powers_of_ten.hpp"

namespace stoa::api {

// Rounding a decimal to double and then to float differs from rounding it once only when the double lies exactly
// between two floats, or where floats are subnormal. Those (about one in 2^28) are read again by from_chars.
inline constexpr std::uint64_t kDroppedOfDouble = (std::uint64_t{1} << 29) - 1, kHalfOfDropped = std::uint64_t{1} << 28;
inline bool is_between_floats(double d) {
  return (std::bit_cast<std::uint64_t>(d) & kDroppedOfDouble) == kHalfOfDropped;
}
inline bool needs_single_rounding(double d) {
  if (is_between_floats(d)) return true;
  return d != 0 && std::abs(d) < static_cast<double>(std::numeric_limits<float>::min());
}

// Reads "[1,2.5,-3e4]" into exactly out.size() elements and returns where it ends. Null for anything else: another
// count, an inner array, a number that does not fit T or is not JSON. The caller then walks the array, to say what it
// is. Rationale: nearly all tensors come like this, and here an element costs a fifth of a cursor's step over its
// token. begin: at '['; the text is followed by a byte that is no JSON, and seven more, so that no read passes their
// end.
template <class T>
class FlatNumbers {
 public:
  static const char* read(const char* begin, std::span<T> out) {
    const char* at = skip_space(begin + 1);  // [
    if (out.empty()) return *at == ']' ? at + 1 : nullptr;
    T* const last = out.data() + out.size() - 1;
    for (T* element = out.data();; ++element) {
      at = number(at, *element);
      if (at == nullptr) [[unlikely]]
        return nullptr;
      if (*at != ',') [[unlikely]] {
        at = skip_space(at);
        if (*at != ',') return element == last && *at == ']' ? at + 1 : nullptr;
      }
      if (element == last) [[unlikely]]
        return nullptr;
      ++at;
      if (static_cast<unsigned char>(*at) <= ' ') at = skip_space(at);
    }
  }

  // What a reader of the same texts by other means shares.
  static bool is_space(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
  static const char* skip_space(const char* at) {
    while (is_space(*at)) ++at;
    return at;
  }
  // value / 10^fraction, both exact: one rounding. False where that is not right for T.
  static bool scaled(std::int64_t value, bool is_negative, std::size_t fraction, T& out) {
    return finish(static_cast<double>(value) / kPowersOfTen[is_negative][fraction], out);
  }
  // Behind the number, or null.
  [[gnu::always_inline]] static const char* number(const char* begin, T& out) {
    const bool is_negative = *begin == '-';
    const char* const first = begin + is_negative;
    std::uint64_t value = static_cast<unsigned char>(*first - '0');
    if (value >= 10) [[unlikely]]
      return nullptr;
    const char* at = first + 1;
    if (is_digit(*at)) {
      if (value == 0) return nullptr;
      at = digits(at, value);
    }
    if constexpr (std::is_integral_v<T>) {
      if (at - first > kIntegerDigitsMax || *at == '.' || (*at | 0x20) == 'e') return nullptr;
      return integer(static_cast<std::int64_t>(value), is_negative, out) ? at : nullptr;
    } else {
      std::ptrdiff_t fraction = 0;
      if (*at == '.') {
        const char* const point = at + 1;
        at = fraction_digits(point, value);
        fraction = at - point;
        if (fraction == 0) [[unlikely]]
          return nullptr;
      }
      const bool is_exact = at - first <= kShortMax || (at - first <= kExactDigitsMax && value <= kExactMax);
      if (is_exact && (*at | 0x20) != 'e') [[likely]] {
        // Signed, because the conversion of a signed integer is one instruction.
        const auto count = static_cast<std::size_t>(fraction);
        if (scaled(static_cast<std::int64_t>(value), is_negative, count, out)) [[likely]]
          return at;
      }
      return slow(begin, at, out);
    }
  }

 private:
  static bool is_digit(char c) { return static_cast<unsigned char>(c - '0') < 10; }

  // Appends digits to value, which wraps silently: the caller counts them.
  static const char* digits(const char* at, std::uint64_t& value) {
    for (unsigned digit = 0; (digit = static_cast<unsigned char>(*at - '0')) < 10; ++at) value = value * 10 + digit;
    return at;
  }

  // As digits(), but without a branch on their number, which no predictor knows, for up to 16 of them.
  static_assert(std::endian::native == std::endian::little);
#if defined(__SSE2__)
  static const char* fraction_digits(const char* at, std::uint64_t& value) {
    const auto load = [](const void* from) { return _mm_loadu_si128(static_cast<const __m128i*>(from)); };
    const __m128i zero = _mm_set1_epi8('0');
    // Less than ten above '0', as signed bytes see it.
    const __m128i is_digit = _mm_cmplt_epi8(_mm_add_epi8(load(at), _mm_set1_epi8(0x80 - '0')), _mm_set1_epi8(10 - 128));
    const int count = std::countr_one(static_cast<unsigned>(_mm_movemask_epi8(is_digit)));
    // The 16 bytes up to the last digit, zeros in place of what precedes the first.
    __m128i text = _mm_sub_epi8(load(at + count - 16), zero);
    text = _mm_and_si128(text, load(kLastBytes + count));
    const __m128i pairs = _mm_add_epi16(_mm_mullo_epi16(_mm_and_si128(text, _mm_set1_epi16(0xff)), _mm_set1_epi16(10)),
                                        _mm_srli_epi16(text, 8));
    const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(100 | 1 << 16));
    const __m128i eights = _mm_madd_epi16(_mm_packs_epi32(fours, fours), _mm_set1_epi32(10'000 | 1 << 16));
    const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
    value = value * kWholePowersOfTen[count] + (both & 0xffff'ffff) * 100'000'000 + (both >> 32);
    return count == 16 ? digits(at + count, value) : at + count;
  }
#else
  static const char* fraction_digits(const char* at, std::uint64_t& value) { return digits(at, value); }
#endif

  static bool integer(std::int64_t value, bool is_negative, T& out) {
    if (is_negative && !std::is_signed_v<T>) return false;
    const std::int64_t wide = is_negative ? -value : value;
    out = static_cast<T>(wide);
    return static_cast<std::int64_t>(out) == wide;
  }

  // value: 0, or from 1e-19 up to 2^53, so no subnormal float.
  static bool finish(double value, T& out) {
    if constexpr (std::is_same_v<T, float>) {
      if (is_between_floats(value)) [[unlikely]]
        return false;
    }
    out = static_cast<T>(value);
    return true;
  }

  // Long, or with an exponent. from_chars takes what JSON does not ("1.", ".5"): what precedes the exponent was
  // checked.
  [[gnu::noinline]] static const char* slow(const char* begin, const char* at, T& out) {
    if ((*at | 0x20) == 'e') {
      ++at;
      at += *at == '+' || *at == '-';
      if (!is_digit(*at)) return nullptr;
      while (is_digit(*at)) ++at;
    }
    const auto [end, error] = std::from_chars(begin, at, out);
    return error == std::errc{} && end == at ? at : nullptr;
  }

  static constexpr int kIntegerDigitsMax = 18;  // below 2^63
  static constexpr int kShortMax = 16;          // 15 digits and their point: below 2^53
  static constexpr int kExactDigitsMax = 19;    // with or without a point: below 2^64
  static constexpr std::uint64_t kExactMax = std::uint64_t{1} << 53;
  // From the nth on: a mask of the last n of 16 bytes.
  static constexpr std::uint8_t kLastBytes[32] = {0,    0,    0,    0,    0,    0,    0,    0,    0,    0,    0,
                                                  0,    0,    0,    0,    0,    0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                                  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
  // By sign: the quotient gets it, zeros included.
  static constexpr double kPowersOfTen[2][20] = {
      {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19},
      {-1e0,  -1e1,  -1e2,  -1e3,  -1e4,  -1e5,  -1e6,  -1e7,  -1e8,  -1e9,
       -1e10, -1e11, -1e12, -1e13, -1e14, -1e15, -1e16, -1e17, -1e18, -1e19}};
};

}  // namespace stoa::api
