// listing_store.cpp: reads rows of releases as they lie; what is not shown is left out here and not by SQLite.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/listing_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "registry/catalogue/change_store.hpp"
#include "registry/catalogue/plugin_store.hpp"
#include "registry/catalogue/release_facts.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kListingColumns = "r.state, r.facts, r.id, r.plugin, r.version, r.published_ms";

bool is_shown(std::string_view state) { return state == "published" || state == "deprecated"; }

class FactsModels {
 public:
  explicit FactsModels(database::Connection& connection) : connection_(connection) {}

  Result<std::shared_ptr<const std::vector<std::string>>> of(std::int64_t id) {
    if (const auto known = models_.find(id); known != models_.end()) return known->second;
    auto rows = connection_.query("SELECT text FROM release_facts WHERE id = ?", id);
    const bool is_there = rows.next();
    auto facts = is_there ? parse_facts(rows.text(0)) : Result<ReleaseFacts>(ReleaseFacts{});
    if (auto end = rows.end(); !end) return std::unexpected(end.error());
    if (!facts) return std::unexpected(facts.error());
    if (!is_there)
      return failure(Code::data_loss, "database.corrupt", fmt::format("there are no facts of number {}", id));
    return models_.emplace(id, std::make_shared<const std::vector<std::string>>(std::move(facts->models)))
        .first->second;
  }

 private:
  database::Connection& connection_;
  std::unordered_map<std::int64_t, std::shared_ptr<const std::vector<std::string>>> models_;
};

struct ListingRow {
  ListedRelease release;
  std::int64_t facts = 0;
};

// In two steps: no statement is open while another one reads facts.
Result<void> add_rows(database::Rows rows, std::vector<ListingRow>& out) {
  while (rows.next()) {
    if (!is_shown(rows.text(0))) continue;
    ListingRow& row = out.emplace_back();
    row.facts = rows.integer(1);
    row.release.id.text = rows.text(2);
    row.release.plugin = rows.text(3);
    row.release.version = rows.text(4);
    row.release.is_deprecated = rows.text(0) == "deprecated";
    row.release.published_ms = rows.integer(5);
  }
  return rows.end();
}

Result<std::vector<ListedRelease>> with_models(database::Connection& connection, std::vector<ListingRow> rows) {
  FactsModels models(connection);
  std::vector<ListedRelease> releases;
  releases.reserve(rows.size());
  for (ListingRow& row : rows) {
    auto its = models.of(row.facts);
    if (!its) return std::unexpected(its.error());
    row.release.models = std::move(*its);
    releases.push_back(std::move(row.release));
  }
  return releases;
}

Result<void> add_plugin(database::Connection& connection, std::string_view name, std::vector<ListingRow>& rows) {
  const auto plugin = read_plugin(connection, name);
  if (!plugin) return std::unexpected(plugin.error());
  if (!*plugin || (*plugin)->state != "listed") return {};
  return add_rows(connection.query(fmt::format("SELECT {} FROM releases r WHERE r.plugin = ?", kListingColumns), name),
                  rows);
}

Result<void> add_all(database::Connection& connection, std::vector<ListingRow>& out) {
  std::unordered_set<std::string> delisted;
  auto names = connection.query("SELECT name FROM plugins WHERE state <> 'listed'");
  while (names.next()) delisted.emplace(names.text(0));
  if (auto end = names.end(); !end) return end;
  if (auto read = add_rows(connection.query(fmt::format("SELECT {} FROM releases r", kListingColumns)), out); !read)
    return read;
  if (!delisted.empty())
    std::erase_if(out, [&](const ListingRow& row) { return delisted.contains(row.release.plugin); });
  return {};
}

}  // namespace

Result<ListingChange> read_listing(database::Connection& connection, const AuditHead& since) {
  auto snapshot = database::Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto changed = read_changed_names(connection, since);
  if (!changed) return std::unexpected(changed.error());
  ListingChange change{.head = changed->head, .is_whole = changed->is_whole, .plugins = {}, .releases = {}};
  std::vector<ListingRow> rows;
  if (change.is_whole)
    if (auto read = add_all(connection, rows); !read) return std::unexpected(read.error());
  // A model's name among them shows nothing, and costs a look.
  std::set<std::string> plugins;
  for (const auto& [plugin, versions] : changed->releases) plugins.insert(plugin);
  for (const auto& [name, lines] : changed->names) plugins.insert(name);
  for (const std::string& plugin : plugins)
    if (auto read = add_plugin(connection, plugin, rows); !read) return std::unexpected(read.error());
  change.plugins.assign(plugins.begin(), plugins.end());
  auto releases = with_models(connection, std::move(rows));
  if (!releases) return std::unexpected(releases.error());
  change.releases = std::move(*releases);
  return change;
}

Result<std::vector<ListedRelease>> read_listed_model(database::Connection& connection, std::string_view model) {
  auto snapshot = database::Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  std::set<std::string> plugins;  // more than one where a name was given up before anybody saw it
  auto names = connection.query("SELECT DISTINCT plugin FROM model_texts WHERE model = ?", model);
  while (names.next()) plugins.emplace(names.text(0));
  if (auto end = names.end(); !end) return std::unexpected(end.error());
  std::vector<ListingRow> rows;
  for (const std::string& plugin : plugins)
    if (auto read = add_plugin(connection, plugin, rows); !read) return std::unexpected(read.error());
  auto releases = with_models(connection, std::move(rows));
  if (releases)
    std::erase_if(*releases, [&](const ListedRelease& release) {
      return std::ranges::find(*release.models, model) == release.models->end();
    });
  return releases;
}

}  // namespace stoa::registry
