// flat_floats.cpp: a decimal in one register. SPDX-License-Identifier: Apache-2.0
#include "host/api/flat_floats.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <array>
#include <bit>
#include <cstdint>

#include "host/api/flat_numbers.hpp"

namespace stoa::api {

#if defined(__x86_64__)
namespace {

constexpr std::size_t kDecimalBytesMax = 15;  // with its point: 14 digits, below 2^53

// By the digits in front of the point and those behind it: where the digits stand, the last one last.
using DigitPlaces = std::array<std::uint8_t, 16>;
constexpr std::array<std::array<DigitPlaces, kDecimalBytesMax>, kDecimalBytesMax> kDigitPlaces = [] {
  std::array<std::array<DigitPlaces, kDecimalBytesMax>, kDecimalBytesMax> all{};
  for (std::size_t whole = 0; whole < kDecimalBytesMax; ++whole)
    for (std::size_t fraction = 0; fraction < kDecimalBytesMax; ++fraction)
      for (std::size_t i = 0; i < 16; ++i) {
        const std::size_t from_end = 15 - i;
        std::uint8_t place = 0x80;  // a zero
        if (from_end < fraction)
          place = static_cast<std::uint8_t>(whole + fraction - from_end);
        else if (from_end < whole + fraction)
          place = static_cast<std::uint8_t>(whole + fraction - from_end - 1);
        all[whole][fraction][i] = place;
      }
  return all;
}();

// Behind a number like "-12.5" of up to 15 characters; null for others, which FlatNumbers reads.
[[gnu::target("avx2"), gnu::always_inline]] inline const char* short_decimal(const char* begin, float& out) {
  const bool is_negative = *begin == '-';
  const char* const first = begin + is_negative;
  const __m128i text = _mm_sub_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(first)), _mm_set1_epi8('0'));
  const __m128i is_digit = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(9)), text);
  const auto digits = static_cast<std::uint32_t>(_mm_movemask_epi8(is_digit));  // 16 bits
  const auto whole = static_cast<std::size_t>(std::countr_one(digits));
  const auto fraction = static_cast<std::size_t>(std::countr_one(digits >> whole >> 1));
  const bool is_short = whole + fraction < kDecimalBytesMax && whole > 0 && fraction > 0;
  if (!is_short || first[whole] != '.' || (whole > 1 && *first == '0')) [[unlikely]]
    return nullptr;
  const __m128i places = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kDigitPlaces[whole][fraction].data()));
  const __m128i pairs = _mm_maddubs_epi16(_mm_shuffle_epi8(text, places), _mm_set1_epi16(10 | 1 << 8));
  const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(100 | 1 << 16));
  const __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(10'000 | 1 << 16));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  const auto value = static_cast<std::int64_t>((both & 0xffff'ffff) * 100'000'000 + (both >> 32));
  return FlatNumbers<float>::scaled(value, is_negative, fraction, out) ? first + whole + 1 + fraction : nullptr;
}

}  // namespace

bool has_quick_floats() {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

[[gnu::target("avx2")]] const char* read_flat_floats(const char* begin, std::span<float> out) {
  using Numbers = FlatNumbers<float>;
  const char* at = Numbers::skip_space(begin + 1);  // [
  if (out.empty()) return *at == ']' ? at + 1 : nullptr;
  float* const last = out.data() + out.size() - 1;
  for (float* element = out.data();; ++element) {
    const char* end = short_decimal(at, *element);
    if (end == nullptr || *end != ',') [[unlikely]] {
      end = Numbers::number(at, *element);
      if (end == nullptr) return nullptr;
      end = Numbers::skip_space(end);
      if (*end != ',') return element == last && *end == ']' ? end + 1 : nullptr;
    }
    if (element == last) [[unlikely]]
      return nullptr;
    at = end + 1;
    if (static_cast<unsigned char>(*at) <= ' ') at = Numbers::skip_space(at);
  }
}

#else

bool has_quick_floats() { return false; }
const char* read_flat_floats(const char*, std::span<float>) { return nullptr; }

#endif

}  // namespace stoa::api
