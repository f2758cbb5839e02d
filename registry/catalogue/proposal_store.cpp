// proposal_store.cpp: SQL of proposals and of the rule that asks for them. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/proposal_store.hpp"

#include <fmt/format.h>

#include "registry/catalogue/alias_store.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kProposal = "id, model, alias, targets, note, actor, made_ms, state";

Result<AliasProposal> proposal_of(const database::Rows& rows) {
  auto targets = parse_alias_targets(rows.text(3));
  if (!targets)
    return failure(Code::data_loss, "alias.broken",
                   fmt::format("proposal {}: {}", rows.text(0), targets.error().message));
  return AliasProposal{.id = {std::string(rows.text(0))},
                       .model = std::string(rows.text(1)),
                       .alias = std::string(rows.text(2)),
                       .note = std::string(rows.text(4)),
                       .actor = std::string(rows.text(5)),
                       .targets = std::move(*targets),
                       .made_ms = rows.integer(6),
                       .state = std::string(rows.text(7))};
}

}  // namespace

Result<std::int64_t> read_approvals_needed(database::Connection& connection, std::string_view model) {
  auto rows = connection.query("SELECT approvals FROM model_rules WHERE model = ?", model);
  const std::int64_t approvals = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return approvals;
}

Result<void> write_approvals_needed(database::Connection& connection, std::string_view model, std::int64_t approvals) {
  return database::done(connection.run(
      "INSERT INTO model_rules VALUES(?, ?) ON CONFLICT(model) DO UPDATE SET approvals = excluded.approvals", model,
      approvals));
}

Result<void> insert_proposal(database::Connection& connection, const AliasProposal& proposal) {
  return database::done(connection.run("INSERT INTO proposals VALUES(?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)",
                                       proposal.id.text, proposal.model, proposal.alias, text_of(proposal.targets),
                                       proposal.note, proposal.actor, proposal.made_ms, proposal.state));
}

Result<AliasProposal> read_proposal(database::Connection& connection, const ProposalId& id) {
  auto rows = connection.query(fmt::format("SELECT {} FROM proposals WHERE id = ?", kProposal), id.text);
  if (rows.next()) return proposal_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return failure(Code::not_found, "proposal.unknown", fmt::format("there is no proposal '{}'", id.text));
}

Result<std::vector<AliasProposal>> read_proposals(database::Connection& connection, std::string_view state) {
  std::vector<AliasProposal> proposals;
  auto rows = connection.query(
      fmt::format("SELECT {} FROM proposals WHERE ?1 = '' OR state = ?1 ORDER BY id DESC", kProposal), state);
  while (rows.next()) {
    auto proposal = proposal_of(rows);
    if (!proposal) return std::unexpected(proposal.error());
    proposals.push_back(std::move(*proposal));
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return proposals;
}

Result<std::int64_t> decline_open_proposals_of(database::Connection& connection, std::string_view actor,
                                               std::string_view by, std::int64_t now_ms) {
  return connection.run(
      "UPDATE proposals SET state = 'declined', decided_by = ?, decided_ms = ? WHERE state = 'open' AND actor = ?", by,
      now_ms, actor);
}

Result<void> decide_proposal(database::Connection& connection, const ProposalId& id, std::string_view state,
                             std::string_view by, std::int64_t now_ms) {
  return database::done(connection.run("UPDATE proposals SET state = ?, decided_by = ?, decided_ms = ? WHERE id = ?",
                                       state, by, now_ms, id.text));
}

}  // namespace stoa::registry
