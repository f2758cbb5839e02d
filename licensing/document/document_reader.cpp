// document_reader.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/document/document_reader.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "licensing/terms/ids.hpp"
#include "licensing/terms/licence.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kBase32 = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr std::size_t kIdCharacters = 26;
constexpr std::string_view kPlatform = "platform";

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

}  // namespace

bool is_id_of(std::string_view prefix, std::string_view text) {
  if (!text.starts_with(prefix) || !text.substr(prefix.size()).starts_with('_')) return false;
  text.remove_prefix(prefix.size() + 1);
  return text.size() == kIdCharacters && std::ranges::all_of(text, [](char c) { return kBase32.contains(c); });
}

bool is_licence_id(std::string_view text) { return is_id_of(LicenceTag::kPrefix, text); }

std::string id_in(registry::JsonObject& object, std::string_view key, std::string_view prefix) {
  std::string id = object.text(key, {1, 64});
  if (!is_id_of(prefix, id))
    object.refuse(key, "id", fmt::format("is no such id: '{}_' and 26 of 0-9, a-z without i, l, o, u", prefix));
  return id;
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

std::string publisher_in(registry::JsonObject& object, std::string_view key) {
  std::string name = object.text(key, {1, 64});
  if (!is_issuer_name(name) || name == kPlatform) object.refuse(key, "name", "is no publisher's name");
  return name;
}

Period period_in(registry::JsonObject& object, std::string_view key) {
  if (!object.has(key)) return Period::none;
  const auto period = period_of(object.text(key, {1, 32}));
  if (!period) object.refuse(key, "value", "want one of none, hour, day, month, year");
  return period.value_or(Period::none);
}

std::optional<Nano> optional_amount_in(registry::JsonObject& object, std::string_view key) {
  if (!object.has(key)) return std::nullopt;
  const auto amount = parse_amount(object.text(key, {1, 32}));
  if (!amount) object.refuse(key, "amount", registry::printable(amount.error().message));
  return amount.value_or(0);
}

Nano amount_in(registry::JsonObject& object, std::string_view key) {
  object.require(key);
  return optional_amount_in(object, key).value_or(0);
}

Currency currency_in(registry::JsonObject& object, std::string_view key) {
  const auto currency = Currency::parse(object.text(key, {1, 16}));
  if (!currency) object.refuse(key, "currency", registry::printable(currency.error().message));
  return currency ? *currency : *Currency::parse("XTS");  // ISO 4217's own for tests
}

}  // namespace stoa::licensing
