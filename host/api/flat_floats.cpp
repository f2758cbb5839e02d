// flat_floats.cpp: decimals in registers, four at a time or one. SPDX-License-Identifier: Apache-2.0
#include "host/api/flat_floats.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "host/api/flat_numbers.hpp"

namespace stoa::api {

#if defined(__x86_64__)
namespace {

#define STOA_QUICK [[gnu::target("avx2,bmi"), gnu::always_inline]] inline

constexpr std::size_t kDecimalBytesMax = 15;  // with its sign and its point: 14 digits, below 2^52

// What depends only on how long a decimal is, its sign and its point counted, and on what precedes the point: rows of
// sixteen points for each length. places brings the digits to the end of a register, the last one last; where no
// decimal is so, the byte behind it.
using DigitPlaces = std::array<std::uint8_t, 16>;
constexpr std::size_t kForms = (kDecimalBytesMax + 1) * 16;
struct DecimalForms {
  alignas(16) std::array<DigitPlaces, kForms> places;
  std::array<double, kForms> powers;  // what the digits' integer is divided by
};

constexpr std::size_t form_of(std::size_t length, std::size_t point) { return length * 16 + point; }

constexpr DecimalForms kDecimalForms = [] {
  DecimalForms forms{};
  for (std::size_t length = 0; length <= kDecimalBytesMax; ++length)
    for (std::size_t point = 0; point < 16; ++point) {
      const std::size_t form = form_of(length, point);
      DigitPlaces& places = forms.places[form];
      places.fill(static_cast<std::uint8_t>(length));
      forms.powers[form] = 1;
      if (point == 0 || point + 1 >= length) continue;
      const std::size_t fraction = length - point - 1;
      for (std::size_t i = 0; i < fraction; ++i) forms.powers[form] *= 10;
      for (std::size_t from_end = 0; from_end < 16; ++from_end) {
        const std::size_t place = length - 1 - from_end - (from_end < fraction ? 0 : 1);
        places[15 - from_end] = from_end < length - 1 ? static_cast<std::uint8_t>(place) : 0x80;  // 0x80: a zero
      }
    }
  return forms;
}();

// Behind a number like "-12.5" of up to 15 characters; null for others, which FlatNumbers reads.
STOA_QUICK const char* short_decimal(const char* begin, float& out) {
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
  const DigitPlaces& form = kDecimalForms.places[form_of(whole + 1 + fraction, whole)];
  const __m128i places = _mm_load_si128(reinterpret_cast<const __m128i*>(form.data()));
  const __m128i pairs = _mm_maddubs_epi16(_mm_shuffle_epi8(text, places), _mm_set1_epi16(10 | 1 << 8));
  const __m128i fours = _mm_madd_epi16(pairs, _mm_set1_epi32(100 | 1 << 16));
  const __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), _mm_set1_epi32(10'000 | 1 << 16));
  const auto both = static_cast<std::uint64_t>(_mm_cvtsi128_si64(eights));
  const auto value = static_cast<std::int64_t>((both & 0xffff'ffff) * 100'000'000 + (both >> 32));
  return FlatNumbers<float>::scaled(value, is_negative, fraction, out) ? first + whole + 1 + fraction : nullptr;
}

// ---- four at a time ----

constexpr std::size_t kGroup = 4;

STOA_QUICK std::uint32_t mask_of(__m256i bytes) { return static_cast<std::uint32_t>(_mm256_movemask_epi8(bytes)); }
STOA_QUICK std::uint64_t without_lowest(std::uint64_t bits) { return bits & (bits - 1); }
template <class Bits>
[[gnu::always_inline]] inline std::size_t lowest(Bits bits) {
  return static_cast<unsigned>(std::countr_zero(bits));
}
STOA_QUICK __m256i bytes_of(char c) { return _mm256_set1_epi8(c); }

// A bit for every comma of 64 bytes, the first byte's the lowest.
STOA_QUICK std::uint64_t where_commas(const char* text) {
  const auto* const halves = reinterpret_cast<const __m256i*>(text);
  const std::uint64_t high = mask_of(_mm256_cmpeq_epi8(_mm256_loadu_si256(halves + 1), bytes_of(',')));
  return mask_of(_mm256_cmpeq_epi8(_mm256_loadu_si256(halves), bytes_of(','))) | high << 32;
}

STOA_QUICK __m256i two_of(const void* first, const void* second) {
  return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128(static_cast<const __m128i*>(first))),
                                 _mm_loadu_si128(static_cast<const __m128i*>(second)), 1);
}

// Sixteen bytes each of two numbers.
struct TwoTexts {
  __m256i text, minus;   // minus: all bits of the first byte where that is one
  std::uint32_t points;  // a bit for each byte that is one
};

STOA_QUICK TwoTexts two_texts(const char* first, const char* second) {
  TwoTexts two;
  two.text = two_of(first, second);
  two.minus = _mm256_and_si256(_mm256_cmpeq_epi8(two.text, bytes_of('-')), _mm256_set_epi64x(0, 0xff, 0, 0xff));
  two.points = mask_of(_mm256_cmpeq_epi8(two.text, bytes_of('.')));
  return two;
}

// The points of those that have not one digit in front of it.
STOA_QUICK std::uint32_t missing_points(const TwoTexts& two) {
  return ~two.points & (2 * mask_of(two.minus) + 0x2'0002);
}

// What is neither a digit in the right place nor the minus is above 9.
STOA_QUICK __m256i digits_of(const TwoTexts& two, std::size_t first_form, std::size_t second_form) {
  const auto& places = kDecimalForms.places;
  const __m256i values = _mm256_andnot_si256(two.minus, _mm256_sub_epi8(two.text, bytes_of('0')));
  return _mm256_shuffle_epi8(values, two_of(&places[first_form], &places[second_form]));
}

STOA_QUICK __m256i fours_of(__m256i digits) {
  return _mm256_madd_epi16(_mm256_maddubs_epi16(digits, _mm256_set1_epi16(10 | 1 << 8)),
                           _mm256_set1_epi32(100 | 1 << 16));
}

// A digit in front of the point, and no 0 in front of another.
bool is_whole_good(const char* text, std::uint32_t points) {
  const std::size_t point = lowest(points), first = text[0] == '-' ? 1 : 0;
  return point < 16 && point > first && (point == first + 1 || text[first] != '0');
}

[[gnu::noinline]] bool are_wholes_good(const char* text0, const char* text1, const char* text2, const char* text3,
                                       std::uint32_t even_points, std::uint32_t odd_points) {
  return is_whole_good(text0, even_points) && is_whole_good(text1, odd_points) &&
         is_whole_good(text2, even_points >> 16) && is_whole_good(text3, odd_points >> 16);
}

// Behind four decimals of up to 15 characters and their commas; null for others, which are read one by one. begin: the
// byte in front of them. Also 63 bytes behind the text may be read.
STOA_QUICK const char* four_decimals(const char* begin, float* out) {
  const std::uint64_t commas0 = where_commas(begin) | 1, commas1 = without_lowest(commas0);
  const std::uint64_t commas2 = without_lowest(commas1), commas3 = without_lowest(commas2);
  const std::uint64_t commas4 = without_lowest(commas3);
  if (commas4 == 0) [[unlikely]]
    return nullptr;
  const std::size_t end0 = lowest(commas1), end1 = lowest(commas2), end2 = lowest(commas3), end3 = lowest(commas4);
  const std::size_t length0 = end0 - 1, length1 = end1 - end0 - 1, length2 = end2 - end1 - 1, length3 = end3 - end2 - 1;
  if ((length0 | length1 | length2 | length3) > kDecimalBytesMax) [[unlikely]]
    return nullptr;
  const char *const text0 = begin + 1, *const text1 = text0 + end0, *const text2 = text0 + end1,
                    *const text3 = text0 + end2;
  const TwoTexts even = two_texts(text0, text2), odd = two_texts(text1, text3);
  const bool is_usual = (missing_points(even) | missing_points(odd)) == 0;
  if (!is_usual && !are_wholes_good(text0, text1, text2, text3, even.points, odd.points)) [[unlikely]]
    return nullptr;
  const std::size_t form0 = form_of(length0, lowest(even.points)), form1 = form_of(length1, lowest(odd.points));
  const std::size_t form2 = form_of(length2, lowest(even.points >> 16));
  const std::size_t form3 = form_of(length3, lowest(odd.points >> 16));
  const __m256i even_digits = digits_of(even, form0, form2), odd_digits = digits_of(odd, form1, form3);
  const __m256i eights = _mm256_madd_epi16(_mm256_packus_epi32(fours_of(even_digits), fours_of(odd_digits)),
                                           _mm256_set1_epi32(10'000 | 1 << 16));
  const __m256i values =
      _mm256_add_epi64(_mm256_mul_epu32(eights, _mm256_set1_epi64x(100'000'000)), _mm256_srli_epi64(eights, 32));
  // As doubles: below 2^52 they are the last bits of 2^52 + value.
  const __m256d two_52 = _mm256_set1_pd(0x1p52);
  const __m256d integers = _mm256_sub_pd(_mm256_or_pd(_mm256_castsi256_pd(values), two_52), two_52);
  const auto& powers = kDecimalForms.powers;
  const __m256d quotients =
      _mm256_div_pd(integers, _mm256_set_pd(powers[form3], powers[form2], powers[form1], powers[form0]));
  const __m256i dropped = _mm256_and_si256(_mm256_castpd_si256(quotients), _mm256_set1_epi64x(kDroppedOfDouble));
  const __m256i is_between = _mm256_cmpeq_epi64(dropped, _mm256_set1_epi64x(kHalfOfDropped));
  const __m256i above_nine = _mm256_subs_epu8(_mm256_max_epu8(even_digits, odd_digits), _mm256_set1_epi8(9));
  const __m256i bad = _mm256_or_si256(is_between, above_nine);
  if (_mm256_testz_si256(bad, bad) == 0) [[unlikely]]
    return nullptr;
  const __m256i signs = _mm256_slli_epi64(_mm256_unpacklo_epi64(even.minus, odd.minus), 63);
  _mm_storeu_ps(out, _mm256_cvtpd_ps(_mm256_or_pd(quotients, _mm256_castsi256_pd(signs))));
  return text0 + end3;
}

}  // namespace

bool has_quick_floats() {
  static const bool has = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("bmi") != 0;
  return has;
}

[[gnu::target("avx2,bmi")]] const char* read_flat_floats(const char* begin, std::span<float> out) {
  using Numbers = FlatNumbers<float>;
  constexpr std::ptrdiff_t kPauseMax = 1 << 20;
  const char* at = Numbers::skip_space(begin + 1);  // [
  if (out.empty()) return *at == ']' ? at + 1 : nullptr;
  float* const last = out.data() + out.size() - 1;
  float* element = out.data();
  for (std::ptrdiff_t pause{kGroup};;) {
    while (last - element >= std::ptrdiff_t{kGroup}) {
      const char* const end = four_decimals(at - 1, element);
      if (end == nullptr) break;
      at = end;
      element += kGroup;
      pause = kGroup;
    }
    // Where four at a time do not go, they are tried more and more rarely.
    float* const stop = last - element > pause ? element + pause : last;
    at = Numbers::skip_space(at);
    pause = std::min(2 * pause, kPauseMax);
    for (;; ++element) {
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
      if (element == stop) break;
    }
    ++element;
  }
}

#undef STOA_QUICK

#else

bool has_quick_floats() { return false; }
const char* read_flat_floats(const char*, std::span<float>) { return nullptr; }

#endif

}  // namespace stoa::api
