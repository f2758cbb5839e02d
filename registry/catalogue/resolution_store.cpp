// resolution_store.cpp: reads rows of releases in the order they lie, and each text of facts once.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/resolution_store.hpp"

#include <fmt/format.h>

#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/change_store.hpp"
#include "registry/catalogue/plugin_store.hpp"
#include "registry/catalogue/rollout_store.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::registry {
namespace {

using PlaceOfFacts = std::unordered_map<std::int64_t, std::uint32_t>;

Result<PlaceOfFacts> read_facts(database::Connection& connection, std::vector<ReleaseFacts>& facts) {
  PlaceOfFacts places;
  auto rows = connection.query("SELECT id, text FROM release_facts");
  while (rows.next()) {
    auto parsed = parse_facts(rows.text(1));
    if (!parsed) return std::unexpected(parsed.error());
    places.emplace(rows.integer(0), static_cast<std::uint32_t>(facts.size()));
    facts.push_back(std::move(*parsed));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return places;
}

Result<std::unordered_set<std::string>> read_delisted(database::Connection& connection) {
  std::unordered_set<std::string> names;
  auto rows = connection.query("SELECT name FROM plugins WHERE state <> 'listed'");
  while (rows.next()) names.emplace(rows.text(0));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return names;
}

bool is_told(ReleaseState state) { return is_servable(state) || state == ReleaseState::revoked; }

constexpr std::string_view kColumns = "state, facts, id, plugin, version, published_ms, cool_until_ms, package_sha256";

// But facts and is_listed. The state is told already.
ResolvableRelease release_in(const database::Rows& rows, ReleaseState state) {
  ResolvableRelease release;
  release.id.text = rows.text(2);
  release.plugin = rows.text(3);
  release.version = rows.text(4);
  release.state = state;
  release.published_ms = rows.integer(5);
  release.cool_until_ms = rows.integer(6);
  release.package_sha256 = digest_in(rows, 7);
  return release;
}

std::unexpected<Error> corrupt(std::string_view id) {
  return failure(Code::data_loss, "database.corrupt", fmt::format("release {} has no state or facts", id));
}

// Half a million rows within a second: nothing is joined, sorted or compared by SQLite here.
Result<std::vector<ResolvableRelease>> read_rows(database::Connection& connection, const PlaceOfFacts& places) {
  const auto delisted = read_delisted(connection);
  if (!delisted) return std::unexpected(delisted.error());
  std::vector<ResolvableRelease> releases;
  auto rows = connection.query(fmt::format("SELECT {} FROM releases", kColumns));
  while (rows.next()) {
    const auto state = release_state_of(rows.text(0));
    if (state && !is_told(*state)) continue;
    const auto facts = places.find(rows.integer(1));
    if (facts == places.end() || !state) return corrupt(rows.text(2));
    ResolvableRelease& release = releases.emplace_back(release_in(rows, *state));
    release.facts = facts->second;
    release.is_listed = delisted->empty() || !delisted->contains(release.plugin);
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return releases;
}

// Some plugins and models, and what hangs together with them: a model's plugin and that plugin's models.
class Part {
 public:
  Part(database::Connection& connection, ResolutionChange& change) : connection_(connection), change_(change) {}

  Result<void> read(std::set<std::string> plugins, std::set<std::string> models) {
    std::set<std::string> read_plugins;
    while (!plugins.empty() || !models.empty()) {
      for (const std::string& plugin : plugins)
        if (read_plugins.insert(plugin).second)
          if (auto read = add_plugin(plugin, models); !read) return read;
      plugins.clear();
      for (const std::string& model : models)
        if (change_.models.insert(model).second)
          if (auto read = add_model(model, plugins); !read) return read;
      models.clear();
    }
    return {};
  }

 private:
  // Those of releases that are not told any more, too.
  Result<void> add_plugin(const std::string& name, std::set<std::string>& models) {
    const auto plugin = read_plugin(connection_, name);
    if (!plugin) return std::unexpected(plugin.error());
    if (!*plugin) return {};  // a model's name
    struct Row {
      std::optional<ResolvableRelease> told;
      std::int64_t facts = 0;
    };
    std::vector<Row> found;  // in two steps: no statement is open while another one reads facts
    auto rows = connection_.query(fmt::format("SELECT {} FROM releases WHERE plugin = ?", kColumns), name);
    while (rows.next()) {
      if (rows.is_null(1)) continue;  // a draft
      const auto state = release_state_of(rows.text(0));
      if (!state) return corrupt(rows.text(2));
      Row& row = found.emplace_back(std::nullopt, rows.integer(1));
      if (is_told(*state)) row.told = release_in(rows, *state);
    }
    if (auto end = rows.end(); !end) return end;
    for (Row& row : found) {
      const auto place = place_of(row.facts);
      if (!place) return std::unexpected(place.error());
      const std::vector<std::string>& its = change_.input.facts[*place].models;
      models.insert(its.begin(), its.end());
      if (!row.told) continue;
      row.told->facts = *place;
      row.told->is_listed = (*plugin)->state == "listed";
      change_.input.releases.push_back(std::move(*row.told));
    }
    return {};
  }

  Result<std::uint32_t> place_of(std::int64_t id) {
    if (const auto known = places_.find(id); known != places_.end()) return known->second;
    auto rows = connection_.query("SELECT text FROM release_facts WHERE id = ?", id);
    if (!rows.next()) return corrupt(fmt::format("with facts {}", id));
    auto facts = parse_facts(rows.text(0));
    if (!facts) return std::unexpected(facts.error());
    change_.input.facts.push_back(std::move(*facts));
    return places_.emplace(id, static_cast<std::uint32_t>(change_.input.facts.size() - 1)).first->second;
  }

  Result<void> add_model(const std::string& model, std::set<std::string>& plugins) {
    auto rows = connection_.query("SELECT DISTINCT plugin FROM model_texts WHERE model = ?", model);
    while (rows.next()) plugins.emplace(rows.text(0));
    if (auto end = rows.end(); !end) return end;
    const auto append = [](auto read, auto& all) -> Result<void> {
      if (!read) return std::unexpected(read.error());
      all.insert(all.end(), std::make_move_iterator(read->begin()), std::make_move_iterator(read->end()));
      return {};
    };
    if (auto read = append(read_aliases(connection_, model), change_.input.aliases); !read) return read;
    if (auto read = append(read_rollouts(connection_, model, 1), change_.input.rollouts); !read) return read;
    return append(read_verdicts(connection_, model), change_.input.verdicts);
  }

  database::Connection& connection_;
  ResolutionChange& change_;
  PlaceOfFacts places_;
};

Result<std::set<std::string>> plugins_of(database::Connection& connection, const std::set<std::string>& publishers) {
  std::set<std::string> plugins;
  for (const std::string& publisher : publishers) {
    const auto known = read_plugins(connection, publisher);
    if (!known) return std::unexpected(known.error());
    for (const PluginRecord& plugin : *known) plugins.insert(plugin.name);
  }
  return plugins;
}

Result<std::int64_t> read_revision(database::Connection& connection) {
  auto rows = connection.query("SELECT revision FROM catalogue");
  const std::int64_t revision = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return revision;
}

Result<ResolutionInput> read_all(database::Connection& connection) {
  ResolutionInput input;
  const auto places = read_facts(connection, input.facts);
  if (!places) return std::unexpected(places.error());
  auto releases = read_rows(connection, *places);
  if (!releases) return std::unexpected(releases.error());
  input.releases = std::move(*releases);
  auto aliases = read_aliases(connection, "");
  if (!aliases) return std::unexpected(aliases.error());
  input.aliases = std::move(*aliases);
  auto rollouts = read_last_rollouts(connection);
  if (!rollouts) return std::unexpected(rollouts.error());
  input.rollouts = std::move(*rollouts);
  auto verdicts = read_verdicts(connection, "");
  if (!verdicts) return std::unexpected(verdicts.error());
  input.verdicts = std::move(*verdicts);
  return input;
}

}  // namespace

Result<ResolutionInput> read_for_resolution(database::Connection& connection) {
  auto change = read_resolution_change(connection, {});
  return change ? Result<ResolutionInput>(std::move(change->input)) : std::unexpected(change.error());
}

Result<ResolutionChange> read_resolution_change(database::Connection& connection, const ResolutionTerms& terms) {
  auto snapshot = database::Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto revision = read_revision(connection);
  if (!revision) return std::unexpected(revision.error());
  auto changed = read_changed_names(connection, terms.since);
  if (!changed) return std::unexpected(changed.error());
  ResolutionChange change{.head = changed->head, .is_whole = changed->is_whole, .models = {}, .input = {}};
  std::set<std::string> plugins, models = terms.models;
  if (change.is_whole && !terms.publishers) {
    auto all = read_all(connection);
    if (!all) return std::unexpected(all.error());
    change.input = std::move(*all);
  } else if (change.is_whole) {
    auto known = plugins_of(connection, *terms.publishers);
    if (!known) return std::unexpected(known.error());
    plugins = std::move(*known);
  }
  const auto is_asked = [&](const std::string& name) {
    return !terms.publishers || terms.publishers->contains(name.substr(0, name.find('/')));
  };
  for (const auto& [plugin, versions] : changed->releases)
    if (is_asked(plugin)) plugins.insert(plugin);
  for (const auto& [name, lines] : changed->names)
    if (is_asked(name)) plugins.insert(name), models.insert(name);
  if (change.is_whole && !terms.publishers) models.clear();
  if (auto read = Part(connection, change).read(std::move(plugins), std::move(models)); !read)
    return std::unexpected(read.error());
  change.input.revision = *revision;
  return change;
}

}  // namespace stoa::registry
