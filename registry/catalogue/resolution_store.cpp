// resolution_store.cpp: reads rows of releases in the order they lie, and each text of facts once.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/resolution_store.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <unordered_set>

#include "registry/catalogue/alias_store.hpp"
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

// Half a million rows within a second: nothing is joined, sorted or compared by SQLite here.
Result<std::vector<ResolvableRelease>> read_rows(database::Connection& connection, const PlaceOfFacts& places) {
  const auto delisted = read_delisted(connection);
  if (!delisted) return std::unexpected(delisted.error());
  std::vector<ResolvableRelease> releases;
  auto rows = connection.query(
      "SELECT state, facts, id, plugin, version, published_ms, cool_until_ms, package_sha256 FROM releases");
  while (rows.next()) {
    const auto state = release_state_of(rows.text(0));
    if (state && !is_told(*state)) continue;
    const auto facts = places.find(rows.integer(1));
    if (facts == places.end() || !state)
      return failure(Code::data_loss, "database.corrupt",
                     fmt::format("release {} has no state or facts", rows.text(2)));
    ResolvableRelease& release = releases.emplace_back();
    release.id.text = rows.text(2);
    release.plugin = rows.text(3);
    release.version = rows.text(4);
    release.state = *state;
    release.facts = facts->second;
    release.is_listed = delisted->empty() || !delisted->contains(release.plugin);
    release.published_ms = rows.integer(5);
    release.cool_until_ms = rows.integer(6);
    release.package_sha256 = digest_in(rows, 7);
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return releases;
}

}  // namespace

Result<ResolutionInput> read_for_resolution(database::Connection& connection) {
  auto snapshot = database::Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  ResolutionInput input;
  auto revision = connection.query("SELECT revision FROM catalogue");
  if (revision.next()) input.revision = revision.integer(0);
  if (auto end = revision.end(); !end) return std::unexpected(end.error());
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

}  // namespace stoa::registry
