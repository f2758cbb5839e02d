// float_lanes.cpp: the digits of four floats in one register each. SPDX-License-Identifier: Apache-2.0
#include "host/api/float_lanes.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "host/api/float_units.hpp"

namespace stoa::api {

#if defined(__x86_64__)
namespace {

constexpr std::size_t kFloatLanes = 4;
constexpr int kPointMin = -3, kPointMax = 9;  // digits before the decimal point that are laid out here
constexpr int kPoints = kPointMax - kPointMin + 1;

// kFloatUnits' units, as doubles: zero for zero, subnormals and what is not finite.
constexpr std::array<double, 256> kUnits = [] {
  std::array<double, 256> units{};
  for (std::size_t i = 0; i < units.size(); ++i) units[i] = static_cast<double>(kFloatUnits[i].unit) * 0x1p-60;
  return units;
}();
static_assert(kUnitBits == 60 && std::ranges::max(kUnits) < 9.99);  // nothing is near ten units and five at once

// Their exponents, by the upper half of a product of 16 bits: log10(2) of the binary one.
constexpr int kBinaryBias = 150, kLog10Of2 = 19'728;
static_assert([] {
  for (int field = 1; field < 255; ++field)
    if (kFloatUnits[static_cast<std::size_t>(field)].exponent != ((field - kBinaryBias) * kLog10Of2) >> 16)
      return false;
  return true;
}());

// Of sixteen bytes per number: the digits behind the first, the last one in front, then that first one, a point, a zero
// and a minus.
constexpr std::uint8_t kFirst = 8, kPoint = 9, kZero = 10, kMinus = 11;
constexpr int kDigits = 9;

// A row of sixteen bytes for each place of the decimal point, without a minus, and then with one.
using Rows = std::array<std::uint8_t, 2 * kPoints * 16>;
constexpr std::size_t row_of(bool is_negative, int point) {
  return static_cast<std::size_t>((is_negative ? kPoints : 0) + point - kPointMin) * 16;
}

// Which of those bytes stands where.
alignas(16) constexpr Rows kPlaces = [] {
  Rows rows{};
  for (const bool is_negative : {false, true})
    for (int point = kPointMin; point <= kPointMax; ++point) {
      std::uint8_t* at = rows.data() + row_of(is_negative, point);
      int digit = 0;
      const auto next_digit = [&digit] { return static_cast<std::uint8_t>(kFirst - digit++); };
      if (is_negative) *at++ = kMinus;
      while (digit < point) *at++ = next_digit();
      if (point <= 0) *at++ = kZero;
      *at++ = kPoint;
      for (int zeros = 0; zeros < -point; ++zeros) *at++ = kZero;
      while (digit < kDigits) *at++ = next_digit();
    }
  return rows;
}();

// By the zeros at the end of the digits: how much of that is written, and a comma.
constexpr Rows kLengths = [] {
  Rows rows{};
  for (const bool is_negative : {false, true})
    for (int point = kPointMin; point <= kPointMax; ++point)
      for (int zeros = 0; zeros < kDigits; ++zeros) {
        const int n = kDigits - zeros;
        const int length = n <= point ? point : point > 0 ? n + 1 : n + 2 - point;
        rows[row_of(is_negative, point) + static_cast<std::size_t>(zeros)] =
            static_cast<std::uint8_t>(length + is_negative + 1);
      }
  return rows;
}();

#define STOA_LANES [[gnu::target("avx2,bmi"), gnu::always_inline]] inline

STOA_LANES __m256d round(__m256d value) {
  return _mm256_round_pd(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
STOA_LANES __m256d magnitude(__m256d value) { return _mm256_andnot_pd(_mm256_set1_pd(-0.0), value); }

struct Decimals {
  __m128i nine;  // digits, zeros behind the significant ones
  __m128i row;
  int doubtful;  // a bit for each lane
};

// The steps of write_undoubted (decimal_text.cpp), in doubles.
// Exactness: a unit and its product with 24 bits are off by less than 2^-24, and what is compared by a little more. A
// lane where 2^-20 could turn a decision is in doubt, and so are those that write_undoubted leaves alone, and those
// that need an exponent.
STOA_LANES Decimals decimals_of(__m128i bits) {
  const __m128i field = _mm_srli_epi32(_mm_slli_epi32(bits, 1), 24);
  const __m128i mantissa = _mm_and_si128(bits, _mm_set1_epi32(0x7f'ffff));
  const __m256d unit = _mm256_i32gather_pd(kUnits.data(), field, sizeof(double));
  const __m256d product = _mm256_mul_pd(_mm256_cvtepi32_pd(_mm_or_si128(mantissa, _mm_set1_epi32(0x80'0000))), unit);
  const __m256d whole = round(product);
  const __m256d tens = _mm256_mul_pd(round(_mm256_mul_pd(product, _mm256_set1_pd(0.1))), _mm256_set1_pd(10));
  const __m256d to_whole = magnitude(_mm256_sub_pd(product, whole)), to_tens = magnitude(_mm256_sub_pd(product, tens));
  const __m256d half_place = _mm256_mul_pd(unit, _mm256_set1_pd(0.5));
  const __m256d is_tens = _mm256_cmp_pd(to_tens, half_place, _CMP_LT_OQ);
  const __m128i significand = _mm256_cvtpd_epi32(_mm256_blendv_pd(whole, tens, is_tens));

  constexpr double kDoubt = 0x1p-20;
  const __m256d is_close =
      _mm256_or_pd(_mm256_cmp_pd(magnitude(_mm256_sub_pd(to_tens, half_place)), _mm256_set1_pd(kDoubt), _CMP_LT_OQ),
                   _mm256_cmp_pd(to_whole, _mm256_set1_pd(0.5 - kDoubt), _CMP_GT_OQ));

  const __m128i exponent =
      _mm_mulhi_epi16(_mm_sub_epi32(field, _mm_set1_epi32(kBinaryBias)), _mm_set1_epi16(kLog10Of2));
  // Minus one for each digit over seven.
  const __m128i over_7 = _mm_add_epi32(_mm_cmpgt_epi32(significand, _mm_set1_epi32(9'999'999)),
                                       _mm_cmpgt_epi32(significand, _mm_set1_epi32(99'999'999)));
  const __m128i to_nine = _mm_castps_si128(_mm_permutevar_ps(_mm_castsi128_ps(_mm_setr_epi32(100, 0, 1, 10)), over_7));
  const __m128i point = _mm_sub_epi32(_mm_add_epi32(exponent, _mm_set1_epi32(7 - kPointMin)), over_7);
  const __m128i is_near = _mm_cmpeq_epi32(_mm_min_epu32(point, _mm_set1_epi32(kPoints - 1)), point);
  const __m128i is_odd =
      _mm_or_si128(_mm_cmpeq_epi32(mantissa, _mm_setzero_si128()), _mm_xor_si128(is_near, _mm_set1_epi32(-1)));
  const __m128i if_negative = _mm_and_si128(_mm_srai_epi32(bits, 31), _mm_set1_epi32(kPoints));
  return {_mm_mullo_epi32(significand, to_nine), _mm_slli_epi32(_mm_add_epi32(point, if_negative), 4),
          _mm256_movemask_pd(is_close) | _mm_movemask_ps(_mm_castsi128_ps(is_odd))};
}

STOA_LANES __m256i lanes(std::uint64_t value) { return _mm256_set1_epi64x(static_cast<std::int64_t>(value)); }

struct Texts {
  __m256i even, odd;       // sixteen bytes each, of the lanes 0 and 2, and of 1 and 3
  std::uint32_t not_zero;  // eight bits a lane, of the digits behind the first, the last one in front
};

// Halves, quarters and eighths of the eight digits behind the first, as eight_digits makes them, but from the end.
STOA_LANES Texts texts_of(__m128i nine) {
  const __m256i wide = _mm256_cvtepu32_epi64(nine);
  const __m256i first = _mm256_srli_epi64(_mm256_mul_epu32(wide, lanes(1'441'151'881)), 57);
  const __m256i eight = _mm256_sub_epi64(wide, _mm256_mul_epu32(first, lanes(100'000'000)));
  const __m256i upper_four = _mm256_srli_epi64(_mm256_mul_epu32(eight, lanes(3'518'437'209)), 45);
  const __m256i halves = _mm256_add_epi64(eight, _mm256_mul_epu32(upper_four, lanes((1ull << 32) - 10'000)));
  const __m256i hundreds = _mm256_srli_epi16(_mm256_mulhi_epu16(halves, _mm256_set1_epi16(5'243)), 3);
  const __m256i quarters = _mm256_add_epi32(halves, _mm256_mullo_epi32(hundreds, _mm256_set1_epi32((1 << 16) - 100)));
  const __m256i tens = _mm256_mulhi_epu16(quarters, _mm256_set1_epi16(6'554));
  const __m256i digits = _mm256_add_epi16(quarters, _mm256_mullo_epi16(tens, _mm256_set1_epi16((1 << 8) - 10)));
  // Less '0' each, which is added last.
  constexpr std::uint64_t kBehind = std::uint64_t{'.' - '0' + 256} << 8 | std::uint64_t{'-' - '0' + 256} << 24;
  const __m256i ends = _mm256_or_si256(first, lanes(kBehind));
  const __m256i zero = _mm256_set1_epi8('0');
  return {_mm256_add_epi8(_mm256_unpacklo_epi64(digits, ends), zero),
          _mm256_add_epi8(_mm256_unpackhi_epi64(digits, ends), zero),
          ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(digits, _mm256_setzero_si256())))};
}

STOA_LANES char* put(char* at, __m128i text, std::uint32_t row, std::uint32_t not_zero) {
  const __m128i places = _mm_load_si128(reinterpret_cast<const __m128i*>(kPlaces.data() + row));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm_shuffle_epi8(text, places));
  at += kLengths[row + static_cast<std::uint32_t>(std::countr_zero(not_zero | 0x100))];
  at[-1] = ',';
  return at;
}

// The first count of four elements; all four are read.
STOA_LANES WrittenList write_four(char* at, const std::byte* from, std::size_t count) {
  const Decimals decimals = decimals_of(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
  const auto [even, odd, not_zero] = texts_of(decimals.nine);
  const __m128i texts[kFloatLanes] = {_mm256_castsi256_si128(even), _mm256_castsi256_si128(odd),
                                      _mm256_extracti128_si256(even, 1), _mm256_extracti128_si256(odd, 1)};
  alignas(16) std::uint32_t rows[kFloatLanes];
  _mm_store_si128(reinterpret_cast<__m128i*>(rows), decimals.row);
  if (decimals.doubtful == 0 && count == kFloatLanes) [[likely]] {
    for (std::size_t lane = 0; lane < kFloatLanes; ++lane)
      at = put(at, texts[lane], rows[lane], not_zero >> (8 * lane));
    return {at, count};
  }
  for (std::size_t lane = 0; lane < count; ++lane) {
    if ((decimals.doubtful >> lane & 1) == 0) {
      at = put(at, texts[lane], rows[lane], not_zero >> (8 * lane));
      continue;
    }
    float value;
    std::memcpy(&value, from + lane * sizeof value, sizeof value);
    if (!std::isfinite(value)) return {at, lane};
    at = write_shortest(at, value);
    *at++ = ',';
  }
  return {at, count};
}

[[gnu::target("avx2,bmi"), gnu::noinline]] WrittenList write_rest(char* at, const std::byte* from, std::size_t count) {
  alignas(16) std::byte four[kFloatLanes * sizeof(float)] = {};
  std::memcpy(four, from, count * sizeof(float));
  return write_four(at, four, count);
}

}  // namespace

bool has_float_lanes() {
  static const bool has = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0;
  return has;
}

[[gnu::target("avx2,bmi")]] WrittenList write_float_lanes(char* at, const std::byte* elements, std::size_t count) {
  std::size_t done = 0;
  for (; count - done >= kFloatLanes; done += kFloatLanes) {
    const WrittenList four = write_four(at, elements + done * sizeof(float), kFloatLanes);
    at = four.end;
    if (four.count < kFloatLanes) [[unlikely]]
      return {at, done + four.count};
  }
  if (done == count) return {at, count};
  const WrittenList rest = write_rest(at, elements + done * sizeof(float), count - done);
  return {rest.end, done + rest.count};
}

#undef STOA_LANES

#else

bool has_float_lanes() { return false; }
WrittenList write_float_lanes(char* at, const std::byte*, std::size_t) { return {at, 0}; }

#endif

}  // namespace stoa::api
