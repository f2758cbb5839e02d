// projection_compare_store.cpp: SQL that finds what two projections do not have in common.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "licensing/projection/projection.hpp"

namespace stoa::licensing {
namespace {

using database::Connection;

constexpr const char* kComparedTables[] = {"place",   "names", "accounts", "customers",
                                           "entries", "usage", "spend",    "earnings"};

// Its columns as one text, in SQL.
Result<std::string> row_text(Connection& connection, std::string_view table) {
  std::string text;
  auto columns = connection.query("SELECT name FROM pragma_table_info(?)", table);
  while (columns.next())
    text += fmt::format("{}'{}=' || quote({})", text.empty() ? "" : " || ' ' || ", columns.text(0), columns.text(0));
  if (auto end = columns.end(); !end) return std::unexpected(end.error());
  return text;
}

Result<std::optional<std::string>> only_in(Connection& connection, std::string_view table, std::string_view one,
                                           std::string_view other) {
  const auto text = row_text(connection, table);
  if (!text) return std::unexpected(text.error());
  auto rows = connection.query(fmt::format("SELECT {} FROM (SELECT * FROM {}.{} EXCEPT SELECT * FROM {}.{} LIMIT 1)",
                                           *text, one, table, other, table));
  std::optional<std::string> row;
  if (rows.next()) row = rows.text(0);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return row;
}

}  // namespace

Result<void> compare_projections(const std::filesystem::path& file, const std::filesystem::path& worked_out) {
  auto connection = Connection::open(file, database::Access::read);
  if (!connection) return std::unexpected(connection.error());
  if (auto attached = connection->run("ATTACH ? AS worked_out", worked_out.string()); !attached)
    return std::unexpected(attached.error());
  for (const std::string_view table : kComparedTables)
    for (const auto& [one, other] : {std::pair("main", "worked_out"), {"worked_out", "main"}}) {
      const auto row = only_in(*connection, table, one, other);
      if (!row) return std::unexpected(row.error());
      if (*row)
        return failure(
            Code::data_loss, "projection.differs",
            fmt::format("{}: {} {}", table,
                        one == std::string_view("main") ? "the entries do not come to" : "is missing:", **row));
    }
  return {};
}

}  // namespace stoa::licensing
