// plain_ascii.hpp: how much of a text JSON takes as it is. SPDX-License-Identifier: Apache-2.0
#pragma once
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#include <bit>
#include <cstddef>

namespace stoa::api {

// ASCII but for controls, '"' and '\\': needs no escape, and no look at UTF-8.
constexpr bool is_plain_ascii(char c) { return c >= ' ' && c != '"' && c != '\\'; }

#if defined(__SSE2__)
// All bits of each byte that is not plain.
inline __m128i specials_of(__m128i bytes) {
  return _mm_or_si128(
      _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),  // signed: with what is not ASCII
      _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
}
// One each, the first byte's the lowest.
inline unsigned special_of(__m128i bytes) { return static_cast<unsigned>(_mm_movemask_epi8(specials_of(bytes))); }
inline __m128i sixteen_bytes(const char* text) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(text)); }
inline __m128i eight_bytes(const char* text) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(text)); }
// For long texts: one look at the answer for 64 bytes.
inline bool are_64_plain(const char* text) {
  const __m128i first = _mm_or_si128(specials_of(sixteen_bytes(text)), specials_of(sixteen_bytes(text + 16)));
  const __m128i second = _mm_or_si128(specials_of(sixteen_bytes(text + 32)), specials_of(sixteen_bytes(text + 48)));
  return _mm_movemask_epi8(_mm_or_si128(first, second)) == 0;
}
#endif

// Bytes at the begin of text that are plain; size at the most.
inline std::size_t count_plain_ascii(const char* text, std::size_t size) {
  std::size_t count = 0;
#if defined(__SSE2__)
  while (size - count >= 64 && are_64_plain(text + count)) count += 64;
  for (; size - count >= 16; count += 16)
    if (const unsigned special = special_of(sixteen_bytes(text + count)); special != 0)
      return count + static_cast<std::size_t>(std::countr_zero(special));
  // What is left, and once more some of what is not.
  const char* const end = text + size;
  if (size >= 16 && special_of(sixteen_bytes(end - 16)) == 0) return size;
  if (size >= 8 && count == 0 && special_of(_mm_unpacklo_epi64(eight_bytes(text), eight_bytes(end - 8))) == 0)
    return size;
#endif
  while (count < size && is_plain_ascii(text[count])) ++count;
  return count;
}

// The first byte from text on that is not plain. There is one, and 63 more behind it may be read.
inline const char* plain_ascii_end(const char* text) {
#if defined(__SSE2__)
  unsigned special = special_of(sixteen_bytes(text));  // of a key or a name, the most
  if (special == 0) {
    for (text += 16; are_64_plain(text);) text += 64;
    while ((special = special_of(sixteen_bytes(text))) == 0) text += 16;
  }
  return text + std::countr_zero(special);
#else
  while (is_plain_ascii(*text)) ++text;
  return text;
#endif
}

}  // namespace stoa::api
