// json_text.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/json_text.hpp"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

#include "host/api/plain_ascii.hpp"

namespace stoa::api {
namespace {

// 0: as it is; 'u': as \u00XX; else the letter behind the backslash (RFC 8259 section 7).
constexpr std::array<char, 256> kEscape = [] {
  std::array<char, 256> table{};
  for (int c = 0; c < 0x20; ++c) table[static_cast<std::size_t>(c)] = 'u';
  table['"'] = '"', table['\\'] = '\\', table['\b'] = 'b', table['\f'] = 'f';
  table['\n'] = 'n', table['\r'] = 'r', table['\t'] = 't';
  return table;
}();

constexpr std::size_t kEscapeBytesMax = 6;  // \u00XX

}  // namespace

void JsonText::grow(std::size_t bytes) {
  const std::size_t wanted = std::max(bytes, text_.size() * 2);
  text_.resize_and_overwrite(wanted, [](char*, std::size_t n) { return n; });
}

void JsonText::escaped(std::string_view text) {
  constexpr char kHex[] = "0123456789abcdef";
  raw("\"");
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const char form = kEscape[c];
    if (form == 0) [[likely]]
      continue;
    raw(text.substr(begin, i - begin));
    begin = i + 1;
    char* at = room(kEscapeBytesMax);
    *at++ = '\\';
    *at++ = form;
    if (form == 'u') {
      *at++ = '0', *at++ = '0';
      *at++ = kHex[c >> 4], *at++ = kHex[c & 15];
    }
    commit(at);
  }
  raw(text.substr(begin)).raw("\"");
}

bool JsonText::string(std::string_view text) {
  if (count_plain_ascii(text.data(), text.size()) == text.size()) {
    char* at = room(text.size() + 2);
    *at = '"';
    std::char_traits<char>::copy(at + 1, text.data(), text.size());
    at[text.size() + 1] = '"';
    commit(at + text.size() + 2);
    return true;
  }
  if (!simdjson::validate_utf8(text.data(), text.size())) return false;
  escaped(text);
  return true;
}

JsonText& JsonText::string_lossy(std::string_view text) {
  if (string(text)) return *this;
  std::string ascii(text);
  for (char& c : ascii)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  escaped(ascii);
  return *this;
}

}  // namespace stoa::api
