// migration_store.hpp: a file's tables, version by version: one SQL script per step; PRAGMA user_version tells how many
// a file has seen. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>

#include "registry/database/sqlite_store.hpp"

namespace stoa::database {

// Steps only lead forward and are never changed once released: a module's schema_test opens a frozen file of every
// version.
struct Schema {
  std::span<const char* const> steps;
  std::string_view file;          // "the catalogue's file", for the message
  std::string_view newer_reason;  // of a file that a newer program wrote: "catalogue.newer"

  std::int64_t newest() const { return std::ssize(steps); }
};

// Error: failed_precondition with the schema's reason for a file that a newer program wrote. Only reads; no file is a
// good one, and what is no database is left to whoever opens it.
Result<void> require_known_schema(const std::filesystem::path& file, const Schema& schema);

// Brings the file to the newest version, each step in a transaction of its own. Error: that of require_known_schema().
Result<void> migrate(Connection& connection, const Schema& schema);

}  // namespace stoa::database
