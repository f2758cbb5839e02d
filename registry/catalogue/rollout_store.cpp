// rollout_store.cpp: SQL of roll-outs and verdicts. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/rollout_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace stoa::registry {
namespace {

constexpr std::array<std::string_view, 6> kStates{"running", "paused", "promoted", "rolled_back", "failed", "ended"};
constexpr std::array<std::string_view, 4> kNewsKinds{"step", "promoted", "rolled_back", "failed"};
constexpr std::string_view kRollout =
    "id, model, version, stable, customers, steps, promotes, shadow_version, shadow_share_ppm, shadow_atol_nano, "
    "shadow_rtol_nano, requests_min, window_ms, error_margin_ppm, p99_ratio_percent, unready_ms, note, state, step, "
    "reason, numbers, actor, started_ms, changed_ms";
constexpr std::string_view kVerdict = "id, model, version, state, reason, numbers, back_to, actor, at_ms, forgiven_ms";

// Calls use(part) for what stands between separators.
template <class Use>
void for_each_part(std::string_view text, char separator, Use&& use) {
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(separator));
    use(part);
    text.remove_prefix(std::min(text.size(), part.size() + 1));
  }
}

Result<RolloutRecord> rollout_of(const database::Rows& rows) {
  const auto unsigned_at = [&](int column) { return static_cast<std::uint64_t>(rows.integer(column)); };
  RolloutRecord record;
  record.id.text = rows.text(0);
  RolloutPlan& plan = record.plan;
  plan.model = rows.text(1);
  plan.version = rows.text(2);
  record.stable = rows.text(3);
  for_each_part(rows.text(4), '\n', [&](std::string_view customer) { plan.customers.emplace_back(customer); });
  for_each_part(rows.text(5), ',', [&](std::string_view step) {
    std::from_chars(step.data(), step.data() + step.size(), plan.steps_ppm.emplace_back());
  });
  plan.promotes = rows.integer(6) != 0;
  if (!rows.text(7).empty())
    plan.shadow = RolloutShadow{std::string(rows.text(7)), unsigned_at(8), unsigned_at(9), unsigned_at(10)};
  plan.limits = {unsigned_at(11), unsigned_at(12), unsigned_at(13), unsigned_at(14), unsigned_at(15)};
  plan.note = rows.text(16);
  const auto state = rollout_state_of(rows.text(17));
  if (!state)
    return failure(Code::data_loss, "database.corrupt", fmt::format("roll-out {} has no state", record.id.text));
  record.state = *state;
  record.step = unsigned_at(18);
  record.reason = rows.text(19);
  record.numbers = rows.text(20);
  record.actor = rows.text(21);
  record.started_ms = rows.integer(22);
  record.changed_ms = rows.integer(23);
  return record;
}

Result<std::vector<RolloutRecord>> rollouts_in(database::Rows rows) {
  std::vector<RolloutRecord> records;
  while (rows.next()) {
    auto record = rollout_of(rows);
    if (!record) return std::unexpected(record.error());
    records.push_back(std::move(*record));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return records;
}

}  // namespace

std::string_view name_of(RolloutState state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<RolloutState> rollout_state_of(std::string_view name) {
  const auto* const at = std::ranges::find(kStates, name);
  if (at == kStates.end()) return std::nullopt;
  return static_cast<RolloutState>(at - kStates.begin());
}

std::string_view name_of(RolloutNews::Kind kind) { return kNewsKinds[static_cast<std::size_t>(kind)]; }

std::optional<RolloutNews::Kind> news_kind_of(std::string_view name) {
  const auto* const at = std::ranges::find(kNewsKinds, name);
  if (at == kNewsKinds.end()) return std::nullopt;
  return static_cast<RolloutNews::Kind>(at - kNewsKinds.begin());
}

std::string text_of_steps(const std::vector<std::uint64_t>& steps_ppm) {
  return fmt::format("{}", fmt::join(steps_ppm, ","));
}

Result<void> insert_rollout(database::Connection& connection, const RolloutRecord& record) {
  const RolloutPlan& plan = record.plan;
  const RolloutShadow shadow = plan.shadow.value_or(RolloutShadow{});
  return database::done(connection.run(
      fmt::format("INSERT INTO rollouts({}) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                  "?, ?)",
                  kRollout),
      record.id.text, plan.model, plan.version, record.stable, fmt::format("{}", fmt::join(plan.customers, "\n")),
      text_of_steps(plan.steps_ppm), plan.promotes, shadow.version, shadow.share_ppm, shadow.atol_nano,
      shadow.rtol_nano, plan.limits.requests_min, plan.limits.window_ms, plan.limits.error_margin_ppm,
      plan.limits.p99_ratio_percent, plan.limits.unready_ms, plan.note, name_of(record.state), record.step,
      record.reason, record.numbers, record.actor, record.started_ms, record.changed_ms));
}

Result<void> update_rollout(database::Connection& connection, const RolloutRecord& record) {
  return database::done(connection.run(
      "UPDATE rollouts SET state = ?, step = ?, reason = ?, numbers = ?, changed_ms = ? WHERE id = ?",
      name_of(record.state), record.step, record.reason, record.numbers, record.changed_ms, record.id.text));
}

Result<std::optional<RolloutRecord>> read_active_rollout(database::Connection& connection, std::string_view model) {
  auto found = rollouts_in(connection.query(
      fmt::format("SELECT {} FROM rollouts WHERE model = ? AND state IN ('running', 'paused')", kRollout), model));
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::optional<RolloutRecord>();
  return std::move(found->front());
}

Result<std::vector<RolloutRecord>> read_rollouts(database::Connection& connection, std::string_view model,
                                                 std::size_t most, std::string_view before) {
  return rollouts_in(
      connection.query(fmt::format("SELECT {} FROM rollouts WHERE (?3 = '' OR id < ?3) {} ORDER BY id DESC LIMIT ?2",
                                   kRollout, model.empty() ? "" : "AND model = ?1"),
                       model, most, before));
}

Result<std::vector<RolloutRecord>> read_last_rollouts(database::Connection& connection) {
  return rollouts_in(connection.query(
      fmt::format("SELECT {} FROM rollouts WHERE id IN (SELECT MAX(id) FROM rollouts GROUP BY model)", kRollout)));
}

Result<void> insert_verdict(database::Connection& connection, const VerdictRecord& verdict) {
  return database::done(connection.run(
      "INSERT INTO verdicts(model, version, state, reason, numbers, back_to, actor, at_ms) VALUES(?, ?, ?, ?, ?, ?, ?, "
      "?)",
      verdict.model, verdict.version, verdict.state, verdict.reason, verdict.numbers, verdict.back_to, verdict.actor,
      verdict.at_ms));
}

Result<void> forgive_verdict(database::Connection& connection, std::int64_t id, std::int64_t now_ms) {
  return database::done(connection.run("UPDATE verdicts SET forgiven_ms = ? WHERE id = ?", now_ms, id));
}

Result<std::vector<VerdictRecord>> read_verdicts(database::Connection& connection, std::string_view model) {
  std::vector<VerdictRecord> verdicts;
  auto rows = connection.query(
      fmt::format("SELECT {} FROM verdicts WHERE id IN (SELECT MAX(id) FROM verdicts {} GROUP BY model, version) ORDER "
                  "BY id DESC",
                  kVerdict, model.empty() ? "" : "WHERE model = ?1"),
      model);
  while (rows.next())
    verdicts.push_back({.id = rows.integer(0),
                        .model = std::string(rows.text(1)),
                        .version = std::string(rows.text(2)),
                        .state = std::string(rows.text(3)),
                        .reason = std::string(rows.text(4)),
                        .numbers = std::string(rows.text(5)),
                        .back_to = std::string(rows.text(6)),
                        .actor = std::string(rows.text(7)),
                        .at_ms = rows.integer(8),
                        .forgiven_ms = rows.optional_integer(9)});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return verdicts;
}

Result<std::vector<OfferedRelease>> read_offered(database::Connection& connection, std::string_view model) {
  std::vector<OfferedRelease> offered;
  auto rows = connection.query(
      "SELECT r.version, r.state, p.state, r.cool_until_ms FROM model_texts t JOIN release_models m ON m.text = t.id "
      "JOIN releases r ON r.id = m.release JOIN plugins p ON p.name = r.plugin WHERE t.model = ? AND r.state IN "
      "('published', 'deprecated', 'yanked')",
      model);
  while (rows.next())
    offered.push_back({.version = std::string(rows.text(0)),
                       .state = release_state_of(rows.text(1)).value_or(ReleaseState::revoked),
                       .is_listed = rows.text(2) == "listed",
                       .cool_until_ms = rows.integer(3)});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return offered;
}

}  // namespace stoa::registry
