// key_store.hpp: the rows of API keys. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "licensing/book/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

// Replaces the row of that id.
Result<void> write_key(database::Connection& connection, const ApiKey& key, std::int64_t revision);
// not_found "key.not_found".
Result<ApiKey> read_key(database::Connection& connection, const ApiKeyId& id);
// Nothing: none has this hash. The lookup goes by the hash, and what it finds is compared in constant time.
Result<std::optional<ApiKey>> read_key_of(database::Connection& connection, const Sha256& hash);
// The customer's key of that name that counts at that time.
Result<std::optional<ApiKey>> read_key_named(database::Connection& connection, const CustomerId& customer,
                                             std::string_view name, std::int64_t at_ms);
Result<std::vector<ApiKey>> read_keys(database::Connection& connection, const CustomerId& customer, const Page& page);
// How many of the customer's keys count at that time.
Result<std::uint64_t> count_living_keys(database::Connection& connection, const CustomerId& customer,
                                        std::int64_t at_ms);
Result<std::vector<ApiKey>> read_keys_since(database::Connection& connection, std::int64_t revision);

}  // namespace stoa::licensing
