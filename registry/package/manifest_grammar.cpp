// manifest_grammar.cpp: character-by-character checks; no regular expressions, whose libraries recurse per character.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/manifest_grammar.hpp"

#include <algorithm>
#include <iterator>

#include "registry/versions/identifier.hpp"

namespace stoa::registry {
namespace {

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_lower_alnum(char c) { return is_lower(c) || is_digit(c); }
bool is_alnum(char c) { return is_lower_alnum(c) || (c >= 'A' && c <= 'Z'); }
bool is_one_of(char c, std::string_view set) { return set.find(c) != std::string_view::npos; }

// Alphanumeric (lower case) with the given separators inside.
bool is_lower_name(std::string_view text, std::string_view separators, std::size_t max) {
  return !text.empty() && text.size() <= max && is_lower_alnum(text.front()) && is_lower_alnum(text.back()) &&
         std::ranges::all_of(text, [&](char c) { return is_lower_alnum(c) || is_one_of(c, separators); });
}

bool is_number(std::string_view text, std::size_t digits_max) {
  return !text.empty() && text.size() <= digits_max && std::ranges::all_of(text, is_digit) &&
         (text.size() == 1 || text.front() != '0');
}

template <class Predicate>
bool every_part(std::string_view text, char separator, Predicate is_good) {
  for (;;) {
    const auto at = text.find(separator);
    if (!is_good(text.substr(0, at))) return false;
    if (at == std::string_view::npos) return true;
    text.remove_prefix(at + 1);
  }
}

bool is_media_token(std::string_view text) {  // RFC 9110's token
  return !text.empty() && std::ranges::all_of(text, [](char c) { return is_alnum(c) || is_one_of(c, "!#$&-^_.+"); });
}

}  // namespace

bool is_account_name(std::string_view text) { return is_lower_name(text, "-", 64); }

bool is_model_name(std::string_view text) {
  // Words that follow a model's name in a path: a model of that name could not be told from the route.
  static constexpr std::string_view kRouteWords[] = {"versions", "infer",           "ready", "stats", "config",
                                                     "generate", "generate_stream", "load",  "unload"};
  return is_lower_name(text, "-._", 64) && std::ranges::find(kRouteWords, text) == std::end(kRouteWords);
}

bool is_port_name(std::string_view text) {
  return !text.empty() && text.size() <= 128 && (is_alnum(text.front()) || text.front() == '_') &&
         std::ranges::all_of(text, [](char c) { return is_alnum(c) || is_one_of(c, "_.:-"); });
}

bool is_dotted_word(std::string_view text) {
  return text.size() <= 64 && !text.empty() && is_lower(text.front()) &&
         every_part(text, '.', [](auto word) { return is_lower_name(word, "-_", 64); });
}

bool is_media_type(std::string_view text) {
  if (text.size() > 128) return false;
  const auto semicolon = text.find(';');
  const auto essence = text.substr(0, semicolon);
  const auto slash = essence.find('/');
  if (slash == std::string_view::npos || !is_media_token(essence.substr(0, slash)) ||
      !is_media_token(essence.substr(slash + 1)))
    return false;
  if (semicolon == std::string_view::npos) return true;
  return every_part(text.substr(semicolon + 1), ';', [](std::string_view parameter) {
    const auto equals = parameter.find('=');
    return equals != std::string_view::npos && is_media_token(parameter.substr(0, equals)) &&
           is_media_token(parameter.substr(equals + 1));
  });
}

bool is_libc_version(std::string_view text) {
  const auto dot = text.find('.');
  return dot != std::string_view::npos && every_part(text, '.', [](auto part) { return is_number(part, 4); });
}

bool is_currency(std::string_view text) {
  return text.size() == 3 && std::ranges::all_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
}

// UTF-8; U+0080 to U+009F are controls as well, some terminals obey them.
bool is_plain_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_c1 = byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0;
    if ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f || is_c1) return false;
  }
  return true;
}

bool is_homepage(std::string_view text) {
  const bool is_printable =
      std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && !is_one_of(c, "\"<>\\^`{|}"); });
  for (const std::string_view scheme : {"https://", "http://"})
    if (text.starts_with(scheme)) return is_printable && text.size() > scheme.size() && is_alnum(text[scheme.size()]);
  return false;
}

bool is_package_path(std::string_view text) {
  return text.size() <= 100 && every_part(text, '/', [](std::string_view segment) {
           return !segment.empty() && (is_alnum(segment.front()) || segment.front() == '_') &&
                  std::ranges::all_of(segment, [](char c) { return is_alnum(c) || is_one_of(c, "_.+-"); });
         });
}

}  // namespace stoa::registry
