// key_in_url.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/key_in_url.hpp"

#include <algorithm>

#include "host/http/text.hpp"
#include "licensing/terms/api_key.hpp"

namespace stoa::api {
namespace {

constexpr std::string_view kPrefix = licensing::kApiKeyPrefix;

// The decoded character that begins at text[at], and how many bytes it takes there.
struct Decoded {
  char character;
  std::size_t bytes;
};
Decoded decoded_at(std::string_view text, std::size_t at) {
  if (text[at] == '%' && at + 2 < text.size()) {
    const int high = http::hex_value(text[at + 1]), low = http::hex_value(text[at + 2]);
    if (high >= 0 && low >= 0) return {static_cast<char>(high * 16 + low), 3};
  }
  return {text[at], 1};
}

// The same where it may be encoded twice: a proxy in front may have undone one of them.
Decoded twice_decoded_at(std::string_view text, std::size_t at) {
  const Decoded once = decoded_at(text, at);
  if (once.character != '%' || once.bytes != 3 || at + 4 >= text.size()) return once;
  const int high = http::hex_value(text[at + 3]), low = http::hex_value(text[at + 4]);
  if (high < 0 || low < 0) return once;
  return {static_cast<char>(high * 16 + low), 5};
}

bool begins_as_key(std::string_view text) {
  std::size_t at = 0;
  for (const char wanted : kPrefix) {
    if (at >= text.size()) return false;
    const auto [character, bytes] = twice_decoded_at(text, at);
    if (character != wanted) return false;
    at += bytes;
  }
  return true;
}

// What names are made of: "mask_rcnn" has no key in it.
bool is_of_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
}

bool holds_key(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at)
    if (begins_as_key(text.substr(at))) return true;
  return false;
}

constexpr std::string_view kBorders = "/?&;=#";

}  // namespace

bool has_key(std::string_view target) noexcept {
  // Most targets have neither.
  if (target.find('%') == std::string_view::npos && target.find(kPrefix) == std::string_view::npos) return false;
  char before = '/';
  for (std::size_t at = 0; at < target.size();) {
    const std::string_view rest = target.substr(at);
    const bool is_whole = rest.starts_with(kPrefix) && licensing::begins_with_api_key(rest);
    if (is_whole || (!is_of_name(before) && begins_as_key(rest))) return true;
    const Decoded next = twice_decoded_at(target, at);
    before = next.character;
    at += next.bytes;
  }
  return false;
}

std::string without_keys(std::string_view target) {
  std::string clean;
  clean.reserve(target.size());
  for (std::size_t at = 0; at < target.size();) {
    const std::size_t end = std::min(target.find_first_of(kBorders, at), target.size());
    const std::string_view piece = target.substr(at, end - at);
    clean += holds_key(piece) ? std::string_view("sk_...") : piece;
    if (end < target.size()) clean += target[end];
    at = end + 1;
  }
  return clean;
}

}  // namespace stoa::api
