// migration_store.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/database/migration_store.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>

namespace stoa::database {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kVersionAt = 60;  // user_version, four bytes, the highest first

Result<std::int64_t> version_of(Connection& connection) {
  auto rows = connection.query("PRAGMA user_version");
  const std::int64_t version = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return version;
}

Result<void> require_known(std::int64_t version, const Schema& schema) {
  if (version <= schema.newest()) return {};
  return failure(Code::failed_precondition, std::string(schema.newer_reason),
                 fmt::format("{} has schema {}, this program knows {}: it was written by a newer Stoa", schema.file,
                             version, schema.newest()));
}

}  // namespace

Result<void> require_known_schema(const std::filesystem::path& file, const Schema& schema) {
  // The header itself (sqlite.org/fileformat.html): opening a database may already write into it.
  std::array<char, kVersionAt + 4> header{};
  std::ifstream in(file, std::ios::binary);
  if (!in.read(header.data(), header.size()) || !std::string_view(header.data(), header.size()).starts_with(kMagic))
    return {};
  std::int64_t version = 0;
  for (std::size_t i = 0; i < 4; ++i) version = version << 8 | static_cast<std::uint8_t>(header[kVersionAt + i]);
  return require_known(version, schema);
}

Result<void> migrate(Connection& connection, const Schema& schema) {
  const auto version = version_of(connection);
  if (!version) return std::unexpected(version.error());
  if (auto known = require_known(*version, schema); !known) return known;
  for (std::int64_t next = *version; next < schema.newest(); ++next) {
    auto transaction = Transaction::begin(connection);
    if (!transaction) return std::unexpected(transaction.error());
    // Two programs may have come here at once: the second finds the step done.
    const auto now = version_of(connection);
    if (!now) return std::unexpected(now.error());
    if (*now != next) continue;
    if (auto done = connection.run_script(schema.steps[static_cast<std::size_t>(next)]); !done) return done;
    if (auto noted = connection.run_script(fmt::format("PRAGMA user_version={}", next + 1)); !noted) return noted;
    if (auto kept = transaction->commit(); !kept) return kept;
  }
  return {};
}

}  // namespace stoa::database
