// schema_store.hpp: the tables of the book, version by version. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>

#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

std::int64_t newest_schema();
// Of a file that a newer program wrote: failed_precondition "book.newer". Touches nothing.
Result<void> require_known_schema(const std::filesystem::path& file);
// Step by step to the newest, each one transaction.
Result<void> migrate(database::Connection& connection);

}  // namespace stoa::licensing
