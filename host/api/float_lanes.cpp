// float_lanes.cpp: the digits of four floats in one register each. SPDX-License-Identifier: Apache-2.0
#include "host/api/float_lanes.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "host/api/float_units.hpp"

namespace stoa::api {

#if defined(__x86_64__)
namespace {

constexpr int kExponentBias = 64;
constexpr int kFractionBits = 28;             // of what is compared: a float's 24 bits times a unit's fit in 56
constexpr int kPointMin = -3, kPointMax = 9;  // digits before the decimal point that are laid out here

// Units and their exponents in one word: the lowest byte of the unit makes room.
constexpr std::array<std::uint64_t, 256> kPackedUnits = [] {
  std::array<std::uint64_t, 256> packed{};
  for (std::size_t i = 0; i < packed.size(); ++i) {
    const auto& [unit, exponent] = kFloatUnits[i];
    if (unit != 0) packed[i] = (unit & ~std::uint64_t{0xff}) | static_cast<std::uint64_t>(exponent + kExponentBias);
  }
  return packed;
}();

// By the place of the decimal point: which of nine digits, a point (9) and a zero (10) stands where.
using Places = std::array<std::uint8_t, 16>;
constexpr std::size_t kPoints = kPointMax - kPointMin + 1;
constexpr std::array<Places, kPoints> kPlaces = [] {
  constexpr std::uint8_t kPoint = 9, kZero = 10;
  std::array<Places, kPoints> all{};
  for (std::size_t i = 0; i < kPoints; ++i) {
    const int point = static_cast<int>(i) + kPointMin;
    std::size_t at = 0;
    std::uint8_t digit = 0;
    for (; digit < point; ++digit) all[i][at++] = digit;
    if (point <= 0) all[i][at++] = kZero;
    all[i][at++] = kPoint;
    for (int zeros = 0; zeros < -point; ++zeros) all[i][at++] = kZero;
    for (; digit < 9; ++digit) all[i][at++] = digit;
  }
  return all;
}();

// And by the number of digits, which is below ten: how much of that is written.
constexpr std::array<std::array<std::uint8_t, 16>, kPoints> kLengths = [] {
  std::array<std::array<std::uint8_t, 16>, kPoints> all{};
  for (std::size_t i = 0; i < kPoints; ++i) {
    const int point = static_cast<int>(i) + kPointMin;
    for (int n = 0; n < 10; ++n)
      all[i][static_cast<std::size_t>(n)] = static_cast<std::uint8_t>(n <= point  ? point
                                                                      : point > 0 ? n + 1
                                                                                  : n + 2 - point);
  }
  return all;
}();

#define STOA_LANES [[gnu::target("avx2"), gnu::always_inline]] inline

STOA_LANES __m256i all_lanes(std::int64_t value) { return _mm256_set1_epi64x(value); }

constexpr std::int64_t kOne = std::int64_t{1} << kFractionBits, kDoubt = 8;

STOA_LANES __m256i is_close(__m256i a, __m256i b) {
  const __m256i away = _mm256_add_epi64(_mm256_sub_epi64(a, b), all_lanes(kDoubt));
  return _mm256_cmpeq_epi64(_mm256_and_si256(away, all_lanes(~(2 * kDoubt - 1))), _mm256_setzero_si256());
}

struct Decimals {
  __m256i nine;   // digits, zeros behind the significant ones
  __m256i point;  // digits before the decimal point, from kPointMin on
  __m256i is_doubtful;
};

// The steps of write_undoubted (decimal_text.cpp) in 64-bit lanes.
// Exactness: units lose their last 8 bits and products their last 32, so that what is compared is off by less than 3 /
// 2^28. A lane where that could turn a decision is in doubt, and so are those that write_undoubted leaves alone, and
// those that need an exponent.
STOA_LANES Decimals decimals_of(__m256i bits) {
  const __m256i mantissa = _mm256_and_si256(bits, all_lanes(0x7f'ffff));
  const __m256i packed = _mm256_i64gather_epi64(reinterpret_cast<const long long*>(kPackedUnits.data()),
                                                _mm256_and_si256(_mm256_srli_epi64(bits, 23), all_lanes(0xff)), 8);
  const __m256i unit = _mm256_srli_epi64(packed, 32);
  const __m256i significant = _mm256_or_si256(mantissa, all_lanes(0x80'0000));
  const __m256i product = _mm256_add_epi64(_mm256_mul_epu32(significant, unit),
                                           _mm256_srli_epi64(_mm256_mul_epu32(significant, packed), 32));
  const __m256i whole = _mm256_srli_epi64(product, kFractionBits);
  const __m256i part = _mm256_and_si256(product, all_lanes(kOne - 1));
  const __m256i tens =
      _mm256_mul_epu32(_mm256_srli_epi64(_mm256_mul_epu32(whole, all_lanes(0xcccc'cccd)), 35), all_lanes(10));
  const __m256i above_tens = _mm256_or_si256(_mm256_slli_epi64(_mm256_sub_epi64(whole, tens), kFractionBits), part);
  const __m256i is_upper = _mm256_cmpgt_epi64(above_tens, all_lanes(5 * kOne));
  const __m256i to_nearer =
      _mm256_blendv_epi8(above_tens, _mm256_sub_epi64(all_lanes(10 * kOne), above_tens), is_upper);
  const __m256i half_place = _mm256_srli_epi64(unit, 1);
  const __m256i is_tens = _mm256_cmpgt_epi64(half_place, to_nearer);
  const __m256i significand =
      _mm256_blendv_epi8(_mm256_add_epi64(whole, _mm256_srli_epi64(part, kFractionBits - 1)),
                         _mm256_add_epi64(tens, _mm256_and_si256(is_upper, all_lanes(10))), is_tens);

  const __m256i over_7 = _mm256_cmpgt_epi64(significand, all_lanes(9'999'999));  // digits
  const __m256i over_8 = _mm256_cmpgt_epi64(significand, all_lanes(99'999'999));
  const __m256i point = _mm256_sub_epi64(
      _mm256_add_epi64(_mm256_and_si256(packed, all_lanes(0xff)), all_lanes(7 - kExponentBias - kPointMin)),
      _mm256_add_epi64(over_7, over_8));
  const __m256i is_far = _mm256_or_si256(_mm256_cmpgt_epi64(point, all_lanes(kPoints - 1)),
                                         _mm256_cmpgt_epi64(_mm256_setzero_si256(), point));
  const __m256i is_doubtful =
      _mm256_or_si256(_mm256_or_si256(is_close(to_nearer, half_place), is_close(part, all_lanes(kOne / 2))),
                      _mm256_or_si256(_mm256_cmpeq_epi64(mantissa, _mm256_setzero_si256()), is_far));
  const __m256i to_nine =
      _mm256_blendv_epi8(_mm256_blendv_epi8(all_lanes(100), all_lanes(10), over_7), all_lanes(1), over_8);
  return {_mm256_mul_epu32(significand, to_nine), point, is_doubtful};
}

// Sixteen bytes each: nine digits, a point and a zero. Of the lanes 0 and 2, and of 1 and 3.
struct Texts {
  __m256i even, odd;
};

// The eight digits behind the first are made as eight_digits does it.
STOA_LANES Texts texts_of(__m256i nine) {
  const __m256i first = _mm256_srli_epi64(_mm256_mul_epu32(nine, all_lanes(1'441'151'881)), 57);
  const __m256i eight = _mm256_sub_epi64(nine, _mm256_mul_epu32(first, all_lanes(100'000'000)));
  const __m256i upper_four = _mm256_srli_epi64(_mm256_mul_epu32(eight, all_lanes(3'518'437'209)), 45);
  const __m256i lower_four = _mm256_sub_epi64(eight, _mm256_mul_epu32(upper_four, all_lanes(10'000)));
  const __m256i halves = _mm256_or_si256(upper_four, _mm256_slli_epi64(lower_four, 32));
  const __m256i hundreds = _mm256_srli_epi32(_mm256_mullo_epi32(halves, _mm256_set1_epi32(10'486)), 20);
  const __m256i rests = _mm256_sub_epi32(halves, _mm256_mullo_epi32(hundreds, _mm256_set1_epi32(100)));
  const __m256i quarters = _mm256_or_si256(hundreds, _mm256_slli_epi32(rests, 16));
  const __m256i tens = _mm256_srli_epi16(_mm256_mullo_epi16(quarters, _mm256_set1_epi16(103)), 10);
  const __m256i ones = _mm256_sub_epi16(quarters, _mm256_mullo_epi16(tens, _mm256_set1_epi16(10)));
  const __m256i digits = _mm256_or_si256(tens, _mm256_slli_epi16(ones, 8));
  const __m256i begins =
      _mm256_or_si256(_mm256_or_si256(_mm256_slli_epi64(digits, 8), first), all_lanes(0x3030'3030'3030'3030));
  const __m256i ends = _mm256_or_si256(_mm256_srli_epi64(digits, 56), all_lanes(0x30'2e'30));
  return {_mm256_unpacklo_epi64(begins, ends), _mm256_unpackhi_epi64(begins, ends)};
}

// A bit for every byte that is no zero, the first digit's the lowest.
STOA_LANES std::uint32_t not_zero(__m256i texts) {
  return ~static_cast<std::uint32_t>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(texts, _mm256_set1_epi8('0'))));
}

}  // namespace

bool has_float_lanes() {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

[[gnu::target("avx2")]] WrittenList write_float_lanes(char* at, const std::byte* elements, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kFloatLanes) {
    const std::byte* const from = elements + i * sizeof(float);
    const __m256i bits = _mm256_cvtepu32_epi64(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)));
    const Decimals decimals = decimals_of(bits);
    const auto [even, odd] = texts_of(decimals.nine);
    const __m128i texts[kFloatLanes] = {_mm256_castsi256_si128(even), _mm256_castsi256_si128(odd),
                                        _mm256_extracti128_si256(even, 1), _mm256_extracti128_si256(odd, 1)};
    const std::uint32_t even_digits = not_zero(even), odd_digits = not_zero(odd);
    const std::uint32_t digits[kFloatLanes] = {even_digits, odd_digits, even_digits >> 16, odd_digits >> 16};
    alignas(32) std::uint64_t points[kFloatLanes];
    _mm256_store_si256(reinterpret_cast<__m256i*>(points), decimals.point);
    const int doubtful = _mm256_movemask_pd(_mm256_castsi256_pd(decimals.is_doubtful));
    const int negative = _mm256_movemask_pd(_mm256_castsi256_pd(_mm256_slli_epi64(bits, 32)));
    for (std::size_t lane = 0; lane < kFloatLanes; ++lane) {
      if ((doubtful >> lane & 1) != 0) [[unlikely]] {
        float value;
        std::memcpy(&value, from + lane * sizeof value, sizeof value);
        if (!std::isfinite(value)) return {at, i + lane};
        at = write_shortest(at, value);
      } else {
        const auto n = static_cast<std::size_t>(std::bit_width((digits[lane] & 0x1ff) | 1));
        const std::uint64_t point = points[lane];
        *at = '-';
        at += negative >> lane & 1;
        const __m128i places = _mm_loadu_si128(reinterpret_cast<const __m128i*>(kPlaces[point].data()));
        _mm_storeu_si128(reinterpret_cast<__m128i*>(at), _mm_shuffle_epi8(texts[lane], places));
        at += kLengths[point][n];
      }
      *at++ = ',';
    }
  }
  return {at, count};
}

#undef STOA_LANES

#else

bool has_float_lanes() { return false; }
WrittenList write_float_lanes(char* at, const std::byte*, std::size_t) { return {at, 0}; }

#endif

}  // namespace stoa::api
