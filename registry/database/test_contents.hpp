// test_contents.hpp: everything a database holds, as text to compare. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "registry/database/sqlite_store.hpp"
#include "registry/document/digest.hpp"

namespace stoa::registry {

// Table to rows, one line each, in the order of all their values.
inline std::map<std::string, std::string> contents_of(database::Connection& connection) {
  std::map<std::string, std::string> contents;
  auto tables = connection.query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'");
  while (tables.next()) contents[std::string(tables.text(0))];
  for (auto& [table, lines] : contents) {
    std::string values;
    auto columns = connection.query("SELECT name FROM pragma_table_info(?)", table);
    while (columns.next())
      values += (values.empty() ? "quote(" : " || '|' || quote(") + std::string(columns.text(0)) + ")";
    auto rows = connection.query("SELECT " + values + " FROM " + table + " ORDER BY 1");
    while (rows.next()) lines += std::string(rows.text(0)) + '\n';
    if (auto end = rows.end(); !end) throw std::runtime_error(end.error().message);
  }
  return contents;
}

inline std::map<std::string, std::string> contents_of(const std::filesystem::path& file) {
  auto connection = database::Connection::open(file, database::Access::read);
  if (!connection) throw std::runtime_error(connection.error().message);
  auto snapshot = database::Snapshot::begin(*connection);
  if (!snapshot) throw std::runtime_error(snapshot.error().message);
  return contents_of(*connection);
}

inline void run_on(const std::filesystem::path& file, const std::string& sql) {
  auto connection = database::Connection::open(file, database::Access::write);
  if (!connection) throw std::runtime_error(connection.error().message);
  const auto done = connection->run_script(sql);
  ASSERT_TRUE(done) << done.error().message << "\n" << sql;
}

}  // namespace stoa::registry
