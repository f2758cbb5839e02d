// schema_store.hpp: the catalogue's tables, and the steps from every earlier form of them to today's.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>

#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// Steps only lead forward and are never changed once released: schema_test.cpp opens a frozen file of every version.
std::int64_t newest_schema();

// Error: failed_precondition "catalogue.newer" for a file that a newer Stoa wrote. Only reads; no
// file is a good one, and what is no database is left to whoever opens it.
Result<void> require_known_schema(const std::filesystem::path& file);

// Brings the file to newest_schema(), each step in a transaction of its own. Error: that of
// require_known_schema().
Result<void> migrate(database::Connection& connection);

}  // namespace stoa::registry
