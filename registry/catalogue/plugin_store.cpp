// plugin_store.cpp: SQL of plugins. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/plugin_store.hpp"

#include <fmt/format.h>

namespace stoa::registry {
namespace {

PluginRecord plugin_of(const database::Rows& rows) {
  return {.name = std::string(rows.text(0)),
          .publisher = std::string(rows.text(1)),
          .state = std::string(rows.text(2)),
          .held_because = rows.optional_text(3),
          .created_ms = rows.integer(4)};
}

}  // namespace

Result<std::optional<PluginRecord>> read_plugin(database::Connection& connection, std::string_view name) {
  std::optional<PluginRecord> record;
  auto rows =
      connection.query("SELECT name, publisher, state, held_because, created_ms FROM plugins WHERE name = ?", name);
  if (rows.next()) record = plugin_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return record;
}

Result<std::vector<PluginRecord>> read_plugins(database::Connection& connection, std::string_view publisher) {
  std::vector<PluginRecord> records;
  auto rows = connection.query(
      fmt::format("SELECT name, publisher, state, held_because, created_ms FROM plugins {} ORDER BY name",
                  publisher.empty() ? "" : "WHERE publisher = ?1"),
      publisher);
  while (rows.next()) records.push_back(plugin_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

Result<void> insert_plugin(database::Connection& connection, const PluginRecord& record) {
  return database::done(connection.run("INSERT INTO plugins VALUES(?, ?, ?, ?, ?)", record.name, record.publisher,
                                       record.state, record.held_because, record.created_ms));
}

Result<void> update_plugin(database::Connection& connection, const PluginRecord& record) {
  return database::done(connection.run("UPDATE plugins SET state = ?, held_because = ? WHERE name = ?", record.state,
                                       record.held_because, record.name));
}

Result<std::string> read_other_owner(database::Connection& connection, std::string_view model,
                                     std::string_view plugin) {
  auto rows = connection.query(
      "SELECT r.plugin FROM model_texts t JOIN release_models m ON m.text = t.id JOIN releases r ON r.id = m.release "
      "WHERE t.model = ? AND r.plugin <> ? "
      "AND r.state NOT IN ('draft', 'rejected', 'revoked') LIMIT 1",
      model, plugin);
  std::string owner;
  if (rows.next()) owner = rows.text(0);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return owner;
}

}  // namespace stoa::registry
