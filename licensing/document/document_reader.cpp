// document_reader.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/document/document_reader.hpp"

#include <algorithm>

namespace stoa::licensing {
namespace {

constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::string_view kIdPrefix = "lic_";

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

}  // namespace

bool is_licence_id(std::string_view text) {
  if (text.size() != kIdPrefix.size() + 26 || !text.starts_with(kIdPrefix)) return false;
  text.remove_prefix(kIdPrefix.size());
  return std::ranges::all_of(text, [](char c) { return kBase32.contains(c); });
}

std::string licence_id_in(registry::JsonObject& object, std::string_view key) {
  std::string id = object.text(key, {1, 64});
  if (!is_licence_id(id)) object.refuse(key, "id", "is no licence's id: 'lic_' and 26 of 0-9, a-z without i, l, o, u");
  return id;
}

std::string name_in(registry::JsonObject& object, std::string_view key, std::size_t bytes_max) {
  std::string name = object.text_or_empty(key, {1, bytes_max});
  if (std::ranges::any_of(name, is_control)) object.refuse(key, "text", "has a control character");
  return name;
}

std::optional<std::int64_t> optional_time_in(registry::JsonObject& object, std::string_view key) {
  if (!object.has(key)) return std::nullopt;
  const auto ms = registry::utc_ms_of(object.text(key, {1, 32}));
  if (!ms) object.refuse(key, "time", "is no time of 1970 to 9999 like 2026-01-31T23:59:59.000Z");
  return ms;
}

std::int64_t time_in(registry::JsonObject& object, std::string_view key) {
  object.require(key);
  return optional_time_in(object, key).value_or(0);
}

}  // namespace stoa::licensing
