// release_store.cpp: SQL of releases. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/release_store.hpp"

#include <fmt/format.h>

#include "registry/catalogue/search_store.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kRelease =
    "r.id, r.plugin, r.version, r.state, r.state_because, r.package_sha256, r.package_bytes, r.key_id, r.created_ms, "
    "r.submitted_ms, r.checked_ms, r.published_ms, r.cool_until_ms, r.changed_ms, r.audit_line, d.changelog";

// As the index releases_version says it, word for word: SQLite uses a partial index only where it sees that.
constexpr std::string_view kHolds = "(r.state NOT IN ('draft', 'rejected') OR r.published_ms IS NOT NULL)";

Result<ReleaseRecord> release_of(const database::Rows& rows) {
  const auto state = release_state_of(rows.text(3));
  if (!state)
    return failure(Code::data_loss, "database.corrupt",
                   fmt::format("release {} is '{}', which is no state", rows.text(0), rows.text(3)));
  return ReleaseRecord{.id = {std::string(rows.text(0))},
                       .plugin = std::string(rows.text(1)),
                       .version = std::string(rows.text(2)),
                       .state = *state,
                       .state_because = std::string(rows.text(4)),
                       .package_sha256 = digest_in(rows, 5),
                       .package_bytes = static_cast<std::uint64_t>(rows.integer(6)),
                       .manifest = std::string(rows.text(16)),
                       .key = {std::string(rows.text(7))},
                       .changelog = std::string(rows.text(15)),
                       .created_ms = rows.integer(8),
                       .changed_ms = rows.integer(13),
                       .submitted_ms = rows.optional_integer(9),
                       .checked_ms = rows.optional_integer(10),
                       .published_ms = rows.optional_integer(11),
                       .cool_until_ms = rows.optional_integer(12),
                       .models = {},
                       .audit_line = rows.integer(14)};
}

// One row per model; a draft has one without.
Result<std::vector<ReleaseRecord>> all_of(database::Rows rows) {
  std::vector<ReleaseRecord> records;
  while (rows.next()) {
    if (records.empty() || records.back().id.text != rows.text(0)) {
      auto record = release_of(rows);
      if (!record) return std::unexpected(record.error());
      records.push_back(std::move(*record));
    }
    if (!rows.is_null(17))
      records.back().models.push_back(
          {std::string(rows.text(17)), std::string(rows.text(18)), std::string(rows.text(19))});
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

// Of the releases `chosen` selects the ids of, from the newest back, each with its models.
std::string select_releases(std::string_view chosen, bool with_manifest) {
  return fmt::format(
      "SELECT {}, {}, t.model, t.task, t.description FROM releases r JOIN release_documents d ON d.release = r.id LEFT "
      "JOIN release_models m ON m.release = r.id LEFT JOIN model_texts t ON t.id = m.text WHERE r.id IN ({}) ORDER BY "
      "r.id DESC, t.model",
      kRelease, with_manifest ? "d.manifest" : "''", chosen);
}

// The id of a row that is kept once.
Result<std::int64_t> id_in(database::Rows rows) {
  const std::int64_t id = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return id;
}

Result<std::int64_t> facts_row(database::Connection& connection, const std::string& text) {
  if (auto kept = connection.run("INSERT INTO release_facts(text) VALUES(?) ON CONFLICT(text) DO NOTHING", text); !kept)
    return kept;
  return id_in(connection.query("SELECT id FROM release_facts WHERE text = ?", text));
}

Result<std::int64_t> text_row(database::Connection& connection, std::string_view plugin, const ReleaseModel& model) {
  if (auto kept = connection.run("INSERT INTO model_texts(model, plugin, task, description) VALUES(?, ?, ?, ?) ON "
                                 "CONFLICT(model, plugin, task, description) DO NOTHING",
                                 model.name, plugin, model.task, model.description);
      !kept)
    return kept;
  return id_in(
      connection.query("SELECT id FROM model_texts WHERE model = ? AND plugin = ? AND task = ? AND description = ?",
                       model.name, plugin, model.task, model.description));
}

}  // namespace

std::string version_key_of(std::string_view version) { return std::string(version.substr(0, version.find('+'))); }

Result<void> insert_release(database::Connection& connection, const ReleaseRecord& record) {
  auto row = connection.run("INSERT INTO releases VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, ?, ?, ?, ?, ?, ?, ?)",
                            record.id.text, record.plugin, record.version, version_key_of(record.version),
                            name_of(record.state), record.state_because, record.package_sha256, record.package_bytes,
                            record.key.hex, record.created_ms, record.submitted_ms, record.checked_ms,
                            record.published_ms, record.cool_until_ms, record.changed_ms, record.audit_line);
  if (!row) return std::unexpected(row.error());
  return database::done(connection.run("INSERT INTO release_documents VALUES(?, ?, ?)", record.id.text, record.manifest,
                                       record.changelog));
}

Result<void> update_release(database::Connection& connection, const ReleaseRecord& record) {
  return database::done(connection.run(
      "UPDATE releases SET state = ?, state_because = ?, key_id = ?, submitted_ms = ?, checked_ms = ?, published_ms = "
      "?, cool_until_ms = ?, changed_ms = ?, audit_line = ? WHERE id = ?",
      name_of(record.state), record.state_because, record.key.hex, record.submitted_ms, record.checked_ms,
      record.published_ms, record.cool_until_ms, record.changed_ms, record.audit_line, record.id.text));
}

Result<void> write_package(database::Connection& connection, const ReleaseRecord& record, const ReleaseFacts& facts) {
  const auto shared = facts_row(connection, text_of(facts));
  if (!shared) return std::unexpected(shared.error());
  if (auto row = connection.run("UPDATE releases SET facts = ? WHERE id = ?", *shared, record.id.text); !row)
    return std::unexpected(row.error());
  if (auto row = connection.run("UPDATE release_documents SET manifest = ?, changelog = ? WHERE release = ?",
                                record.manifest, record.changelog, record.id.text);
      !row)
    return std::unexpected(row.error());
  for (const ReleaseModel& model : record.models) {
    const auto text = text_row(connection, record.plugin, model);
    if (!text) return std::unexpected(text.error());
    if (auto row = connection.run("INSERT INTO release_models VALUES(?, ?)", record.id.text, *text); !row)
      return std::unexpected(row.error());
  }
  return {};
}

Result<void> delete_release(database::Connection& connection, const ReleaseId& id) {
  if (auto gone = connection.run("DELETE FROM release_documents WHERE release = ?", id.text); !gone)
    return std::unexpected(gone.error());
  return database::done(connection.run("DELETE FROM releases WHERE id = ?", id.text));
}

Result<ReleaseRecord> read_release(database::Connection& connection, const ReleaseId& id) {
  auto records = all_of(connection.query(select_releases("?", true), id.text));
  if (!records) return std::unexpected(records.error());
  if (records->empty())
    return failure(Code::not_found, "release.unknown", fmt::format("there is no release '{}'", id.text));
  return std::move(records->front());
}

Result<std::string> read_manifest(database::Connection& connection, const ReleaseId& id) {
  auto rows = connection.query("SELECT manifest FROM release_documents WHERE release = ?", id.text);
  const bool is_there = rows.next();
  std::string manifest(is_there ? rows.text(0) : std::string_view());
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  if (is_there) return manifest;
  return failure(Code::not_found, "release.unknown", fmt::format("there is no release '{}'", id.text));
}

Result<std::vector<ReleaseRecord>> find_package(database::Connection& connection, const Sha256& package_sha256) {
  return all_of(
      connection.query(select_releases("SELECT id FROM releases WHERE package_sha256 = ?", false), package_sha256));
}

Result<std::optional<ReleaseRecord>> find_release(database::Connection& connection, std::string_view plugin,
                                                  std::string_view version) {
  const std::string holder =
      fmt::format("SELECT r.id FROM releases r WHERE r.plugin = ? AND r.version_key = ? AND {}", kHolds);
  auto records = all_of(connection.query(select_releases(holder, true), plugin, version_key_of(version)));
  if (!records) return std::unexpected(records.error());
  if (records->empty()) return std::optional<ReleaseRecord>();
  return std::move(records->front());
}

Result<bool> has_published(database::Connection& connection, std::string_view plugin, std::string_view version) {
  auto rows = connection.query(
      fmt::format(
          "SELECT 1 FROM releases r WHERE r.plugin = ? AND r.version_key = ? AND r.published_ms IS NOT NULL AND {}",
          kHolds),
      plugin, version_key_of(version));
  const bool has_one = rows.next();
  const auto ended = rows.end();
  return ended ? Result<bool>(has_one) : std::unexpected(ended.error());
}

Result<std::vector<ReleaseId>> find_signed(database::Connection& connection, std::string_view publisher,
                                           const KeyId& key, std::int64_t from_ms) {
  std::vector<ReleaseId> ids;
  auto rows = connection.query(
      "SELECT r.id FROM releases r JOIN plugins p ON p.name = r.plugin WHERE r.key_id = ? AND p.publisher = ? AND "
      "r.submitted_ms >= ? AND r.state NOT IN ('rejected', 'revoked') ORDER BY r.id",
      key.hex, publisher, from_ms);
  while (rows.next()) ids.push_back({std::string(rows.text(0))});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return ids;
}

Result<ReleaseState> read_model_state(database::Connection& connection, std::string_view model,
                                      std::string_view version) {
  auto rows = connection.query(
      fmt::format("SELECT r.state, r.version_key = ?2 AND {} FROM model_texts t JOIN release_models m ON m.text = t.id "
                  "JOIN releases r ON r.id = m.release WHERE t.model = ?1 ORDER BY 2 DESC LIMIT 1",
                  kHolds),
      model, version_key_of(version));
  const bool is_model = rows.next();
  const auto state = is_model && rows.integer(1) != 0 ? release_state_of(rows.text(0)) : std::nullopt;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  if (!is_model) return failure(Code::not_found, "model.unknown", fmt::format("model: there is no '{}'", model));
  if (!state)
    return failure(Code::not_found, "version.unknown", fmt::format("targets: {} has no version {}", model, version));
  return *state;
}

Result<std::vector<ReleaseRecord>> read_releases(database::Connection& connection, const ReleaseFilter& filter) {
  const auto chosen = select_ids(connection, filter);
  if (!chosen) return std::unexpected(chosen.error());
  return all_of(connection.query(select_releases(*chosen, filter.with_manifest), filter.publisher, filter.plugin,
                                 filter.state ? name_of(*filter.state) : std::string_view(), filter.after, filter.model,
                                 filter.task, like_pattern(filter.text), filter.most));
}

Result<std::uint64_t> stored_bytes_with(database::Connection& connection, std::string_view publisher,
                                        const Sha256& package_sha256, std::uint64_t package_bytes) {
  auto rows = connection.query(
      "SELECT COALESCE(SUM(bytes), 0) FROM (SELECT MAX(bytes) AS bytes FROM (SELECT r.package_sha256 AS sha256, "
      "r.package_bytes AS bytes FROM releases r JOIN plugins p ON p.name = r.plugin WHERE p.publisher = ? AND r.state "
      "<> 'rejected' UNION ALL SELECT ?, ?) GROUP BY sha256)",
      publisher, package_sha256, package_bytes);
  const std::uint64_t bytes = rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return bytes;
}

Result<std::uint64_t> stored_bytes(database::Connection& connection, std::string_view publisher) {
  return stored_bytes_with(connection, publisher, Sha256{}, 0);
}

}  // namespace stoa::registry
