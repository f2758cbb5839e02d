// words.cpp: length, encoding and control characters of a text. SPDX-License-Identifier: Apache-2.0
#include "registry/document/words.hpp"

#include <fmt/format.h>

#include <cstdint>

namespace stoa::registry {
namespace {

// Of a well-formed sequence at the front; 0: there is none.
std::size_t sequence_bytes(std::string_view text, char32_t& code_point) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::size_t bytes = byte(0) < 0x80 ? 1 : (byte(0) >> 5) == 6 ? 2 : (byte(0) >> 4) == 14 ? 3 : 4;
  if (bytes == 1) return code_point = byte(0), 1;
  if (text.size() < bytes || (bytes == 4 && (byte(0) >> 3) != 30)) return 0;
  code_point = byte(0) & (0x7f >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) >> 6) != 2) return 0;
    code_point = code_point << 6 | (byte(i) & 0x3f);
  }
  constexpr char32_t kLowest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = code_point >= 0xD800 && code_point < 0xE000;
  return code_point < kLowest[bytes] || code_point > 0x10FFFF || is_surrogate ? 0 : bytes;
}

// What turns the order of the letters around: a name that holds one reads as another.
bool turns_around(char32_t code_point) {
  return (code_point >= 0x202A && code_point <= 0x202E) || (code_point >= 0x2066 && code_point <= 0x2069);
}

}  // namespace

Result<void> check_words(std::string_view field, std::string_view words, std::size_t bytes_max) {
  if (words.size() > bytes_max)
    return failure(Code::invalid_argument, "text.too_long",
                   fmt::format("{}: has {} bytes, limit is {}", field, words.size(), bytes_max));
  for (std::size_t at = 0; at < words.size();) {
    char32_t code_point = 0;
    const std::size_t bytes = sequence_bytes(words.substr(at), code_point);
    if (bytes == 0)
      return failure(Code::invalid_argument, "text.utf8", fmt::format("{}: byte {} is no UTF-8", field, at));
    const bool is_control = code_point < 0x20 ? code_point != '\n' && code_point != '\t'
                                              : (code_point >= 0x7f && code_point < 0xa0) || turns_around(code_point);
    if (is_control)
      return failure(
          Code::invalid_argument, "text.control",
          fmt::format("{}: byte {} is the control character U+{:04X}", field, at, static_cast<unsigned>(code_point)));
    at += bytes;
  }
  return {};
}

}  // namespace stoa::registry
