// call_key.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/call_key.hpp"

#include <algorithm>

namespace stoa::api {
namespace {

constexpr std::size_t kKeyBytesMax = 255;

std::unexpected<Error> bad_key(const char* why) {
  return failure(Code::invalid_argument, "idempotency.key",
                 std::string("Idempotency-Key: ") + why + ", want 1 to 255 visible characters of ASCII");
}

// RFC 9651, 3.3.3: only a quote and a backslash stand behind a backslash.
Result<std::string> unquoted(std::string_view text) {
  if (text.size() < 2 || !text.ends_with('"')) return bad_key("a quote is not closed");
  text = text.substr(1, text.size() - 2);
  std::string key;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') return bad_key("there is something behind its end");
    if (text[i] == '\\' && (++i == text.size() || (text[i] != '"' && text[i] != '\\')))
      return bad_key("a backslash stands alone");
    key += text[i];
  }
  return key;
}

}  // namespace

Result<std::optional<std::string>> idempotency_key_of(const http::RequestHead& head) {
  if (!head.has("idempotency-key")) return std::nullopt;
  const auto field = head.find_single("Idempotency-Key");
  if (!field) return std::unexpected(field.error());
  std::string_view text = field->value_or("");
  auto key = text.starts_with('"') ? unquoted(text) : Result<std::string>(text);
  if (!key) return std::unexpected(key.error());
  if (key->empty()) return bad_key("is empty");
  if (key->size() > kKeyBytesMax) return bad_key("is too long");
  if (!std::ranges::all_of(*key, [](char c) { return c > 0x20 && c < 0x7f; })) return bad_key("has other characters");
  return std::move(*key);
}

}  // namespace stoa::api
