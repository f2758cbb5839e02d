// model_reference.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/resolve/model_reference.hpp"

#include <algorithm>

#include "registry/package/manifest_grammar.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kLatest = "latest";
constexpr std::size_t kAliasMax = 64;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return is_lower(c) || (c >= 'A' && c <= 'Z'); }

std::unexpected<Error> refuse(std::string reason, std::string message) {
  return failure(Code::invalid_argument, std::move(reason), std::move(message));
}

// Starts like a version as people write it: v1, v2-next.
bool looks_numbered(std::string_view text) { return text.size() > 1 && text[0] == 'v' && is_digit(text[1]); }

}  // namespace

bool is_alias_name(std::string_view text) {
  return !text.empty() && text.size() <= kAliasMax && is_lower(text.front()) &&
         (is_lower(text.back()) || is_digit(text.back())) &&
         std::ranges::all_of(text, [](char c) { return is_lower(c) || is_digit(c) || c == '-' || c == '_'; }) &&
         text != kLatest && !looks_numbered(text) && !parse_version_range(text);
}

Result<ReleaseSelector> parse_release_selector(std::string_view text) {
  if (text.empty())
    return refuse("reference.syntax", "has nothing after the @, where a version, range or alias stands");
  if (text == kLatest) return Latest{};
  if (is_alias_name(text)) return AliasName{std::string(text)};
  if (auto version = parse_version_key(text)) return std::move(*version);
  auto range = parse_version_range(text);
  if (range) return std::move(*range);
  if (!is_letter(text.front()) || looks_numbered(text)) return std::unexpected(range.error());
  return refuse(
      "alias.syntax",
      "is no alias, which is a-z, 0-9 and inner - or _, a letter first, 64 characters at most; and no range: " +
          range.error().message);
}

Result<ModelReference> parse_model_reference(std::string_view text) {
  const auto at = text.find('@');
  const auto name = text.substr(0, at);
  const auto slash = name.find('/');
  if (slash == std::string_view::npos || !is_account_name(name.substr(0, slash)) ||
      !is_model_name(name.substr(slash + 1)))
    return refuse("reference.syntax", "must be publisher/model, and may go on with @ and a version, range or alias");
  ModelReference reference{std::string(name), {}, Latest{}};
  if (at == std::string_view::npos) return reference;
  auto selector = parse_release_selector(text.substr(at + 1));
  if (!selector) return std::unexpected(selector.error());
  reference.selected = text.substr(at + 1);
  reference.selector = std::move(*selector);
  return reference;
}

}  // namespace stoa::registry
