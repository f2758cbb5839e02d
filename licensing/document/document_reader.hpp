// document_reader.hpp: the members that licences and revocation lists have in common, read.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "registry/document/strict_json.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::licensing {

inline constexpr std::uint64_t kDocumentNumberMax = (1ull << 53) - 1;  // what every reader of JSON takes exactly

// "lic_" and 26 characters of Crockford's base 32.
bool is_licence_id(std::string_view text);
std::string licence_id_in(registry::JsonObject& object, std::string_view key);
// Of people and for people: UTF-8 without control characters.
std::string name_in(registry::JsonObject& object, std::string_view key, std::size_t bytes_max);
std::optional<std::int64_t> optional_time_in(registry::JsonObject& object, std::string_view key);
std::int64_t time_in(registry::JsonObject& object, std::string_view key);

}  // namespace stoa::licensing
