// catalogue_aliases.cpp: moving an alias, alone or with a second operator's word. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/operator_store.hpp"
#include "registry/catalogue/proposal_store.hpp"
#include "registry/catalogue/release_store.hpp"
#include "registry/catalogue/rollout_store.hpp"
#include "registry/document/words.hpp"
#include "registry/package/manifest_grammar.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kTargetsMax = 16;  // a traffic split that people still understand

std::string subject_of(const AliasMove& move) { return move.model + "@" + move.alias; }

std::string detail_of(const AliasMove& move) {
  const std::string targets = move.targets.empty() ? "removed" : "-> " + text_of(move.targets);
  return move.note.empty() ? targets : targets + ": " + move.note;
}

// "1", "v2" and "x" would read as versions and ranges.
Result<void> check_alias_name(std::string_view alias) {
  const bool is_word = is_account_name(alias) &&
                       std::ranges::any_of(alias.substr(0, 1), [](char c) { return c >= 'a'; }) && alias != "x" &&
                       alias != "latest" && !(alias.size() > 1 && alias[0] == 'v' && alias[1] <= '9');
  if (is_word) return {};
  return failure(
      Code::invalid_argument, "alias.name",
      fmt::format("alias: '{}' is none; want a word of a-z, 0-9 and inner hyphens that begins with a letter and does "
                  "not read as a version ('latest' means the highest one without an alias)",
                  alias.substr(0, 64)));
}

// Two persons' word is two's who may give it now: of one who was revoked, or may not move aliases any more, it is none.
Result<void> require_proposer(database::Connection& connection, std::string_view actor) {
  const auto known = read_operators(connection);
  if (!known) return std::unexpected(known.error());
  const bool may_move = std::ranges::any_of(*known, [&](const OperatorRecord& one) {
    const Actor they{Actor::Kind::operators, one.name, one.role};
    return !one.revoked_ms && they.text() == actor && may(one.role, Permission::move_aliases);
  });
  if (may_move) return {};
  return failure(
      Code::failed_precondition, "proposal.proposer",
      fmt::format("{} made the proposal, and may not move aliases any more; decline it and make it anew", actor));
}

}  // namespace

// Within an act: whether the alias can be moved so, now.
Result<void> Catalogue::check_move(const AliasMove& move) {
  if (auto good = parse_alias_targets(text_of(move.targets)); !good) return std::unexpected(good.error());
  for (const AliasTarget& target : move.targets) {
    const auto state = read_model_state(connection_, move.model, target.version);
    if (!state) return std::unexpected(state.error());
    if (!is_resolvable(*state))
      return failure(Code::failed_precondition, "alias.not_published",
                     fmt::format("targets: {} {} is {}, an alias points to what is published", move.model,
                                 target.version, name_of(*state)));
    const auto offered = read_offered(connection_, move.model);
    if (!offered) return std::unexpected(offered.error());
    const auto is_hidden = [&](const OfferedRelease& one) {
      return !one.is_listed && version_key_of(one.version) == version_key_of(target.version);
    };
    if (std::ranges::any_of(*offered, is_hidden))
      return failure(Code::failed_precondition, "alias.not_published",
                     fmt::format("targets: {} {} is of a delisted plugin, an alias points to what is listed",
                                 move.model, target.version));
  }
  if (auto good = check_default_move(move); !good) return good;
  const auto present = read_alias(connection_, move.model, move.alias);
  if (!present) return std::unexpected(present.error());
  if (!*present && move.targets.empty())
    return failure(Code::not_found, "alias.unknown", fmt::format("there is no alias {}", subject_of(move)));
  if (*present && (*present)->targets == move.targets)
    return failure(Code::failed_precondition, "alias.unchanged",
                   fmt::format("{} points there already (step {})", subject_of(move), (*present)->step));
  return {};
}

// Within an act.
Result<AliasStep> Catalogue::apply(const Actor& actor, const AliasMove& move, std::string_view approved_by) {
  if (auto good = check_move(move); !good) return std::unexpected(good.error());
  AliasStep step;
  step.model = move.model;
  step.alias = move.alias;
  step.targets = move.targets;
  step.actor = actor.text();
  step.approved_by = approved_by;
  step.note = move.note;
  step.at_ms = now_ms();
  return append_alias_step(connection_, std::move(step), key_);
}

Result<AliasOutcome> Catalogue::move_alias(const Actor& actor, const AliasMove& move) {
  if (auto allowed = require(actor, Permission::move_aliases); !allowed) return std::unexpected(allowed.error());
  if (auto good = check_alias_name(move.alias); !good) return std::unexpected(good.error());
  if (auto good = check_words("note", move.note); !good) return std::unexpected(good.error());
  if (move.targets.size() > kTargetsMax)
    return failure(Code::invalid_argument, "alias.targets",
                   fmt::format("targets: are {}, limit is {}", move.targets.size(), kTargetsMax));
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto approvals = read_approvals_needed(connection_, move.model);
  if (!approvals) return std::unexpected(approvals.error());
  AliasOutcome outcome;
  if (*approvals > 0) {
    if (auto good = check_move(move); !good) return std::unexpected(good.error());
    outcome.proposal = AliasProposal{.id = new_id<ProposalTag>(act->now_ms),
                                     .model = move.model,
                                     .alias = move.alias,
                                     .note = move.note,
                                     .actor = actor.text(),
                                     .targets = move.targets,
                                     .made_ms = act->now_ms,
                                     .state = "open"};
    if (auto kept = insert_proposal(connection_, *outcome.proposal); !kept) return std::unexpected(kept.error());
  } else {
    auto step = apply(actor, move, "");
    if (!step) return std::unexpected(step.error());
    outcome.step = std::move(*step);
  }
  const std::string_view action = outcome.step ? "alias.move" : "alias.propose";
  return act->end_with(outcome, actor, action, subject_of(move), detail_of(move));
}

Result<AliasOutcome> Catalogue::take_back_alias(const Actor& actor, std::string_view model, std::string_view alias,
                                                std::string_view note) {
  if (auto allowed = require(actor, Permission::move_aliases); !allowed) return std::unexpected(allowed.error());
  const auto steps = read_alias_steps(connection_, model, alias, 2);
  if (!steps) return std::unexpected(steps.error());
  if (steps->size() < 2)
    return failure(Code::failed_precondition, "alias.no_step_before",
                   fmt::format("{}@{} has {} steps, there is none to go back to", model, alias, steps->size()));
  return move_alias(actor, {std::string(model), std::string(alias), (*steps)[1].targets,
                            note.empty() ? fmt::format("takes back step {}", (*steps)[0].step) : std::string(note)});
}

Result<AliasStep> Catalogue::approve(const Actor& actor, const ProposalId& id) {
  if (auto allowed = require(actor, Permission::move_aliases); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto proposal = read_proposal(connection_, id);
  if (!proposal) return std::unexpected(proposal.error());
  if (proposal->state != "open")
    return failure(Code::failed_precondition, "proposal.state",
                   fmt::format("the proposal is {} already", proposal->state));
  if (proposal->actor == actor.text())
    return failure(Code::permission_denied, "proposal.own",
                   fmt::format("{} made the proposal; another one has to approve it", actor.text()));
  if (auto good = require_proposer(connection_, proposal->actor); !good) return std::unexpected(good.error());
  const AliasMove move{proposal->model, proposal->alias, proposal->targets, proposal->note};
  const Actor proposer{Actor::Kind::operators, proposal->actor.substr(proposal->actor.find(':') + 1), actor.role};
  auto step = apply(proposer, move, actor.text());
  if (!step) return step;
  if (auto kept = decide_proposal(connection_, id, "approved", actor.text(), act->now_ms); !kept)
    return std::unexpected(kept.error());
  return act->end_with(*step, actor, "alias.approve", subject_of(move), detail_of(move));
}

Result<AliasProposal> Catalogue::decline(const Actor& actor, const ProposalId& id) {
  if (auto allowed = require(actor, Permission::move_aliases); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto proposal = read_proposal(connection_, id);
  if (!proposal) return proposal;
  if (proposal->state != "open")
    return failure(Code::failed_precondition, "proposal.state",
                   fmt::format("the proposal is {} already", proposal->state));
  proposal->state = "declined";
  if (auto kept = decide_proposal(connection_, id, "declined", actor.text(), act->now_ms); !kept)
    return std::unexpected(kept.error());
  return act->end_with(*proposal, actor, "alias.decline", proposal->model + "@" + proposal->alias, id.text);
}

Result<void> Catalogue::require_approvals(const Actor& actor, std::string_view model, std::int64_t approvals) {
  if (auto allowed = require(actor, Permission::manage_operators); !allowed) return allowed;
  if (approvals < 0 || approvals > 1)
    return failure(Code::out_of_range, "alias.approvals", fmt::format("approvals: is {}, want 0 or 1", approvals));
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  if (auto kept = write_approvals_needed(connection_, model, approvals); !kept) return kept;
  return act->end(actor, "alias.approvals", model, fmt::format("{} besides the one who moves it", approvals));
}

Result<std::vector<AliasRecord>> Catalogue::aliases(std::string_view model) { return read_aliases(connection_, model); }
Result<std::vector<AliasStep>> Catalogue::alias_steps(std::string_view model, std::string_view alias, std::size_t most,
                                                      std::int64_t before) {
  return read_alias_steps(connection_, model, alias, most, before);
}
Result<std::vector<AliasProposal>> Catalogue::proposals(std::string_view state) {
  return read_proposals(connection_, state);
}

}  // namespace stoa::registry
