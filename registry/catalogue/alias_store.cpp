// alias_store.cpp: SQL of aliases, and the chain of their steps. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/alias_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "registry/catalogue/digest_column.hpp"
#include "registry/package/semver.hpp"

namespace stoa::registry {
namespace {

constexpr std::uint32_t kWhole = 1'000'000;
constexpr std::string_view kStep =
    "step, model, alias, targets, actor, approved_by, note, at_ms, before_sha256, sha256, signature";

// Rows of this table were written from parsed ones.
std::vector<AliasTarget> targets_in(const database::Rows& rows, int column) {
  return parse_targets(rows.text(column)).value_or(std::vector<AliasTarget>{});
}

AliasStep step_of(const database::Rows& rows) {
  AliasStep step{.step = rows.integer(0),
                 .model = std::string(rows.text(1)),
                 .alias = std::string(rows.text(2)),
                 .targets = targets_in(rows, 3),
                 .actor = std::string(rows.text(4)),
                 .approved_by = std::string(rows.text(5)),
                 .note = std::string(rows.text(6)),
                 .at_ms = rows.integer(7),
                 .before = digest_in(rows, 8),
                 .sha256 = digest_in(rows, 9)};
  const auto bytes = rows.blob(10);
  if (bytes.size() == step.signature.size())
    std::ranges::transform(bytes, step.signature.begin(),
                           [](std::byte byte) { return static_cast<std::uint8_t>(byte); });
  return step;
}

AliasProposal proposal_of(const database::Rows& rows) {
  return {.id = {std::string(rows.text(0))},
          .model = std::string(rows.text(1)),
          .alias = std::string(rows.text(2)),
          .note = std::string(rows.text(4)),
          .actor = std::string(rows.text(5)),
          .targets = targets_in(rows, 3),
          .made_ms = rows.integer(6),
          .state = std::string(rows.text(7))};
}

std::string_view text_in(const Sha256& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

Result<void> written(const Result<std::int64_t>& changed) {
  return changed ? Result<void>() : std::unexpected(changed.error());
}

}  // namespace

std::string text_of(const std::vector<AliasTarget>& targets) {
  if (targets.size() == 1 && targets[0].ppm == kWhole) return targets[0].version;
  std::string text;
  for (const AliasTarget& target : targets)
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", target.version, target.ppm);
  return text;
}

Result<std::vector<AliasTarget>> parse_targets(std::string_view text) {
  std::vector<AliasTarget> targets;
  std::uint64_t sum = 0;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    const std::size_t colon = part.find(':');
    AliasTarget target{std::string(part.substr(0, colon)), kWhole};
    if (auto version = parse_semantic_version(target.version); !version)
      return failure(Code::invalid_argument, "alias.targets",
                     fmt::format("targets: '{}' is no version", target.version));
    if (colon != std::string_view::npos) {
      const std::string_view share = part.substr(colon + 1);
      const auto [end, bad] = std::from_chars(share.data(), share.data() + share.size(), target.ppm);
      if (bad != std::errc() || end != share.data() + share.size() || target.ppm == 0 || target.ppm > kWhole)
        return failure(
            Code::invalid_argument, "alias.targets",
            fmt::format("targets: the share '{}' of {} is not between 1 and {}", share, target.version, kWhole));
    }
    if (std::ranges::find(targets, target.version, &AliasTarget::version) != targets.end())
      return failure(Code::invalid_argument, "alias.targets",
                     fmt::format("targets: {} is given twice", target.version));
    sum += target.ppm;
    targets.push_back(std::move(target));
  }
  if (!targets.empty() && sum != kWhole)
    return failure(Code::invalid_argument, "alias.targets",
                   fmt::format("targets: the shares are {} together, want {}", sum, kWhole));
  return targets;
}

Sha256 hash_of(const AliasStep& step) {
  Sha256Stream stream;
  stream.update(std::as_bytes(std::span(step.before)));
  const auto number = [&](std::uint64_t value) {
    std::array<std::uint8_t, 8> bytes{};
    for (int i = 0; i < 8; ++i) bytes[i] = static_cast<std::uint8_t>(value >> (56 - 8 * i));
    stream.update(std::as_bytes(std::span(bytes)));
  };
  number(static_cast<std::uint64_t>(step.step));
  number(static_cast<std::uint64_t>(step.at_ms));
  const std::string targets = text_of(step.targets);
  for (const std::string* text : {&step.model, &step.alias, &targets, &step.actor, &step.approved_by, &step.note}) {
    number(text->size());
    stream.update(std::as_bytes(std::span(*text)));
  }
  return stream.finish();
}

Result<AliasStep> append_alias_step(database::Connection& connection, AliasStep step, const PrivateKey& key) {
  step.step = 1;
  step.before = {};
  auto last = connection.query("SELECT step, sha256 FROM alias_steps ORDER BY step DESC LIMIT 1");
  if (last.next()) {
    step.step = last.integer(0) + 1;
    step.before = digest_in(last, 1);
  }
  if (auto end = last.end(); !end) return std::unexpected(end.error());
  step.sha256 = hash_of(step);
  step.signature = key.sign(text_in(step.sha256));
  auto row = connection.run("INSERT INTO alias_steps VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", step.step, step.model,
                            step.alias, text_of(step.targets), step.actor, step.approved_by, step.note, step.at_ms,
                            step.before, step.sha256, step.signature);
  if (!row) return std::unexpected(row.error());
  auto present = step.targets.empty()
                     ? connection.run("DELETE FROM aliases WHERE model = ? AND alias = ?", step.model, step.alias)
                     : connection.run(
                           "INSERT INTO aliases VALUES(?, ?, ?, ?) ON CONFLICT(model, alias) DO UPDATE SET step = "
                           "excluded.step, targets = excluded.targets",
                           step.model, step.alias, step.step, text_of(step.targets));
  if (!present) return std::unexpected(present.error());
  return step;
}

Result<std::optional<AliasRecord>> read_alias(database::Connection& connection, std::string_view model,
                                              std::string_view alias) {
  std::optional<AliasRecord> record;
  auto rows = connection.query("SELECT targets, step FROM aliases WHERE model = ? AND alias = ?", model, alias);
  if (rows.next()) record = AliasRecord{std::string(model), std::string(alias), targets_in(rows, 0), rows.integer(1)};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return record;
}

Result<std::vector<AliasRecord>> read_aliases(database::Connection& connection, std::string_view model) {
  std::vector<AliasRecord> records;
  auto rows = connection.query(
      "SELECT model, alias, targets, step FROM aliases WHERE ?1 = '' OR model = ?1 ORDER BY model, alias", model);
  while (rows.next())
    records.push_back({std::string(rows.text(0)), std::string(rows.text(1)), targets_in(rows, 2), rows.integer(3)});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

Result<std::vector<AliasStep>> read_alias_steps(database::Connection& connection, std::string_view model,
                                                std::string_view alias, std::size_t most) {
  std::vector<AliasStep> steps;
  auto rows = connection.query(
      fmt::format("SELECT {} FROM alias_steps WHERE (?1 = '' OR model = ?1) AND (?2 = '' OR alias = ?2) "
                  "ORDER BY step DESC LIMIT ?3",
                  kStep),
      model, alias, most);
  while (rows.next()) steps.push_back(step_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return steps;
}

Result<std::int64_t> verify_alias_steps(database::Connection& connection, const PublicKey& key) {
  std::int64_t steps = 0;
  Sha256 last{};
  auto rows = connection.query(fmt::format("SELECT {} FROM alias_steps ORDER BY step", kStep));
  while (rows.next()) {
    const AliasStep step = step_of(rows);
    const char* wrong = step.step != steps + 1         ? "does not follow the step before"
                        : step.before != last          ? "does not carry the hash of the step before"
                        : step.sha256 != hash_of(step) ? "has another hash than its words"
                        : !key.verifies(step.signature, text_in(step.sha256)) ? "is not signed by the registry"
                                                                              : nullptr;
    if (wrong)
      return failure(Code::data_loss, "alias.broken",
                     fmt::format("alias step {} {} ({} steps are whole)", step.step, wrong, steps));
    steps = step.step;
    last = step.sha256;
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  auto astray = connection.query(
      "SELECT a.model, a.alias FROM aliases a WHERE a.targets <> (SELECT s.targets FROM alias_steps s WHERE s.model = "
      "a.model AND "
      "s.alias = a.alias ORDER BY s.step DESC LIMIT 1) OR a.step <> (SELECT MAX(s.step) FROM alias_steps s WHERE "
      "s.model = "
      "a.model AND s.alias = a.alias) LIMIT 1");
  const bool is_astray = astray.next();
  const std::string which = is_astray ? fmt::format("{}@{}", astray.text(0), astray.text(1)) : std::string();
  if (auto end = astray.end(); !is_astray && !end) return std::unexpected(end.error());
  if (is_astray)
    return failure(Code::data_loss, "alias.broken", fmt::format("{} points elsewhere than its last step says", which));
  return steps;
}

Result<std::int64_t> read_approvals_needed(database::Connection& connection, std::string_view model) {
  auto rows = connection.query("SELECT approvals FROM model_rules WHERE model = ?", model);
  const std::int64_t approvals = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return approvals;
}

Result<void> write_approvals_needed(database::Connection& connection, std::string_view model, std::int64_t approvals) {
  return written(connection.run(
      "INSERT INTO model_rules VALUES(?, ?) ON CONFLICT(model) DO UPDATE SET approvals = excluded.approvals", model,
      approvals));
}

Result<void> insert_proposal(database::Connection& connection, const AliasProposal& proposal) {
  return written(connection.run("INSERT INTO proposals VALUES(?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)", proposal.id.text,
                                proposal.model, proposal.alias, text_of(proposal.targets), proposal.note,
                                proposal.actor, proposal.made_ms, proposal.state));
}

Result<AliasProposal> read_proposal(database::Connection& connection, const ProposalId& id) {
  auto rows = connection.query(
      "SELECT id, model, alias, targets, note, actor, made_ms, state FROM proposals WHERE id = ?", id.text);
  if (rows.next()) return proposal_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return failure(Code::not_found, "proposal.unknown", fmt::format("there is no proposal '{}'", id.text));
}

Result<std::vector<AliasProposal>> read_proposals(database::Connection& connection, std::string_view state) {
  std::vector<AliasProposal> proposals;
  auto rows = connection.query(
      "SELECT id, model, alias, targets, note, actor, made_ms, state FROM proposals WHERE ?1 = '' OR state = ?1 ORDER "
      "BY id DESC",
      state);
  while (rows.next()) proposals.push_back(proposal_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return proposals;
}

Result<void> decide_proposal(database::Connection& connection, const ProposalId& id, std::string_view state,
                             std::string_view by, std::int64_t now_ms) {
  return written(connection.run("UPDATE proposals SET state = ?, decided_by = ?, decided_ms = ? WHERE id = ?", state,
                                by, now_ms, id.text));
}

}  // namespace stoa::registry
