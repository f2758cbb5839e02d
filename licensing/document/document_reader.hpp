// document_reader.hpp: the members that licences, revocation lists, prices and agreements have in common, read.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "licensing/money/amount.hpp"
#include "licensing/terms/limit.hpp"
#include "registry/document/strict_json.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::licensing {

inline constexpr std::uint64_t kDocumentNumberMax = (1ull << 53) - 1;  // what every reader of JSON takes exactly

// A prefix, '_' and 26 characters of Crockford's base 32.
bool is_id_of(std::string_view prefix, std::string_view text);
bool is_licence_id(std::string_view text);
std::string id_in(registry::JsonObject& object, std::string_view key, std::string_view prefix);
std::string licence_id_in(registry::JsonObject& object, std::string_view key);
// Of people and for people: UTF-8 without control characters.
std::string name_in(registry::JsonObject& object, std::string_view key, std::size_t bytes_max);
std::optional<std::int64_t> optional_time_in(registry::JsonObject& object, std::string_view key);
std::int64_t time_in(registry::JsonObject& object, std::string_view key);

// Of somebody who publishes models: not the platform.
std::string publisher_in(registry::JsonObject& object, std::string_view key);
// Period::none where it is absent.
Period period_in(registry::JsonObject& object, std::string_view key);
// Money stands in documents as a decimal in quotes, "12.5": no reader of JSON rounds it.
Nano amount_in(registry::JsonObject& object, std::string_view key);
std::optional<Nano> optional_amount_in(registry::JsonObject& object, std::string_view key);
// An ISO 4217 code. Where it is none: refused, and one that nobody trades in.
Currency currency_in(registry::JsonObject& object, std::string_view key);

}  // namespace stoa::licensing
