// alias_store.cpp: SQL of aliases, and the chain of their steps. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/alias_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "registry/audit/chain_hash.hpp"
#include "registry/catalogue/release_store.hpp"
#include "registry/database/digest_column.hpp"
#include "registry/versions/semver.hpp"

namespace stoa::registry {
namespace {

constexpr std::uint32_t kWhole = 1'000'000;
constexpr std::string_view kStep =
    "step, model, alias, targets, actor, approved_by, note, at_ms, before_sha256, sha256, signature";

Result<AliasStep> step_of(const database::Rows& rows) {
  auto targets = parse_alias_targets(rows.text(3));
  if (!targets)
    return failure(Code::data_loss, "alias.broken",
                   fmt::format("alias step {}: {}", rows.integer(0), targets.error().message));
  AliasStep step{.step = rows.integer(0),
                 .model = std::string(rows.text(1)),
                 .alias = std::string(rows.text(2)),
                 .targets = std::move(*targets),
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

// Of the columns model, alias, targets, step.
Result<AliasRecord> record_of(const database::Rows& rows) {
  auto targets = parse_alias_targets(rows.text(2));
  if (targets) return AliasRecord{std::string(rows.text(0)), std::string(rows.text(1)), *targets, rows.integer(3)};
  return failure(Code::data_loss, "alias.broken",
                 fmt::format("{}@{}: {}", rows.text(0), rows.text(1), targets.error().message));
}

std::string_view text_in(const Sha256& digest) { return {reinterpret_cast<const char*>(digest.data()), digest.size()}; }

}  // namespace

std::string text_of(const std::vector<AliasTarget>& targets) {
  if (targets.size() == 1 && targets[0].ppm == kWhole) return targets[0].version;
  std::string text;
  for (const AliasTarget& target : targets)
    text += fmt::format("{}{}:{}", text.empty() ? "" : ",", target.version, target.ppm);
  return text;
}

Result<std::vector<AliasTarget>> parse_alias_targets(std::string_view text) {
  std::vector<AliasTarget> targets;
  std::uint64_t sum = 0;
  if (text.ends_with(',')) return failure(Code::invalid_argument, "alias.targets", "targets: end with a comma");
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
    // Build metadata tells no two releases apart.
    const auto is_same = [&](const AliasTarget& other) {
      return version_key_of(other.version) == version_key_of(target.version);
    };
    if (std::ranges::any_of(targets, is_same))
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
  ChainHash hash(step.before);
  hash.number(step.step);
  hash.number(step.at_ms);
  const std::string targets = text_of(step.targets);
  for (const std::string* text : {&step.model, &step.alias, &targets, &step.actor, &step.approved_by, &step.note})
    hash.text(*text);
  return hash.finish();
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
  auto rows =
      connection.query("SELECT model, alias, targets, step FROM aliases WHERE model = ? AND alias = ?", model, alias);
  if (rows.next()) return record_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return std::optional<AliasRecord>();
}

Result<std::vector<AliasRecord>> read_aliases(database::Connection& connection, std::string_view model) {
  std::vector<AliasRecord> records;
  // Two queries: with "or of any" SQLite looks through all.
  auto rows =
      model.empty()
          ? connection.query("SELECT model, alias, targets, step FROM aliases ORDER BY model, alias")
          : connection.query("SELECT model, alias, targets, step FROM aliases WHERE model = ? ORDER BY alias", model);
  while (rows.next()) {
    auto record = record_of(rows);
    if (!record) return std::unexpected(record.error());
    records.push_back(std::move(*record));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

Result<std::vector<AliasStep>> read_alias_steps(database::Connection& connection, std::string_view model,
                                                std::string_view alias, std::size_t most, std::int64_t before) {
  std::vector<AliasStep> steps;
  auto rows = connection.query(
      fmt::format("SELECT {} FROM alias_steps WHERE (?1 = '' OR model = ?1) AND (?2 = '' OR alias = ?2) "
                  "AND (?4 = 0 OR step < ?4) ORDER BY step DESC LIMIT ?3",
                  kStep),
      model, alias, most, before);
  while (rows.next()) {
    auto step = step_of(rows);
    if (!step) return std::unexpected(step.error());
    steps.push_back(std::move(*step));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return steps;
}

namespace {

// Nothing, or an alias that is not where its last step left it. The present ones are what the steps come to, no more
// and no less.
Result<std::string> find_astray(database::Connection& connection) {
  static constexpr std::string_view kLast =
      "SELECT s.model, s.alias, s.step, s.targets FROM alias_steps s WHERE s.targets <> '' AND s.step = (SELECT "
      "MAX(t.step) FROM alias_steps t WHERE t.model = s.model AND t.alias = s.alias)";
  static constexpr std::string_view kPresent = "SELECT model, alias, step, targets FROM aliases";
  std::string astray;
  auto rows = connection.query(
      fmt::format("SELECT model, alias FROM ({0} EXCEPT {1}) UNION SELECT model, alias FROM ({1} EXCEPT {0}) LIMIT 1",
                  kLast, kPresent));
  if (rows.next()) astray = fmt::format("{}@{}", rows.text(0), rows.text(1));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return astray;
}

}  // namespace

Result<std::int64_t> verify_alias_steps(database::Connection& connection, const PublicKey& key) {
  std::int64_t steps = 0;
  Sha256 last{};
  auto rows = connection.query(fmt::format("SELECT {} FROM alias_steps ORDER BY step", kStep));
  while (rows.next()) {
    const auto step = step_of(rows);
    if (!step) return std::unexpected(step.error());
    const char* wrong = step->step != steps + 1          ? "does not follow the step before"
                        : step->before != last           ? "does not carry the hash of the step before"
                        : step->sha256 != hash_of(*step) ? "has another hash than its words"
                        : !key.verifies(step->signature, text_in(step->sha256)) ? "is not signed by the registry"
                                                                                : nullptr;
    if (wrong)
      return failure(Code::data_loss, "alias.broken",
                     fmt::format("alias step {} {} ({} steps are whole)", step->step, wrong, steps));
    steps = step->step;
    last = step->sha256;
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  const auto astray = find_astray(connection);
  if (!astray) return std::unexpected(astray.error());
  if (astray->empty()) return steps;
  return failure(Code::data_loss, "alias.broken", fmt::format("{} points elsewhere than its last step says", *astray));
}

}  // namespace stoa::registry
