// public_store.cpp: SQL of what others follow. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/public_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/release_facts.hpp"
#include "registry/catalogue/rollout_store.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::registry {
namespace {

using ModelsOfFacts = std::unordered_map<std::int64_t, std::vector<std::string>>;

Result<ModelsOfFacts> read_models(database::Connection& connection) {
  ModelsOfFacts models;
  auto rows = connection.query("SELECT id, text FROM release_facts");
  while (rows.next()) {
    auto facts = parse_facts(rows.text(1));
    if (!facts) return std::unexpected(facts.error());
    models.emplace(rows.integer(0), std::move(facts->models));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return models;
}

Result<std::vector<PublicRelease>> read_rows(database::Connection& connection, const ModelsOfFacts& models) {
  std::vector<PublicRelease> releases;
  auto rows = connection.query(
      "SELECT r.id, r.plugin, r.version, r.state, r.facts, p.state, r.published_ms, r.cool_until_ms, r.package_sha256, "
      "r.package_bytes, k.public_key FROM releases r JOIN plugins p ON p.name = r.plugin JOIN publisher_keys k ON "
      "k.publisher = p.publisher AND k.key_id = r.key_id WHERE r.state IN ('published', 'deprecated', 'yanked', "
      "'revoked')");
  while (rows.next()) {
    const auto state = release_state_of(rows.text(3));
    const auto names = models.find(rows.integer(4));
    const auto key = rows.blob(10);
    if (!state || names == models.end() || key.size() != Ed25519Point{}.size())
      return failure(Code::data_loss, "database.corrupt",
                     fmt::format("release {} has no state, facts or key", rows.text(0)));
    PublicRelease& release = releases.emplace_back();
    release.id.text = rows.text(0);
    release.plugin = rows.text(1);
    release.version = rows.text(2);
    release.state = *state;
    release.models = names->second;
    release.is_listed = rows.text(5) == "listed";
    release.published_ms = rows.integer(6);
    release.cool_until_ms = rows.integer(7);
    release.package_sha256 = digest_in(rows, 8);
    release.package_bytes = static_cast<std::uint64_t>(rows.integer(9));
    std::ranges::transform(key, release.key.begin(),
                           [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return releases;
}

// Who joins in from elsewhere reports nothing, so it goes no step further by itself.
RolloutRecord public_part(const RolloutRecord& rollout) {
  RolloutRecord part;
  part.id = rollout.id;
  part.plan.model = rollout.plan.model;
  part.plan.limits = rollout.plan.limits;
  part.plan.version = rollout.plan.shadow ? rollout.plan.shadow->version : rollout.plan.version;
  const std::uint64_t share_ppm = rollout.plan.shadow ? 0 : rollout.share_ppm();
  if (share_ppm > 0) part.plan.steps_ppm = {share_ppm};
  part.stable = rollout.stable;
  part.state = RolloutState::paused;
  return part;
}

}  // namespace

Result<PublicState> read_public(database::Connection& connection) {
  auto snapshot = database::Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  PublicState state;
  auto revision = connection.query("SELECT revision FROM catalogue");
  if (revision.next()) state.revision = revision.integer(0);
  if (auto end = revision.end(); !end) return std::unexpected(end.error());
  const auto models = read_models(connection);
  if (!models) return std::unexpected(models.error());
  auto releases = read_rows(connection, *models);
  if (!releases) return std::unexpected(releases.error());
  state.releases = std::move(*releases);
  auto aliases = read_aliases(connection, "");
  if (!aliases) return std::unexpected(aliases.error());
  state.aliases = std::move(*aliases);
  std::erase_if(state.aliases, [](const AliasRecord& alias) { return alias.targets.empty(); });
  auto rollouts = read_last_rollouts(connection);
  if (!rollouts) return std::unexpected(rollouts.error());
  for (const RolloutRecord& rollout : *rollouts)
    if (is_active(rollout.state)) state.rollouts.push_back(public_part(rollout));
  auto verdicts = read_verdicts(connection, "");
  if (!verdicts) return std::unexpected(verdicts.error());
  state.verdicts = std::move(*verdicts);
  for (VerdictRecord& verdict : state.verdicts) verdict.numbers.clear(), verdict.actor.clear();
  return state;
}

}  // namespace stoa::registry
