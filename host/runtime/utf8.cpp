// utf8.cpp: RFC 3629, table 3-7 of the Unicode standard. SPDX-License-Identifier: Apache-2.0
#include "host/runtime/utf8.hpp"

#include <cstdint>

namespace stoa::runtime {
namespace {

// Length of the well-formed sequence text starts with, 0 if it starts with none.
std::size_t sequence_length(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const auto follows = [&](std::size_t i, std::uint8_t low = 0x80, std::uint8_t high = 0xBF) {
    return i < text.size() && at(i) >= low && at(i) <= high;
  };
  const std::uint8_t lead = at(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead <= 0xDF) return follows(1) ? 2 : 0;
  if (lead >= 0xE0 && lead <= 0xEF) {
    const std::uint8_t low = lead == 0xE0 ? 0xA0 : 0x80, high = lead == 0xED ? 0x9F : 0xBF;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xF0 && lead <= 0xF4) {
    const std::uint8_t low = lead == 0xF0 ? 0x90 : 0x80, high = lead == 0xF4 ? 0x8F : 0xBF;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// Of a whole sequence: controls of both sets, and what turns the direction of the text around it.
bool is_shown(std::string_view sequence) noexcept {
  if (sequence.size() == 1) return sequence[0] >= 0x20 && sequence[0] != 0x7F;
  if (sequence.size() == 2) return !(sequence[0] == '\xC2' && sequence < "\xC2\xA0") && sequence != "\xD8\x9C";
  const bool is_mark = sequence == "\xE2\x80\x8E" || sequence == "\xE2\x80\x8F";
  const bool is_line_or_embedding = sequence >= "\xE2\x80\xA8" && sequence <= "\xE2\x80\xAE";
  const bool is_isolate = sequence >= "\xE2\x81\xA6" && sequence <= "\xE2\x81\xA9";
  return !is_mark && !is_line_or_embedding && !is_isolate;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string printable(std::string_view text, std::size_t bytes_max) {
  std::string out;
  while (!text.empty()) {
    std::size_t length = sequence_length(text);
    const bool is_whole = length > 0;
    if (!is_whole) length = 1;
    if (out.size() + length > bytes_max) break;
    if (is_whole && is_shown(text.substr(0, length)))
      out.append(text.substr(0, length));
    else
      out.push_back('?');
    text.remove_prefix(length);
  }
  return out;
}

}  // namespace stoa::runtime
