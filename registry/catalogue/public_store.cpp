// public_store.cpp: SQL of what others follow. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/public_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/change_store.hpp"
#include "registry/catalogue/release_facts.hpp"
#include "registry/catalogue/rollout_store.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::registry {
namespace {

// Of facts by their number, each read once.
class ModelsOfFacts {
 public:
  explicit ModelsOfFacts(database::Connection& connection) : connection_(connection) {}

  Result<void> read_public_state() {
    auto rows = connection_.query("SELECT id, text FROM release_facts");
    while (rows.next())
      if (auto kept = keep(rows.integer(0), rows.text(1)); !kept) return kept;
    return rows.end();
  }
  Result<std::vector<std::string>> of(std::int64_t id) {
    if (const auto known = models_.find(id); known != models_.end()) return known->second;
    auto rows = connection_.query("SELECT text FROM release_facts WHERE id = ?", id);
    if (rows.next())
      if (auto kept = keep(id, rows.text(0)); !kept) return std::unexpected(kept.error());
    if (auto end = rows.end(); !end) return std::unexpected(end.error());
    if (const auto known = models_.find(id); known != models_.end()) return known->second;
    return failure(Code::data_loss, "database.corrupt", fmt::format("there are no facts of number {}", id));
  }

 private:
  Result<void> keep(std::int64_t id, std::string_view text) {
    auto facts = parse_facts(text);
    if (!facts) return std::unexpected(facts.error());
    models_.emplace(id, std::move(facts->models));
    return {};
  }

  database::Connection& connection_;
  std::unordered_map<std::int64_t, std::vector<std::string>> models_;
};

constexpr std::string_view kReleases =
    "SELECT r.id, r.plugin, r.version, r.state, r.facts, p.state, r.published_ms, r.cool_until_ms, r.package_sha256, "
    "r.package_bytes, k.public_key FROM releases r JOIN plugins p ON p.name = r.plugin JOIN publisher_keys k ON "
    "k.publisher = p.publisher AND k.key_id = r.key_id WHERE r.state IN ('published', 'deprecated', 'yanked', "
    "'revoked')";

// In two steps: no statement is open while another one reads facts.
Result<void> add_releases(database::Rows rows, ModelsOfFacts& models, std::vector<PublicRelease>& releases) {
  const std::size_t first = releases.size();
  std::vector<std::int64_t> facts;
  while (rows.next()) {
    const auto state = release_state_of(rows.text(3));
    const auto key = rows.blob(10);
    if (!state || key.size() != Ed25519Point{}.size())
      return failure(Code::data_loss, "database.corrupt", fmt::format("release {} has no state or key", rows.text(0)));
    facts.push_back(rows.integer(4));
    PublicRelease& release = releases.emplace_back();
    release.id.text = rows.text(0);
    release.plugin = rows.text(1);
    release.version = rows.text(2);
    release.state = *state;
    release.is_listed = rows.text(5) == "listed";
    release.published_ms = rows.integer(6);
    release.cool_until_ms = rows.integer(7);
    release.package_sha256 = digest_in(rows, 8);
    release.package_bytes = static_cast<std::uint64_t>(rows.integer(9));
    std::ranges::transform(key, release.key.begin(),
                           [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  }
  if (auto end = rows.end(); !end) return end;
  for (std::size_t i = 0; i < facts.size(); ++i) {
    auto its = models.of(facts[i]);
    if (!its) return std::unexpected(its.error());
    releases[first + i].models = std::move(*its);
  }
  return {};
}

// What a host elsewhere needs to take part. Customers' names are asked for with a token. Of a promoted one the limits
// hold on while its release is fresh, and what began it is over: it is its own stable release.
RolloutRecord public_part(const RolloutRecord& rollout) {
  RolloutRecord part;
  part.id = rollout.id;
  part.plan = rollout.plan;
  part.plan.customers.clear();
  part.plan.note.clear();
  part.stable = rollout.state == RolloutState::promoted ? rollout.plan.version : rollout.stable;
  part.state = rollout.state;
  part.step = rollout.step;
  return part;
}

VerdictRecord public_part(VerdictRecord verdict) {
  verdict.numbers.clear();
  verdict.actor.clear();
  return verdict;
}

bool is_public(const RolloutRecord& rollout) {
  return is_active(rollout.state) || (rollout.state == RolloutState::promoted && !rollout.plan.shadow);
}

Result<PublicState> read_public_state(database::Connection& connection) {
  PublicState state;
  ModelsOfFacts models(connection);
  if (auto read = models.read_public_state(); !read) return std::unexpected(read.error());
  if (auto read = add_releases(connection.query(kReleases), models, state.releases); !read)
    return std::unexpected(read.error());
  auto aliases = read_aliases(connection, "");
  if (!aliases) return std::unexpected(aliases.error());
  state.aliases = std::move(*aliases);
  std::erase_if(state.aliases, [](const AliasRecord& alias) { return alias.targets.empty(); });
  auto rollouts = read_last_rollouts(connection);
  if (!rollouts) return std::unexpected(rollouts.error());
  for (const RolloutRecord& rollout : *rollouts)
    if (is_public(rollout)) state.rollouts.push_back(public_part(rollout));
  auto verdicts = read_verdicts(connection, "");
  if (!verdicts) return std::unexpected(verdicts.error());
  for (VerdictRecord& verdict : *verdicts) state.verdicts.push_back(public_part(std::move(verdict)));
  return state;
}

// A plugin's state is a fact of each of its releases.
Result<void> add_plugin(database::Connection& connection, const std::string& plugin, ModelsOfFacts& models,
                        PublicChange& change) {
  if (auto read = add_releases(connection.query(fmt::format("{} AND r.plugin = ?", kReleases), plugin), models,
                               change.there.releases);
      !read)
    return read;
  auto rows = connection.query(
      "SELECT version FROM releases WHERE plugin = ? AND state NOT IN ('published', 'deprecated', 'yanked', 'revoked')",
      plugin);
  while (rows.next()) {
    PublicRelease& gone = change.gone.releases.emplace_back();
    gone.plugin = plugin;
    gone.version = rows.text(0);
  }
  return rows.end();
}

Result<void> add_release(database::Connection& connection, const std::string& plugin, const std::string& version,
                         ModelsOfFacts& models, PublicChange& change) {
  const std::size_t before = change.there.releases.size();
  auto read =
      add_releases(connection.query(fmt::format("{} AND r.plugin = ? AND r.version = ?", kReleases), plugin, version),
                   models, change.there.releases);
  if (!read || change.there.releases.size() > before) return read;
  PublicRelease& gone = change.gone.releases.emplace_back();
  gone.plugin = plugin;
  gone.version = version;
  return {};
}

// lines: how many acts were about it, each of which may have begun one roll-out and ended the one before.
Result<void> add_model(database::Connection& connection, const std::string& model, std::size_t lines,
                       PublicChange& change) {
  auto aliases = read_aliases(connection, model);
  if (!aliases) return std::unexpected(aliases.error());
  for (AliasRecord& alias : *aliases)
    (alias.targets.empty() ? change.gone : change.there).aliases.push_back(std::move(alias));
  const auto rollouts = read_rollouts(connection, model, lines + 1);
  if (!rollouts) return std::unexpected(rollouts.error());
  for (const RolloutRecord& rollout : *rollouts) {
    const bool is_there = &rollout == rollouts->data() && is_public(rollout);
    (is_there ? change.there : change.gone).rollouts.push_back(public_part(rollout));
  }
  auto verdicts = read_verdicts(connection, model);
  if (!verdicts) return std::unexpected(verdicts.error());
  for (VerdictRecord& verdict : *verdicts) change.there.verdicts.push_back(public_part(std::move(verdict)));
  return {};
}

}  // namespace

Result<PublicState> read_public(database::Connection& connection) {
  auto change = read_public_change(connection, {});
  return change ? Result<PublicState>(std::move(change->there)) : std::unexpected(change.error());
}

Result<PublicChange> read_public_change(database::Connection& connection, const AuditHead& since) {
  auto snapshot = database::Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto changed = read_changed_names(connection, since);
  if (!changed) return std::unexpected(changed.error());
  PublicChange change{.head = changed->head, .is_whole = changed->is_whole, .there = {}, .gone = {}};
  if (change.is_whole) {
    auto all = read_public_state(connection);
    if (!all) return std::unexpected(all.error());
    change.there = std::move(*all);
  }
  ModelsOfFacts models(connection);
  for (const auto& [plugin, versions] : changed->releases)
    for (const std::string& version : versions)
      if (!changed->names.contains(plugin))
        if (auto read = add_release(connection, plugin, version, models, change); !read)
          return std::unexpected(read.error());
  for (const auto& [name, lines] : changed->names) {
    if (auto read = add_plugin(connection, name, models, change); !read) return std::unexpected(read.error());
    if (auto read = add_model(connection, name, lines, change); !read) return std::unexpected(read.error());
  }
  auto revision = connection.query("SELECT revision FROM catalogue");
  if (revision.next()) change.there.revision = revision.integer(0);
  if (auto end = revision.end(); !end) return std::unexpected(end.error());
  return change;
}

}  // namespace stoa::registry
