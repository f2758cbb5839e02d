// publisher_store.hpp: the rows of publishers and their keys. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "registry/catalogue/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

Result<void> insert_publisher(database::Connection& connection, const PublisherRecord& record,
                              const Sha256& token_hash);
// not_found "publisher.unknown".
Result<PublisherRecord> read_publisher(database::Connection& connection, std::string_view name);
Result<std::vector<PublisherRecord>> read_publishers(database::Connection& connection);
// Writes state, hold, quota and verification; the name stays.
Result<void> update_publisher(database::Connection& connection, const PublisherRecord& record);
Result<void> update_publisher_token(database::Connection& connection, std::string_view name, const Sha256& token_hash);

Result<void> insert_key(database::Connection& connection, const PublisherKeyRecord& record);
// In the order they were added; publisher empty: everybody's.
Result<std::vector<PublisherKeyRecord>> read_keys(database::Connection& connection, std::string_view publisher);
// Whosever it is.
Result<std::vector<PublisherKeyRecord>> read_keys_with(database::Connection& connection, const KeyId& id);
// not_found "key.unknown".
Result<PublisherKeyRecord> read_key(database::Connection& connection, std::string_view publisher, const KeyId& id);
// Writes the ends of its validity.
Result<void> update_key(database::Connection& connection, const PublisherKeyRecord& record);

}  // namespace stoa::registry
