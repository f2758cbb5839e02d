// release_store.cpp: SQL of plugins and releases. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/release_store.hpp"

#include <fmt/format.h>

#include "registry/catalogue/digest_column.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kRelease =
    "r.id, r.plugin, r.version, r.state, r.state_because, r.package_sha256, r.package_bytes, r.key_id, r.changelog, "
    "r.created_ms, r.submitted_ms, r.checked_ms, r.published_ms, r.cool_until_ms, r.changed_ms, r.manifest";

ReleaseRecord release_of(const database::Rows& rows) {
  return {.id = {std::string(rows.text(0))},
          .plugin = std::string(rows.text(1)),
          .version = std::string(rows.text(2)),
          .state = release_state_of(rows.text(3)).value_or(ReleaseState::revoked),
          .state_because = std::string(rows.text(4)),
          .package_sha256 = digest_in(rows, 5),
          .package_bytes = static_cast<std::uint64_t>(rows.integer(6)),
          .manifest = std::string(rows.text(15)),
          .key = {std::string(rows.text(7))},
          .changelog = std::string(rows.text(8)),
          .created_ms = rows.integer(9),
          .changed_ms = rows.integer(14),
          .submitted_ms = rows.optional_integer(10),
          .checked_ms = rows.optional_integer(11),
          .published_ms = rows.optional_integer(12),
          .cool_until_ms = rows.optional_integer(13),
          .models = {}};
}

Result<void> add_models(database::Connection& connection, ReleaseRecord& record) {
  auto rows = connection.query("SELECT model, task, description FROM release_models WHERE release = ? ORDER BY model",
                               record.id.text);
  while (rows.next())
    record.models.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2))});
  return rows.end();
}

Result<std::vector<ReleaseRecord>> all_of(database::Connection& connection, database::Rows rows) {
  std::vector<ReleaseRecord> records;
  while (rows.next()) records.push_back(release_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  for (ReleaseRecord& record : records)
    if (auto added = add_models(connection, record); !added) return std::unexpected(added.error());
  return records;
}

PluginRecord plugin_of(const database::Rows& rows) {
  return {.name = std::string(rows.text(0)),
          .publisher = std::string(rows.text(1)),
          .state = std::string(rows.text(2)),
          .held_because = rows.optional_text(3),
          .created_ms = rows.integer(4)};
}

Result<void> written(const Result<std::int64_t>& changed) {
  return changed ? Result<void>() : std::unexpected(changed.error());
}

Result<void> write_models(database::Connection& connection, const ReleaseRecord& record) {
  if (auto gone = connection.run("DELETE FROM release_models WHERE release = ?", record.id.text); !gone)
    return std::unexpected(gone.error());
  for (const ReleaseModel& model : record.models) {
    auto row = connection.run("INSERT INTO release_models VALUES(?, ?, ?, ?)", record.id.text, model.name, model.task,
                              model.description);
    if (!row) return std::unexpected(row.error());
  }
  return {};
}

// LIKE's own signs are letters of the text that is looked for.
std::string like_pattern(std::string_view text) {
  std::string pattern = "%";
  for (const char c : text) {
    if (c == '%' || c == '_' || c == '\\') pattern += '\\';
    pattern += c;
  }
  return text.empty() ? std::string() : pattern + '%';
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
      "SELECT name, publisher, state, held_because, created_ms FROM plugins WHERE ?1 = '' OR publisher = ?1 ORDER BY "
      "name",
      publisher);
  while (rows.next()) records.push_back(plugin_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

Result<void> insert_plugin(database::Connection& connection, const PluginRecord& record) {
  return written(connection.run("INSERT INTO plugins VALUES(?, ?, ?, ?, ?)", record.name, record.publisher,
                                record.state, record.held_because, record.created_ms));
}

Result<void> update_plugin(database::Connection& connection, const PluginRecord& record) {
  return written(connection.run("UPDATE plugins SET state = ?, held_because = ? WHERE name = ?", record.state,
                                record.held_because, record.name));
}

std::string version_key_of(std::string_view version) { return std::string(version.substr(0, version.find('+'))); }

Result<void> insert_release(database::Connection& connection, const ReleaseRecord& record) {
  auto row = connection.run("INSERT INTO releases VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                            record.id.text, record.plugin, record.version, version_key_of(record.version),
                            name_of(record.state), record.state_because, record.package_sha256, record.package_bytes,
                            record.manifest, record.key.hex, record.changelog, record.created_ms, record.submitted_ms,
                            record.checked_ms, record.published_ms, record.cool_until_ms, record.changed_ms);
  if (!row) return std::unexpected(row.error());
  return write_models(connection, record);
}

Result<void> update_release(database::Connection& connection, const ReleaseRecord& record) {
  auto row = connection.run(
      "UPDATE releases SET state = ?, state_because = ?, package_sha256 = ?, package_bytes = ?, manifest = ?, key_id = "
      "?, "
      "changelog = ?, submitted_ms = ?, checked_ms = ?, published_ms = ?, cool_until_ms = ?, changed_ms = ? WHERE id = "
      "?",
      name_of(record.state), record.state_because, record.package_sha256, record.package_bytes, record.manifest,
      record.key.hex, record.changelog, record.submitted_ms, record.checked_ms, record.published_ms,
      record.cool_until_ms, record.changed_ms, record.id.text);
  if (!row) return std::unexpected(row.error());
  return write_models(connection, record);
}

Result<ReleaseRecord> read_release(database::Connection& connection, const ReleaseId& id) {
  auto records =
      all_of(connection, connection.query(fmt::format("SELECT {} FROM releases r WHERE r.id = ?", kRelease), id.text));
  if (!records) return std::unexpected(records.error());
  if (records->empty())
    return failure(Code::not_found, "release.unknown", fmt::format("there is no release '{}'", id.text));
  return std::move(records->front());
}

Result<std::optional<ReleaseRecord>> find_release(database::Connection& connection, std::string_view plugin,
                                                  std::string_view version) {
  auto records =
      all_of(connection, connection.query(fmt::format("SELECT {} FROM releases r WHERE r.plugin = ? AND "
                                                      "r.version_key = ? AND r.state NOT IN ('draft', 'rejected')",
                                                      kRelease),
                                          plugin, version_key_of(version)));
  if (!records) return std::unexpected(records.error());
  if (records->empty()) return std::optional<ReleaseRecord>();
  return std::move(records->front());
}

Result<std::vector<ReleaseRecord>> find_package(database::Connection& connection, const Sha256& package_sha256) {
  return all_of(
      connection,
      connection.query(fmt::format("SELECT {} FROM releases r WHERE r.package_sha256 = ? ORDER BY r.id", kRelease),
                       package_sha256));
}

Result<std::vector<ReleaseRecord>> read_releases(database::Connection& connection, const ReleaseFilter& filter) {
  // Numbered values, so that a filter that is not asked for costs nothing but its comparison with ''.
  static constexpr std::string_view kWhere =
      "WHERE (?1 = '' OR p.publisher = ?1) AND (?2 = '' OR r.plugin = ?2) AND (?3 = '' OR r.state = ?3) "
      "AND (?4 = '' OR r.id < ?4) AND ((?5 = '' AND ?6 = '' AND ?7 = '') OR EXISTS(SELECT 1 FROM release_models m "
      "WHERE m.release = r.id AND (?5 = '' OR m.model = ?5) AND (?6 = '' OR m.task = ?6) AND (?7 = '' "
      "OR r.plugin LIKE ?7 ESCAPE '\\' OR m.model LIKE ?7 ESCAPE '\\' OR m.description LIKE ?7 ESCAPE '\\' "
      "OR m.task LIKE ?7 ESCAPE '\\')))";
  auto records = all_of(
      connection,
      connection.query(
          fmt::format("SELECT {} FROM releases r JOIN plugins p ON p.name = r.plugin {} ORDER BY r.id DESC LIMIT ?8",
                      kRelease, kWhere),
          filter.publisher, filter.plugin, filter.state ? name_of(*filter.state) : std::string_view(), filter.after,
          filter.model, filter.task, like_pattern(filter.text), filter.most));
  if (records && !filter.with_manifest)
    for (ReleaseRecord& record : *records) record.manifest.clear();
  return records;
}

Result<std::uint64_t> stored_bytes(database::Connection& connection, std::string_view publisher) {
  auto rows = connection.query(
      "SELECT COALESCE(SUM(bytes), 0) FROM (SELECT MAX(r.package_bytes) AS bytes FROM releases r JOIN plugins p ON "
      "p.name = "
      "r.plugin WHERE p.publisher = ? AND r.state <> 'rejected' GROUP BY r.package_sha256)",
      publisher);
  const std::uint64_t bytes = rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return bytes;
}

Result<void> replace_checks(database::Connection& connection, const ReleaseId& id,
                            const std::vector<CheckRecord>& checks) {
  if (auto gone = connection.run("DELETE FROM checks WHERE release = ?", id.text); !gone)
    return std::unexpected(gone.error());
  std::int64_t place = 0;
  for (const CheckRecord& check : checks) {
    auto row = connection.run("INSERT INTO checks VALUES(?, ?, ?, ?, ?, ?, ?)", id.text, place++, check.name,
                              check.verdict, check.reason, check.message, check.took_us);
    if (!row) return std::unexpected(row.error());
  }
  return {};
}

Result<std::vector<CheckRecord>> read_checks(database::Connection& connection, const ReleaseId& id) {
  std::vector<CheckRecord> checks;
  auto rows = connection.query(
      "SELECT name, verdict, reason, message, took_us FROM checks WHERE release = ? ORDER BY place", id.text);
  while (rows.next())
    checks.push_back({std::string(rows.text(0)), std::string(rows.text(1)), std::string(rows.text(2)),
                      std::string(rows.text(3)), rows.integer(4)});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return checks;
}

}  // namespace stoa::registry
