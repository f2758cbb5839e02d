// resolution_store.cpp: reads rows of releases in the order they lie, and each text of facts once.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/resolution_store.hpp"

#include <fmt/format.h>

#include <unordered_map>

#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/digest_column.hpp"

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

Result<std::vector<ResolvableRelease>> read_rows(database::Connection& connection, const PlaceOfFacts& places) {
  std::vector<ResolvableRelease> releases;
  auto rows = connection.query(
      "SELECT r.id, r.plugin, r.version, r.state, r.facts, p.state = 'listed', r.published_ms, r.cool_until_ms, "
      "r.package_sha256 FROM releases r JOIN plugins p ON p.name = r.plugin WHERE r.state IN ('published', "
      "'deprecated', 'yanked', 'revoked')");
  while (rows.next()) {
    const auto facts = places.find(rows.integer(4));
    const auto state = release_state_of(rows.text(3));
    if (facts == places.end() || !state)
      return failure(Code::data_loss, "database.corrupt", fmt::format("release {} has no facts", rows.text(0)));
    releases.push_back({.id = {std::string(rows.text(0))},
                        .plugin = std::string(rows.text(1)),
                        .version = std::string(rows.text(2)),
                        .state = *state,
                        .facts = facts->second,
                        .is_listed = rows.integer(5) != 0,
                        .published_ms = rows.integer(6),
                        .cool_until_ms = rows.integer(7),
                        .package_sha256 = digest_in(rows, 8)});
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
  return input;
}

}  // namespace stoa::registry
