// foreign_character.cpp: tables of look-alikes. Source: what is common of the confusables of Unicode's UTS 39, and the
// base letters of accented Latin ones. SPDX-License-Identifier: Apache-2.0
#include "registry/names/foreign_character.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <iterator>

namespace stoa::registry {
namespace {

struct Single {
  char32_t code_point;
  char looks_like;
};

// Sorted by code point.
constexpr Single kSingles[] = {
    {0x180, 'b'},  {0x192, 'f'},  {0x237, 'j'},  {0x251, 'a'},  {0x261, 'g'},  {0x262, 'g'},  {0x269, 'i'},
    {0x26a, 'i'},  {0x274, 'n'},  {0x280, 'r'},  {0x28b, 'v'},  {0x28f, 'y'},  {0x299, 'b'},  {0x29c, 'h'},
    {0x29f, 'l'},  {0x391, 'a'},  {0x392, 'b'},  {0x395, 'e'},  {0x396, 'z'},  {0x397, 'h'},  {0x399, 'i'},
    {0x39a, 'k'},  {0x39c, 'm'},  {0x39d, 'n'},  {0x39f, 'o'},  {0x3a1, 'p'},  {0x3a4, 't'},  {0x3a5, 'y'},
    {0x3a7, 'x'},  {0x3b1, 'a'},  {0x3b2, 'b'},  {0x3b3, 'y'},  {0x3b5, 'e'},  {0x3b7, 'n'},  {0x3b9, 'i'},
    {0x3ba, 'k'},  {0x3bc, 'u'},  {0x3bd, 'v'},  {0x3bf, 'o'},  {0x3c1, 'p'},  {0x3c3, 'o'},  {0x3c4, 't'},
    {0x3c5, 'u'},  {0x3c7, 'x'},  {0x3c9, 'w'},  {0x3f2, 'c'},  {0x3f3, 'j'},  {0x405, 's'},  {0x406, 'i'},
    {0x408, 'j'},  {0x410, 'a'},  {0x412, 'b'},  {0x415, 'e'},  {0x417, '3'},  {0x41a, 'k'},  {0x41c, 'm'},
    {0x41d, 'h'},  {0x41e, 'o'},  {0x420, 'p'},  {0x421, 'c'},  {0x422, 't'},  {0x423, 'y'},  {0x425, 'x'},
    {0x430, 'a'},  {0x432, 'b'},  {0x433, 'r'},  {0x435, 'e'},  {0x437, '3'},  {0x43a, 'k'},  {0x43c, 'm'},
    {0x43d, 'h'},  {0x43e, 'o'},  {0x440, 'p'},  {0x441, 'c'},  {0x442, 't'},  {0x443, 'y'},  {0x445, 'x'},
    {0x44c, 'b'},  {0x454, 'e'},  {0x455, 's'},  {0x456, 'i'},  {0x457, 'i'},  {0x458, 'j'},  {0x475, 'v'},
    {0x4bb, 'h'},  {0x4c0, 'i'},  {0x4cf, 'l'},  {0x501, 'd'},  {0x51b, 'q'},  {0x51d, 'w'},  {0x566, 'q'},
    {0x570, 'h'},  {0x575, 'j'},  {0x578, 'n'},  {0x57d, 'u'},  {0x581, 'g'},  {0x585, 'o'},  {0x5d5, 'l'},
    {0x5df, 'l'},  {0x5e1, 'o'},  {0x627, 'l'},  {0x647, 'o'},  {0x966, 'o'},  {0x13a0, 'd'}, {0x13a1, 'r'},
    {0x13a2, 't'}, {0x13a9, 'y'}, {0x13aa, 'a'}, {0x13ab, 'j'}, {0x13ac, 'e'}, {0x13b3, 'w'}, {0x13b7, 'm'},
    {0x13bb, 'h'}, {0x13c0, 'g'}, {0x13c2, 'h'}, {0x13c3, 'z'}, {0x13d2, 'r'}, {0x13d9, 'v'}, {0x13da, 's'},
    {0x13de, 'l'}, {0x13df, 'c'}, {0x13e2, 'p'}, {0x13e6, 'k'}, {0x13f4, 'b'}, {0x1d00, 'a'}, {0x1d04, 'c'},
    {0x1d05, 'd'}, {0x1d07, 'e'}, {0x1d0a, 'j'}, {0x1d0b, 'k'}, {0x1d0d, 'm'}, {0x1d0f, 'o'}, {0x1d18, 'p'},
    {0x1d1b, 't'}, {0x1d1c, 'u'}, {0x1d20, 'v'}, {0x1d21, 'w'}, {0x1d22, 'z'}, {0x210a, 'g'}, {0x210e, 'h'},
    {0x2113, 'l'}, {0x212e, 'e'}, {0x212f, 'e'}, {0x2134, 'o'}, {0x2139, 'i'}, {0x2146, 'd'}, {0x2147, 'e'},
    {0x2148, 'i'}, {0x2149, 'j'}, {0x2160, 'i'}, {0x2164, 'v'}, {0x2169, 'x'}, {0x216c, 'l'}, {0x216d, 'c'},
    {0x216e, 'd'}, {0x216f, 'm'}, {0x2170, 'i'}, {0x2174, 'v'}, {0x2179, 'x'}, {0x217c, 'l'}, {0x217d, 'c'},
    {0x217e, 'd'}, {0x217f, 'm'}, {0x2212, '-'}, {0x2c9f, 'o'}, {0x2ca3, 'p'}, {0x2ca5, 'c'}, {0xff0d, '-'},
    {0xff0e, '.'}, {0xff3f, '_'}};
static_assert(std::ranges::is_sorted(kSingles, {}, &Single::code_point));

// Base letters of U+00C0 to U+017F in their order; '?': none.
constexpr std::string_view kAccented =
    "aaaaaa?ceeeeiiiidnoooooxouuuuypb"
    "aaaaaa?ceeeeiiiidnooooo?ouuuuypy"
    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii??jjkkk"
    "llllllllllnnnnnnnnnoooooo??rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzf";
static_assert(kAccented.size() == 0x180 - 0xc0);

// Alphabets that lie in Unicode in our order, once or several times over.
struct Run {
  char32_t first, last;
  char from;
  unsigned period;
};
constexpr Run kRuns[] = {{0x2460, 0x2468, '1', 9},    {0x24b6, 0x24cf, 'a', 26},   {0x24d0, 0x24e9, 'a', 26},
                         {0xff10, 0xff19, '0', 10},   {0xff21, 0xff3a, 'a', 26},   {0xff41, 0xff5a, 'a', 26},
                         {0x1d400, 0x1d6a3, 'a', 26}, {0x1d7ce, 0x1d7ff, '0', 10}, {0x1f130, 0x1f149, 'a', 26},
                         {0x1f150, 0x1f169, 'a', 26}, {0x1f170, 0x1f189, 'a', 26}, {0x1f1e6, 0x1f1ff, 'a', 26}};

struct Range {
  char32_t first, last;
  std::string_view kind;
};
// The first that holds counts.
constexpr Range kKinds[] = {{0x80, 0x9f, "a control character"},
                            {0xa0, 0xa0, "a space"},
                            {0xad, 0xad, "invisible"},
                            {0xc0, 0x24f, "Latin"},
                            {0x250, 0x2af, "phonetic"},
                            {0x300, 0x36f, "a combining mark"},
                            {0x370, 0x3ff, "Greek"},
                            {0x400, 0x52f, "Cyrillic"},
                            {0x530, 0x58f, "Armenian"},
                            {0x590, 0x5ff, "Hebrew"},
                            {0x61c, 0x61c, "invisible"},
                            {0x600, 0x6ff, "Arabic"},
                            {0x900, 0x97f, "Devanagari"},
                            {0x115f, 0x1160, "invisible"},
                            {0x13a0, 0x13ff, "Cherokee"},
                            {0x17b4, 0x17b5, "invisible"},
                            {0x180b, 0x180e, "invisible"},
                            {0x1d00, 0x1d7f, "phonetic"},
                            {0x1e00, 0x1eff, "Latin"},
                            {0x1f00, 0x1fff, "Greek"},
                            {0x2000, 0x200a, "a space"},
                            {0x200b, 0x200f, "invisible"},
                            {0x2010, 0x2015, "a dash"},
                            {0x2028, 0x202e, "invisible"},
                            {0x202f, 0x202f, "a space"},
                            {0x205f, 0x205f, "a space"},
                            {0x2060, 0x206f, "invisible"},
                            {0x2100, 0x214f, "a letter-like sign"},
                            {0x2150, 0x218f, "a number form"},
                            {0x2212, 0x2212, "a dash"},
                            {0x2460, 0x24ff, "a circled letter"},
                            {0x2c80, 0x2cff, "Coptic"},
                            {0x3000, 0x3000, "a space"},
                            {0x3164, 0x3164, "invisible"},
                            {0x3040, 0x30ff, "Japanese"},
                            {0x4e00, 0x9fff, "Chinese"},
                            {0xac00, 0xd7a3, "Korean"},
                            {0xfe00, 0xfe0f, "invisible"},
                            {0xfeff, 0xfeff, "invisible"},
                            {0xffa0, 0xffa0, "invisible"},
                            {0xff01, 0xff60, "full-width"},
                            {0xfff9, 0xfffb, "invisible"},
                            {0x1d400, 0x1d7ff, "mathematical"},
                            {0x1f130, 0x1f1ff, "a letter in a sign"},
                            {0x1f300, 0x1faff, "a picture"},
                            {0xe0000, 0xe0fff, "invisible"}};

char looks_like(char32_t c) {
  if (c >= 0xc0 && c < 0x180) return kAccented[c - 0xc0] == '?' ? '\0' : kAccented[c - 0xc0];
  if (c >= 0x2010 && c <= 0x2015) return '-';
  for (const auto& run : kRuns)
    if (c >= run.first && c <= run.last) return static_cast<char>(run.from + (c - run.first) % run.period);
  const auto found = std::ranges::lower_bound(kSingles, c, {}, &Single::code_point);
  return found != std::end(kSingles) && found->code_point == c ? found->looks_like : '\0';
}

std::string_view kind_of(char32_t c) {
  for (const auto& range : kKinds)
    if (c >= range.first && c <= range.last) return range.kind;
  return {};
}

// Strict: no overlong form, no surrogate, nothing above U+10FFFF.
std::optional<char32_t> decode(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::size_t length = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  constexpr char32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || bytes.size() < length) return std::nullopt;
  char32_t code_point = byte(0) & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
    code_point = code_point << 6 | (byte(i) & 0x3fu);
  }
  if (code_point < kLowest[length] || code_point > 0x10ffff || (code_point >= 0xd800 && code_point <= 0xdfff))
    return std::nullopt;
  return code_point;
}

}  // namespace

std::string ForeignCharacter::text() const {
  if (!is_utf8) return "bytes that are no UTF-8";
  char number[16];
  std::snprintf(number, sizeof number, "U+%04X", static_cast<unsigned>(code_point));
  std::string out = number;
  if (!kind.empty()) out += " (" + std::string(kind) + ")";
  if (looks_like != '\0') out += std::string(", which looks like '") + looks_like + "'";
  return out;
}

std::optional<ForeignCharacter> first_foreign_character(std::string_view text) {
  const auto at = std::ranges::find_if(text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
  if (at == text.end()) return std::nullopt;
  const auto code_point = decode(text.substr(static_cast<std::size_t>(at - text.begin())));
  if (!code_point) return ForeignCharacter{0xfffd, false, {}, '\0'};
  return ForeignCharacter{*code_point, true, kind_of(*code_point), looks_like(*code_point)};
}

}  // namespace stoa::registry
