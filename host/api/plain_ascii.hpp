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

// Bytes at the begin of text that are plain; size at the most.
inline std::size_t count_plain_ascii(const char* text, std::size_t size) {
  std::size_t count = 0;
#if defined(__SSE2__)
  for (; size - count >= 16; count += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(text + count));
    const __m128i is_special = _mm_or_si128(
        _mm_cmplt_epi8(bytes, _mm_set1_epi8(' ')),  // signed: with what is not ASCII
        _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    const auto special = static_cast<unsigned>(_mm_movemask_epi8(is_special));
    if (special != 0) return count + static_cast<std::size_t>(std::countr_zero(special));
  }
#endif
  while (count < size && is_plain_ascii(text[count])) ++count;
  return count;
}

}  // namespace stoa::api
