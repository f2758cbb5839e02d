// catalogue_rollouts.cpp: a release's way into traffic: begun and steered by operators, reported by hosts.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "registry/catalogue/act_store.hpp"
#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/default_release.hpp"
#include "registry/catalogue/proposal_store.hpp"
#include "registry/catalogue/release_store.hpp"
#include "registry/catalogue/rollout_rules.hpp"
#include "registry/catalogue/rollout_store.hpp"
#include "registry/document/words.hpp"
#include "registry/versions/version_key.hpp"

namespace stoa::registry {
namespace {

constexpr std::string_view kByOperator = "rollout.operator";

std::string beside(const RolloutRecord& record) {
  const RolloutPlan& plan = record.plan;
  const std::string what = plan.shadow ? fmt::format("{} as the shadow of {}, {} ppm", plan.shadow->version,
                                                     record.stable, plan.shadow->share_ppm)
                                       : fmt::format("{} beside {}, {} ppm{}", plan.version, record.stable,
                                                     plan.steps_ppm.empty() ? "0" : text_of_steps(plan.steps_ppm),
                                                     plan.promotes ? ", then promoted" : "");
  return plan.note.empty() ? what : what + ": " + plan.note;
}

std::unexpected<Error> none_active(std::string_view model) {
  return failure(Code::failed_precondition, "rollout.none",
                 fmt::format("model \"{}\" has no roll-out under way", model));
}

std::unexpected<Error> not_by_one(std::string_view model) {
  return failure(
      Code::failed_precondition, "rollout.approval",
      fmt::format("model \"{}\" changes by two operators' word alone: move its alias '{}'", model, kDefaultAlias));
}

}  // namespace

const std::string& tried_version(const RolloutRecord& record) {
  return record.plan.shadow ? record.plan.shadow->version : record.plan.version;
}

// What decides on a model's default, as it lies in the file.
struct Catalogue::Default {
  std::vector<OfferedRelease> releases;
  std::vector<AliasTarget> alias;
  std::vector<VerdictRecord> verdicts;  // open ones

  std::vector<AliasTarget> answer(std::int64_t now_ms) const {
    std::vector<const VerdictRecord*> open;
    for (const VerdictRecord& one : verdicts) open.push_back(&one);
    return default_of({releases, alias, open, now_ms});
  }
  const OfferedRelease* find(std::string_view version) const {
    const auto is_it = [&](const OfferedRelease& one) {
      return version_key_of(one.version) == version_key_of(version);
    };
    const auto at = std::ranges::find_if(releases, is_it);
    return at == releases.end() ? nullptr : &*at;
  }
  const VerdictRecord* verdict_on(std::string_view version) const {
    const auto at = std::ranges::find(verdicts, version, &VerdictRecord::version);
    return at == verdicts.end() ? nullptr : &*at;
  }
  // Who answers once this one is taken back; empty: nobody.
  std::string answer_without(std::string_view version, std::int64_t now_ms) const {
    Default without = *this;
    without.verdicts.push_back({.version = std::string(version)});
    const auto targets = without.answer(now_ms);
    return targets.empty() || targets.front().version == version ? std::string() : targets.front().version;
  }
  // Somebody may be given it.
  bool may_answer(std::string_view version) const {
    const OfferedRelease* const release = find(version);
    return release != nullptr && is_resolvable(release->state) && release->is_listed && verdict_on(version) == nullptr;
  }
};

Result<Catalogue::Default> Catalogue::read_default(std::string_view model) {
  Default found;
  auto releases = read_offered(connection_, model);
  if (!releases) return std::unexpected(releases.error());
  found.releases = std::move(*releases);
  auto alias = read_alias(connection_, model, kDefaultAlias);
  if (!alias) return std::unexpected(alias.error());
  if (*alias) found.alias = (*alias)->targets;
  auto verdicts = read_verdicts(connection_, model);
  if (!verdicts) return std::unexpected(verdicts.error());
  found.verdicts = std::move(*verdicts);
  std::erase_if(found.verdicts, [](const VerdictRecord& one) { return one.forgiven_ms.has_value(); });
  return found;
}

// Within an act: nobody moves the default under a roll-out, or to what was taken back.
Result<void> Catalogue::check_default_move(const AliasMove& move) {
  if (move.alias != kDefaultAlias) return {};
  const auto active = read_active_rollout(connection_, move.model);
  if (!active) return std::unexpected(active.error());
  if (*active)
    return failure(Code::failed_precondition, "rollout.active",
                   fmt::format("a roll-out of {} {} is under way; promote it or roll it back first", move.model,
                               tried_version(**active)));
  const auto found = read_default(move.model);
  if (!found) return std::unexpected(found.error());
  for (const AliasTarget& target : move.targets)
    if (const VerdictRecord* const verdict = found->verdict_on(target.version))
      return failure(Code::failed_precondition, "rollout.verdict",
                     fmt::format("targets: {} {} was taken back ({}); forgive it first", move.model, target.version,
                                 verdict->reason));
  return {};
}

// Within an act, with a line of its own where it moves.
Result<void> Catalogue::point_default(Act& act, const Actor& actor, std::string_view model, std::string_view version,
                                      std::string_view note) {
  const std::vector<AliasTarget> targets{{std::string(version)}};
  const auto present = read_alias(connection_, model, kDefaultAlias);
  if (!present) return std::unexpected(present.error());
  if (*present && (*present)->targets == targets) return {};
  AliasStep step;
  step.model = model;
  step.alias = kDefaultAlias;
  step.targets = targets;
  step.actor = actor.text();
  step.note = note;
  step.at_ms = act.now_ms;
  if (auto kept = append_alias_step(connection_, std::move(step), key_); !kept) return std::unexpected(kept.error());
  const auto noted = act.note(actor, "alias.move", fmt::format("{}@{}", model, kDefaultAlias),
                              fmt::format("-> {}: {}", version, note));
  return noted ? Result<void>() : std::unexpected(noted.error());
}

// Within an act: one at a time, but a shadow gives way to its own release's trial.
Result<void> Catalogue::end_shadow_of(Act& act, const RolloutPlan& plan) {
  auto active = read_active_rollout(connection_, plan.model);
  if (!active) return std::unexpected(active.error());
  if (!*active) return {};
  RolloutRecord& record = **active;
  if (plan.shadow || !record.plan.shadow || record.plan.shadow->version != plan.version)
    return failure(Code::failed_precondition, "rollout.active",
                   fmt::format("model \"{}\": {} is under way already; promote it or roll it back first", plan.model,
                               tried_version(record)));
  record.state = RolloutState::ended;
  record.reason = "rollout.trial";
  record.changed_ms = act.now_ms;
  return update_rollout(connection_, record);
}

Result<RolloutRecord> Catalogue::start_rollout(const Actor& actor, RolloutPlan plan) {
  if (auto allowed = require(actor, Permission::roll_out); !allowed) return std::unexpected(allowed.error());
  if (auto good = check_rollout(plan); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto approvals = read_approvals_needed(connection_, plan.model);
  if (!approvals) return std::unexpected(approvals.error());
  if (*approvals > 0 && !plan.shadow) return not_by_one(plan.model);
  if (auto ended = end_shadow_of(*act, plan); !ended) return std::unexpected(ended.error());
  std::string& tried = plan.shadow ? plan.shadow->version : plan.version;
  const auto state = read_model_state(connection_, plan.model, tried);
  if (!state) return std::unexpected(state.error());
  const auto found = read_default(plan.model);
  if (!found) return std::unexpected(found.error());
  const OfferedRelease* const release = found->find(tried);
  if (!is_resolvable(*state) || release == nullptr)
    return failure(
        Code::failed_precondition, "rollout.not_published",
        fmt::format("version: {} {} is {}, only what is published is rolled out", plan.model, tried, name_of(*state)));
  if (!release->is_listed)
    return failure(
        Code::failed_precondition, "rollout.not_published",
        fmt::format("version: {} {} is of a delisted plugin, only what is listed is rolled out", plan.model, tried));
  tried = release->version;
  if (const VerdictRecord* const verdict = found->verdict_on(tried))
    return failure(
        Code::failed_precondition, "rollout.verdict",
        fmt::format("version: {} {} was taken back ({}); forgive it first", plan.model, tried, verdict->reason));
  const auto present = found->answer(act->now_ms);
  if (auto good = check_against_default(plan, present); !good) return std::unexpected(good.error());
  RolloutRecord record{.id = new_id<RolloutTag>(act->now_ms),
                       .plan = std::move(plan),
                       .stable = present.front().version,
                       .actor = actor.text(),
                       .started_ms = act->now_ms,
                       .changed_ms = act->now_ms};
  if (auto kept = insert_rollout(connection_, record); !kept) return std::unexpected(kept.error());
  // From here on the name means what somebody said, and not whatever is highest when this ends.
  if (auto held = point_default(*act, actor, record.plan.model, record.stable,
                                "held while " + tried_version(record) + " is tried");
      !held)
    return std::unexpected(held.error());
  return act->end_with(record, actor, "rollout.start", record.plan.model, beside(record));
}

Result<RolloutRecord> Catalogue::pause_rollout(const Actor& actor, std::string_view model, bool is_paused,
                                               std::string_view because) {
  if (auto allowed = require(actor, Permission::roll_out); !allowed) return std::unexpected(allowed.error());
  if (auto good = check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto active = read_active_rollout(connection_, model);
  if (!active) return std::unexpected(active.error());
  if (!*active) return none_active(model);
  RolloutRecord& record = **active;
  const RolloutState wanted = is_paused ? RolloutState::paused : RolloutState::running;
  if (record.state == wanted)
    return failure(Code::failed_precondition, "rollout.state",
                   fmt::format("the roll-out of {} {} is {} already", model, tried_version(record), name_of(wanted)));
  record.state = wanted;
  record.reason = because;
  record.changed_ms = act->now_ms;
  if (auto kept = update_rollout(connection_, record); !kept) return std::unexpected(kept.error());
  return act->end_with(record, actor, is_paused ? "rollout.pause" : "rollout.resume", model,
                       fmt::format("{}{}{}", tried_version(record), because.empty() ? "" : ": ", because));
}

// Within an act.
Result<void> Catalogue::make_default(Act& act, const Actor& actor, RolloutRecord& record, std::string_view why) {
  record.state = RolloutState::promoted;
  record.reason = "";
  record.numbers = why;
  record.changed_ms = act.now_ms;
  if (auto moved = point_default(act, actor, record.plan.model, tried_version(record),
                                 fmt::format("promoted from {}", record.stable));
      !moved)
    return moved;
  return update_rollout(connection_, record);
}

Result<RolloutRecord> Catalogue::promote_rollout(const Actor& actor, std::string_view model, std::string_view because) {
  if (auto allowed = require(actor, Permission::roll_out); !allowed) return std::unexpected(allowed.error());
  if (auto good = check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto active = read_active_rollout(connection_, model);
  if (!active) return std::unexpected(active.error());
  if (!*active) return none_active(model);
  const auto approvals = read_approvals_needed(connection_, model);
  if (!approvals) return std::unexpected(approvals.error());
  if (*approvals > 0) return not_by_one(model);
  RolloutRecord record = std::move(**active);
  if (auto made = make_default(*act, actor, record, because); !made) return std::unexpected(made.error());
  return act->end_with(
      record, actor, "rollout.promote", model,
      fmt::format("{} -> {}{}{}", record.stable, tried_version(record), because.empty() ? "" : ": ", because));
}

// Within an act: the version that answered before this one, and may again. Of what people pointed the default at once,
// and moved it away from, only a lower one is a way back.
Result<std::string> Catalogue::previous_of(std::string_view model, std::string_view version, const Default& found,
                                           Back back) {
  const auto rollouts = read_rollouts(connection_, model, 1);
  if (!rollouts) return std::unexpected(rollouts.error());
  const bool was_promoted = !rollouts->empty() && rollouts->front().state == RolloutState::promoted &&
                            tried_version(rollouts->front()) == version;
  if (was_promoted && found.may_answer(rollouts->front().stable)) return rollouts->front().stable;
  constexpr std::size_t kStepsBack = 100;
  const auto steps = read_alias_steps(connection_, model, kDefaultAlias, kStepsBack);
  if (!steps) return std::unexpected(steps.error());
  const auto from = parse_version_key(version);
  const auto is_way_back = [&](const std::string& other) {
    const auto key = parse_version_key(other);
    return other != version && found.may_answer(other) && (back == Back::anywhere || (from && key && *key < *from));
  };
  for (const AliasStep& step : *steps)
    for (const AliasTarget& target : step.targets)
      if (is_way_back(target.version)) return target.version;
  // Nobody ever said what answers: the best below it. A higher one that nobody has tried is no way back.
  Default lower = found;
  lower.alias.clear();
  std::erase_if(lower.releases, [&](const OfferedRelease& one) {
    const auto key = parse_version_key(one.version);
    return !from || !key || !(*key < *from);
  });
  const auto best = lower.answer(now_ms());
  if (!best.empty() && lower.may_answer(best.front().version)) return best.front().version;
  return failure(Code::failed_precondition, "rollout.no_previous",
                 fmt::format("model \"{}\" has no release before {} to go back to", model, version));
}

Result<RolledBack> Catalogue::roll_back(const Actor& actor, std::string_view model, std::string_view because) {
  if (auto allowed = require(actor, Permission::roll_out); !allowed) return std::unexpected(allowed.error());
  if (auto good = check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto found = read_default(model);
  if (!found) return std::unexpected(found.error());
  RolledBack done{std::string(model), {}, {}};
  auto latest = read_rollouts(connection_, model, 1);
  if (!latest) return std::unexpected(latest.error());
  const auto present = found->answer(act->now_ms);
  if (!latest->empty() && is_active(latest->front().state)) {
    done.from = tried_version(latest->front());
    // Withdrawn meanwhile, or taken back: then what the name means without both.
    done.to = found->may_answer(latest->front().stable) ? latest->front().stable
                                                        : found->answer_without(done.from, act->now_ms);
  } else {
    if (present.empty()) return failure(Code::not_found, "model.unknown", fmt::format("there is no model '{}'", model));
    // Of a divided default the smaller share is the new one.
    done.from = present.back().version;
    auto previous = present.size() > 1 ? Result<std::string>(present.front().version)
                                       : previous_of(model, done.from, *found, Back::lower);
    if (!previous) return std::unexpected(previous.error());
    done.to = std::move(*previous);
    const std::string note = because.empty() ? fmt::format("rolled back from {}", done.from) : std::string(because);
    if (auto moved = point_default(*act, actor, model, done.to, note); !moved) return std::unexpected(moved.error());
  }
  if (!latest->empty() && is_active(latest->front().state) && latest->front().plan.shadow) {  // it answered nobody
    RolloutRecord& shadow = latest->front();
    shadow.state = RolloutState::ended;
    shadow.reason = kByOperator;
    shadow.changed_ms = act->now_ms;
    if (auto kept = update_rollout(connection_, shadow); !kept) return std::unexpected(kept.error());
    return act->end_with(done, actor, "rollout.rollback", model,
                         fmt::format("{} is no shadow any more{}{}", done.from, because.empty() ? "" : ": ", because));
  }
  const bool is_its = !latest->empty() && tried_version(latest->front()) == done.from &&
                      (is_active(latest->front().state) || latest->front().state == RolloutState::promoted);
  if (auto kept = take_back(*act,
                            {.model = done.model,
                             .version = done.from,
                             .state = "rolled_back",
                             .reason = std::string(kByOperator),
                             .numbers = std::string(because),
                             .back_to = done.to,
                             .actor = actor.text()},
                            is_its ? &latest->front() : nullptr);
      !kept)
    return std::unexpected(kept.error());
  return act->end_with(done, actor, "rollout.rollback", model,
                       fmt::format("{} -> {}{}{}", done.from, done.to, because.empty() ? "" : ": ", because));
}

// Within an act: the verdict, and what becomes of the roll-out that it ends.
Result<void> Catalogue::take_back(Act& act, VerdictRecord verdict, RolloutRecord* ended) {
  verdict.at_ms = act.now_ms;
  const auto known = read_verdicts(connection_, verdict.model);
  if (!known) return std::unexpected(known.error());
  const bool is_open = std::ranges::any_of(
      *known, [&](const VerdictRecord& one) { return one.version == verdict.version && !one.forgiven_ms; });
  if (!is_open)
    if (auto kept = insert_verdict(connection_, verdict); !kept) return kept;
  if (ended == nullptr) return {};
  ended->state = verdict.state == "failed" ? RolloutState::failed : RolloutState::rolled_back;
  ended->reason = verdict.reason;
  ended->numbers = verdict.numbers;
  ended->changed_ms = act.now_ms;
  return update_rollout(connection_, *ended);
}

Result<VerdictRecord> Catalogue::forgive(const Actor& actor, std::string_view model, std::string_view version) {
  if (auto allowed = require(actor, Permission::roll_out); !allowed) return std::unexpected(allowed.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  const auto found = read_default(model);
  if (!found) return std::unexpected(found.error());
  const VerdictRecord* const open = found->verdict_on(version);
  if (open == nullptr)
    return failure(Code::failed_precondition, "rollout.no_verdict",
                   fmt::format("model \"{}\" version {} has neither failed nor been rolled back", model, version));
  VerdictRecord verdict = *open;
  verdict.forgiven_ms = act->now_ms;
  if (auto kept = forgive_verdict(connection_, verdict.id, act->now_ms); !kept) return std::unexpected(kept.error());
  return act->end_with(verdict, actor, "rollout.forgive", model, fmt::format("{}: {}", version, verdict.reason));
}

// Within an act: the version that answers in place of a default that does not load; empty: it is no default, or there
// is no other.
Result<std::string> Catalogue::heir_of_default(const RolloutNews& news) {
  const auto found = read_default(news.model);
  if (!found) return std::unexpected(found.error());
  const auto present = found->answer(now_ms());
  if (std::ranges::find(present, news.version, &AliasTarget::version) == present.end()) return std::string();
  if (news.back_to != news.version && found->may_answer(news.back_to)) return news.back_to;
  auto previous = previous_of(news.model, news.version, *found, Back::anywhere);
  return previous ? previous : Result<std::string>(std::string());
}

Result<bool> Catalogue::note_rollout(const RolloutNews& news, const Actor& actor) {
  using Kind = RolloutNews::Kind;
  if (auto allowed = require(actor, Permission::report_rollouts); !allowed) return std::unexpected(allowed.error());
  // What this process found may have a plugin's words in it, and is to be kept all the same.
  if (auto good = actor.kind == Actor::Kind::registry ? Result<void>() : check_news(news); !good)
    return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto latest = read_rollouts(connection_, news.model, 1);
  if (!latest) return std::unexpected(latest.error());
  const bool is_its = !latest->empty() && tried_version(latest->front()) == news.version &&
                      (news.rollout.empty() || latest->front().id.text == news.rollout);
  RolloutRecord* const record = is_its ? &latest->front() : nullptr;
  const bool is_under_way = record != nullptr && is_active(record->state);
  if (news.kind == Kind::step) {
    if (!is_under_way || record->state != RolloutState::running || news.step <= record->step ||
        news.step >= record->plan.steps_ppm.size())
      return false;
    record->step = news.step;
    record->numbers = news.numbers;
    record->changed_ms = act->now_ms;
    if (auto kept = update_rollout(connection_, *record); !kept) return std::unexpected(kept.error());
  } else if (news.kind == Kind::promoted) {
    if (!is_under_way || !record->plan.promotes) return false;
    if (auto made = make_default(*act, actor, *record, news.numbers); !made) return std::unexpected(made.error());
  } else {
    const auto known = read_model_state(connection_, news.model, news.version);
    const bool is_ours = known && is_servable(*known);  // else it is of a folder, or was withdrawn meanwhile
    if (!is_ours) return false;
    std::string back_to = is_under_way ? record->stable : news.back_to;
    if (news.kind == Kind::failed && !is_under_way) {
      auto heir = heir_of_default(news);
      if (!heir) return std::unexpected(heir.error());
      if (heir->empty()) return false;  // nobody is better off with a verdict
      back_to = std::move(*heir);
    }
    const bool ends = is_under_way || (record != nullptr && record->state == RolloutState::promoted);
    const auto kept = take_back(*act,
                                {.model = news.model,
                                 .version = news.version,
                                 .state = news.kind == Kind::failed ? "failed" : "rolled_back",
                                 .reason = news.reason,
                                 .numbers = news.numbers,
                                 .back_to = back_to,
                                 .actor = actor.text()},
                                ends ? record : nullptr);
    if (!kept) return std::unexpected(kept.error());
  }
  constexpr std::string_view kActions[] = {"rollout.step", "rollout.promote", "rollout.rolled_back", "rollout.failed"};
  const std::string why = news.reason.empty() ? news.numbers : fmt::format("{}: {}", news.reason, news.numbers);
  auto ended = act->end(actor, kActions[static_cast<std::size_t>(news.kind)], news.model,
                        fmt::format("{}: {}", news.version, why.substr(0, kWordsMax)));
  return ended ? Result<bool>(true) : std::unexpected(ended.error());
}

// Within an act that takes the release there, before its own line.
Result<void> Catalogue::end_rollouts(Act& act, const ReleaseRecord& release, ReleaseState to) {
  for (const ReleaseModel& model : release.models) {
    auto active = read_active_rollout(connection_, model.name);
    if (!active) return std::unexpected(active.error());
    if (!*active || tried_version(**active) != release.version) continue;
    RolloutRecord& record = **active;
    record.state = RolloutState::ended;
    record.reason = fmt::format("release.{}", name_of(to));
    record.changed_ms = act.now_ms;
    if (auto kept = update_rollout(connection_, record); !kept) return kept;
    const auto noted =
        act.note(Actor::registry(), "rollout.end", model.name, fmt::format("{} is {}", release.version, name_of(to)));
    if (!noted) return std::unexpected(noted.error());
  }
  return {};
}

Result<std::vector<RolloutRecord>> Catalogue::rollouts(std::string_view model, std::size_t most,
                                                       std::string_view before) {
  return read_rollouts(connection_, model, most, before);
}
Result<std::vector<VerdictRecord>> Catalogue::verdicts(std::string_view model) {
  return read_verdicts(connection_, model);
}

}  // namespace stoa::registry
