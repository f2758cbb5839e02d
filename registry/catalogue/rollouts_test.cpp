// rollouts_test.cpp: roll-outs as facts: who is let in, what each act leaves, what a host's word does.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "registry/catalogue/rollout_store.hpp"
#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

using Kind = RolloutNews::Kind;

const std::string kModel = "acme/classify";

RolloutPlan trial(std::string version = "1.1.0", std::vector<std::uint64_t> steps = {50'000, 1'000'000}) {
  return {.model = kModel, .version = std::move(version), .steps_ppm = std::move(steps), .promotes = true};
}
RolloutPlan shadow(std::string version = "1.1.0") {
  return {.model = kModel, .shadow = RolloutShadow{.version = std::move(version)}};
}

class Rollouts : public ::testing::Test, protected TestCatalogue {
 protected:
  Rollouts() {
    add_acme();
    for (const char* version : {"1.0.0", "1.1.0", "1.2.0"}) {
      ids[version] = published(version).id;
      if (std::string_view(version) == "1.0.0")
        EXPECT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {{"1.0.0"}}, ""}));
    }
  }
  // "running 1.1.0 beside 1.0.0 step 0", and the verdicts that hold: "1.2.0 -> 1.0.0 rollout.errors".
  std::string told() {
    ++now_ms;
    std::string text;
    const auto last = (*this)->rollouts(kModel, 1);
    if (!last->empty())
      text = fmt::format("{} {} beside {} step {}", name_of(last->front().state),
                         last->front().plan.shadow ? last->front().plan.shadow->version : last->front().plan.version,
                         last->front().stable, last->front().step);
    const auto verdicts = (*this)->verdicts(kModel);
    for (const VerdictRecord& one : *verdicts)
      if (!one.forgiven_ms) text += fmt::format(", {} -> {} {}", one.version, one.back_to, one.reason);
    return text;
  }
  std::string points_to() { return (*this)->aliases(kModel)->front().targets.front().version; }
  bool note(Kind kind, const std::string& version, std::uint64_t step = 0) {
    const auto noted = (*this)->note_rollout({.kind = kind,
                                              .model = kModel,
                                              .version = version,
                                              .step = step,
                                              .reason = kind == Kind::rolled_back ? "rollout.errors" : "",
                                              .numbers = "9 of 10 failed",
                                              .back_to = "1.0.0"});
    EXPECT_TRUE(noted) << noted.error().message;
    return noted && *noted;
  }
  template <class Outcome>
  static std::string reason(const Outcome& outcome) {
    return outcome ? "done" : outcome.error().reason;
  }
  std::map<std::string, ReleaseId> ids;
};

TEST_F(Rollouts, GoFromStartToPromotion) {
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial())), "done");
  EXPECT_EQ(told(), "running 1.1.0 beside 1.0.0 step 0");
  EXPECT_EQ((*this)->rollouts(kModel, 1)->front().share_ppm(), 50'000u);
  EXPECT_TRUE(note(Kind::step, "1.1.0", 1));
  EXPECT_FALSE(note(Kind::step, "1.1.0", 1)) << "known already";
  EXPECT_FALSE(note(Kind::step, "1.2.0", 1)) << "of another release";
  EXPECT_EQ(told(), "running 1.1.0 beside 1.0.0 step 1");
  open();
  EXPECT_EQ(told(), "running 1.1.0 beside 1.0.0 step 1") << "after a restart";
  EXPECT_EQ(points_to(), "1.0.0");
  EXPECT_TRUE(note(Kind::promoted, "1.1.0"));
  EXPECT_EQ(told(), "promoted 1.1.0 beside 1.0.0 step 1");
  EXPECT_EQ(points_to(), "1.1.0");
  EXPECT_FALSE(note(Kind::promoted, "1.1.0"));
  EXPECT_TRUE((*this)->examine());
}

TEST_F(Rollouts, AreTakenBackByTheHostsWord) {
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial())), "done");
  EXPECT_TRUE(note(Kind::rolled_back, "1.1.0"));
  EXPECT_EQ(told(), "rolled_back 1.1.0 beside 1.0.0 step 0, 1.1.0 -> 1.0.0 rollout.errors");
  EXPECT_EQ((*this)->rollouts(kModel, 1)->front().numbers, "9 of 10 failed");
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, trial())), "rollout.verdict");
  EXPECT_EQ(reason((*this)->move_alias(reviewer, {kModel, "default", {{"1.1.0"}}, ""})), "rollout.verdict");
  EXPECT_EQ(reason((*this)->move_alias(reviewer, {kModel, "champion", {{"1.1.0"}}, ""})), "done") << "not the default";
  EXPECT_EQ(reason((*this)->forgive(reviewer, kModel, "1.1.0")), "done");
  EXPECT_EQ(reason((*this)->forgive(reviewer, kModel, "1.1.0")), "rollout.no_verdict");
  EXPECT_EQ(told(), "rolled_back 1.1.0 beside 1.0.0 step 0");
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, trial())), "done");
  EXPECT_TRUE(note(Kind::failed, "1.1.0"));
  EXPECT_EQ((*this)->rollouts(kModel, 1)->front().state, RolloutState::failed);
  EXPECT_TRUE((*this)->examine());
}

// After its promotion, or after an alias was moved: the host goes back by itself, the alias stays where it is.
TEST_F(Rollouts, AFreshDefaultIsTakenBackByTheHostsWord) {
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial())), "done");
  ASSERT_EQ(reason((*this)->promote_rollout(reviewer, kModel, "")), "done");
  EXPECT_TRUE(note(Kind::rolled_back, "1.1.0"));
  EXPECT_EQ(told(), "rolled_back 1.1.0 beside 1.0.0 step 0, 1.1.0 -> 1.0.0 rollout.errors");
  EXPECT_FALSE(note(Kind::failed, "1.2.0")) << "no roll-out of it: it may load elsewhere";
  ASSERT_EQ(reason((*this)->move_alias(reviewer, {kModel, "default", {{"1.2.0"}}, ""})), "done");
  EXPECT_TRUE(note(Kind::rolled_back, "1.2.0"));
  EXPECT_FALSE(note(Kind::rolled_back, "9.9.9")) << "not of this catalogue";
}

TEST_F(Rollouts, ADefaultThatDoesNotLoadHasAVerdictWhereAnotherCanAnswer) {
  ASSERT_EQ(reason((*this)->move_alias(reviewer, {kModel, "default", {{"1.1.0"}}, ""})), "done");
  EXPECT_FALSE(note(Kind::failed, "1.2.0")) << "nobody is served by it by default";
  EXPECT_TRUE(note(Kind::failed, "1.1.0"));
  EXPECT_TRUE(told().ends_with(", 1.1.0 -> 1.0.0 "));
  EXPECT_EQ(points_to(), "1.1.0") << "its steps are people's";
  EXPECT_FALSE(note(Kind::failed, "1.1.0")) << "it is no default any more";
  ASSERT_EQ(reason((*this)->forgive(reviewer, kModel, "1.1.0")), "done");
  // The host started anew and has no word of what was before: the alias's steps have.
  const RolloutNews alone{.kind = Kind::failed, .model = kModel, .version = "1.1.0", .reason = "load.golden"};
  EXPECT_EQ((*this)->note_rollout(alone).value_or(false), true);
  EXPECT_TRUE(told().ends_with(", 1.1.0 -> 1.0.0 load.golden"));
  for (const char* version : {"1.0.0", "1.2.0"}) ASSERT_TRUE((*this)->revoke(reviewer, ids[version], "leaks"));
  ASSERT_EQ(reason((*this)->forgive(reviewer, kModel, "1.1.0")), "done");
  EXPECT_EQ((*this)->note_rollout(alone).value_or(true), false) << "nobody is better off";
  EXPECT_TRUE((*this)->examine());
}

TEST_F(Rollouts, TakeNewsOfOtherHosts) {
  const Actor edge{Actor::Kind::operators, "edge", Role::host};
  const auto started = (*this)->start_rollout(reviewer, trial());
  ASSERT_TRUE(started);
  RolloutNews news{.kind = Kind::step, .model = kModel, .version = "1.1.0", .step = 1, .rollout = "roll_other"};
  EXPECT_EQ((*this)->note_rollout(news, edge).value_or(true), false) << "of a roll-out that is over";
  news.rollout = started->id.text;
  news.step = 2;
  EXPECT_EQ((*this)->note_rollout(news, edge).value_or(true), false) << "beyond the last step";
  news.step = 1;
  for (const Actor& other : {auditor, finance, acme})
    EXPECT_EQ(refusal([&] { return (*this)->note_rollout(news, other); }), "role.not_allowed");
  EXPECT_EQ((*this)->note_rollout(news, edge).value_or(false), true);
  EXPECT_EQ(told(), "running 1.1.0 beside 1.0.0 step 1");
  for (const Actor& other : {edge})
    EXPECT_EQ(refusal([&] { return (*this)->pause_rollout(other, kModel, true, ""); }), "role.not_allowed");
  struct Row {
    RolloutNews news;
    const char* reason;
  };
  for (const Row& row :
       {Row{{.kind = Kind::step, .model = "", .version = "1.1.0"}, "rollout.news"},
        Row{{.kind = Kind::step, .model = kModel, .version = "newest"}, "rollout.news"},
        Row{{.kind = Kind::rolled_back, .model = kModel, .version = "1.1.0"}, "rollout.news"},
        Row{{.kind = Kind::rolled_back, .model = kModel, .version = "1.1.0", .reason = "r", .back_to = "before"},
            "rollout.news"},
        Row{{.kind = Kind::rolled_back, .model = kModel, .version = "1.1.0", .reason = "a\x01"}, "text.control"}})
    EXPECT_EQ(refusal([&] { return (*this)->note_rollout(row.news, edge); }), row.reason) << row.news.version;
  news.kind = Kind::rolled_back;
  news.reason = "rollout.errors";
  EXPECT_EQ((*this)->note_rollout(news, edge).value_or(false), true);
  EXPECT_EQ(told(), "rolled_back 1.1.0 beside 1.0.0 step 1, 1.1.0 -> 1.0.0 rollout.errors");
  EXPECT_EQ((*this)->verdicts(kModel)->front().actor, "operator:edge");
  EXPECT_EQ((*this)->audit(auditor, 0, 1, "")->front().actor, "operator:edge");
}

TEST_F(Rollouts, GoBackByOneCommand) {
  const auto back = [&] {
    const auto done = (*this)->roll_back(reviewer, kModel, "why");
    return done ? done->from + " -> " + done->to : done.error().reason;
  };
  EXPECT_EQ(back(), "rollout.no_previous") << "1.1.0 and 1.2.0 are there, and nobody has tried them";
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {{"1.2.0"}}, ""}));
  EXPECT_EQ(back(), "1.2.0 -> 1.0.0") << "where the alias pointed before";
  EXPECT_EQ(points_to(), "1.0.0");
  ASSERT_TRUE((*this)->forgive(reviewer, kModel, "1.2.0"));
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {}, ""}));
  EXPECT_EQ(back(), "1.2.0 -> 1.0.0") << "without an alias the same";
  ASSERT_TRUE((*this)->forgive(reviewer, kModel, "1.2.0"));
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {{"1.1.0"}}, ""}));
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial("1.2.0"))), "done");
  EXPECT_EQ(back(), "1.2.0 -> 1.1.0") << "what is under way";
  EXPECT_EQ(told(), "rolled_back 1.2.0 beside 1.1.0 step 0, 1.2.0 -> 1.1.0 rollout.operator");
  ASSERT_TRUE((*this)->forgive(reviewer, kModel, "1.2.0"));
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial("1.0.0"))), "done");
  ASSERT_EQ(reason((*this)->promote_rollout(reviewer, kModel, "")), "done");
  EXPECT_EQ(back(), "1.0.0 -> 1.1.0") << "what was before the promotion";
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {{"1.1.0", 900'000}, {"1.2.0", 100'000}}, ""}));
  EXPECT_EQ(back(), "1.2.0 -> 1.1.0") << "of a divided default the smaller share";
  EXPECT_EQ(points_to(), "1.1.0");
  EXPECT_TRUE((*this)->examine());
}

// What is named answers; and nobody lands above where people pointed the default.
TEST_F(Rollouts, GoBackToWhatWillAnswer) {
  const auto back = [&] {
    const auto done = (*this)->roll_back(reviewer, kModel, "why");
    return done ? done->from + " -> " + done->to : done.error().reason;
  };
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {{"1.2.0"}}, ""}));
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {{"1.0.0"}}, "not yet"}));
  EXPECT_EQ(back(), "rollout.no_previous") << "1.2.0 is where people moved it away from";
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {{"1.1.0"}}, ""}));
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial("1.2.0"))), "done");
  ASSERT_TRUE((*this)->yank(reviewer, ids["1.1.0"], "broken"));
  EXPECT_EQ(back(), "1.2.0 -> 1.0.0") << "1.1.0 was withdrawn meanwhile";
  EXPECT_TRUE(told().contains(", 1.2.0 -> 1.0.0 rollout.operator")) << told();
  ASSERT_TRUE((*this)->forgive(reviewer, kModel, "1.2.0"));
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {{"1.2.0"}}, ""}));
  EXPECT_EQ(back(), "1.2.0 -> 1.0.0") << "over the one that was withdrawn";
  EXPECT_TRUE((*this)->examine());
}

TEST_F(Rollouts, ArePausedAndGoOn) {
  EXPECT_EQ(reason((*this)->pause_rollout(reviewer, kModel, true, "")), "rollout.none");
  EXPECT_EQ(reason((*this)->promote_rollout(reviewer, kModel, "")), "rollout.none");
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial())), "done");
  EXPECT_EQ(reason((*this)->pause_rollout(reviewer, kModel, false, "")), "rollout.state");
  EXPECT_EQ(reason((*this)->pause_rollout(reviewer, kModel, true, "night")), "done");
  EXPECT_EQ(reason((*this)->pause_rollout(reviewer, kModel, true, "")), "rollout.state");
  EXPECT_FALSE(note(Kind::step, "1.1.0", 1)) << "it stays where it is";
  EXPECT_TRUE(note(Kind::rolled_back, "1.1.0")) << "and is taken back all the same";
}

TEST_F(Rollouts, AreSteeredByThoseWhoMay) {
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial())), "done");
  for (const Actor& other : {auditor, finance, acme, rival}) {
    EXPECT_EQ(refusal([&] { return (*this)->pause_rollout(other, kModel, true, ""); }), "role.not_allowed");
    EXPECT_EQ(refusal([&] { return (*this)->promote_rollout(other, kModel, ""); }), "role.not_allowed");
    EXPECT_EQ(refusal([&] { return (*this)->roll_back(other, kModel, ""); }), "role.not_allowed");
  }
  const std::int64_t before = *(*this)->revision();
  ASSERT_TRUE((*this)->pause_rollout(admin, kModel, true, "night"));
  ASSERT_TRUE((*this)->promote_rollout(admin, kModel, "day"));
  EXPECT_EQ(*(*this)->revision(), before + 2);
  const auto lines = (*this)->audit(auditor, 0, 3, "");
  EXPECT_EQ(lines->at(0).action + " " + lines->at(0).detail, "rollout.promote 1.0.0 -> 1.1.0: day");
  EXPECT_EQ(lines->at(1).action + " " + lines->at(1).detail, "alias.move -> 1.1.0: promoted from 1.0.0");
  EXPECT_EQ(lines->at(2).action + " " + lines->at(2).detail, "rollout.pause 1.1.0: night");
}

TEST_F(Rollouts, AShadowGivesWayToItsTrialAndLeavesNoVerdict) {
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, shadow())), "done");
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, shadow("1.2.0"))), "rollout.active");
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, trial("1.2.0"))), "rollout.active");
  ++now_ms;
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, trial())), "done");
  EXPECT_EQ(told(), "running 1.1.0 beside 1.0.0 step 0");
  EXPECT_EQ((*this)->rollouts(kModel, 10)->at(1).state, RolloutState::ended);
  ASSERT_TRUE((*this)->roll_back(reviewer, kModel, ""));
  ++now_ms;
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, shadow("1.2.0"))), "done");
  ASSERT_TRUE((*this)->roll_back(reviewer, kModel, ""));
  EXPECT_EQ(told(), "ended 1.2.0 beside 1.0.0 step 0, 1.1.0 -> 1.0.0 rollout.operator");
}

TEST_F(Rollouts, EndWithTheirRelease) {
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial())), "done");
  ASSERT_EQ(reason((*this)->deprecate(reviewer, ids["1.1.0"], "old")), "done");
  EXPECT_EQ(told(), "running 1.1.0 beside 1.0.0 step 0");
  ASSERT_EQ(reason((*this)->yank(reviewer, ids["1.1.0"], "broken")), "done");
  EXPECT_EQ(told(), "ended 1.1.0 beside 1.0.0 step 0");
  EXPECT_EQ((*this)->rollouts(kModel, 1)->front().reason, "release.yanked");
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial("1.2.0"))), "done");
  ASSERT_EQ(reason((*this)->revoke_key(admin, "acme", key.public_key().id(), 0, "lost")), "done");
  EXPECT_EQ(told(), "ended 1.2.0 beside 1.0.0 step 0");
  EXPECT_TRUE((*this)->examine());
}

TEST_F(Rollouts, PinTheDefaultWhereNothingDid) {
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {}, ""}));
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, trial("1.2.0"))), "rollout.plan") << "it is the default already";
  ASSERT_EQ(reason((*this)->start_rollout(reviewer, trial("1.1.0"))), "done");
  EXPECT_EQ(points_to(), "1.2.0");
  EXPECT_EQ(reason((*this)->move_alias(reviewer, {kModel, "default", {{"1.0.0"}}, ""})), "rollout.active");
  EXPECT_EQ(reason((*this)->take_back_alias(reviewer, kModel, "default", "")), "rollout.active");
}

TEST_F(Rollouts, OfAModelThatWantsTwoOperatorsAreShadowsAlone) {
  ASSERT_TRUE((*this)->require_approvals(admin, kModel, 1));
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, trial())), "rollout.approval");
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, shadow())), "done");
  EXPECT_EQ(reason((*this)->promote_rollout(reviewer, kModel, "")), "rollout.approval");
}

TEST_F(Rollouts, BadPlansAreRefusedByName) {
  const auto with = [](auto change, RolloutPlan plan = trial()) {
    change(plan);
    return plan;
  };
  const struct {
    RolloutPlan plan;
    std::string_view reason, begins;
  } rows[] = {
      {with([](auto& p) { p.model = ""; }), "rollout.plan", "model: "},
      {with([](auto& p) { p.model = "acme/nothing"; }), "model.unknown", ""},
      {with([](auto& p) { p.version = "one"; }), "rollout.plan", "version: "},
      {with([](auto& p) { p.version = "3.0.0"; }), "version.unknown", ""},
      {with([](auto& p) { p.version = "1.0.0"; }), "rollout.plan", "version: 1.0.0 answers by default already"},
      {with([](auto& p) {
         p.steps_ppm = {};
         p.promotes = false;
       }),
       "rollout.plan", "steps_ppm: is empty"},
      {with([](auto& p) {
         p.steps_ppm = {};
         p.customers = {"vip"};
       }),
       "rollout.plan", "promotes: "},
      {with([](auto& p) { p.steps_ppm = {100, 100}; }), "rollout.plan", "steps_ppm: has 100 behind 100"},
      {with([](auto& p) { p.steps_ppm = {0}; }), "rollout.plan", "steps_ppm: has 0"},
      {with([](auto& p) { p.steps_ppm = {1'000'001}; }), "rollout.plan", "steps_ppm: has 1000001"},
      {with([](auto& p) { p.steps_ppm.assign(33, 1); }), "rollout.plan", "steps_ppm: has 33 steps, limit is 32"},
      {with([](auto& p) { p.customers = {""}; }), "rollout.plan", "customers: "},
      {with([](auto& p) { p.customers = {"a\nb"}; }), "rollout.plan", "customers: "},
      {with([](auto& p) { p.customers = {std::string(257, 'a')}; }), "text.too_long", "customers: "},
      {with([](auto& p) { p.customers.assign(1'001, "a"); }), "rollout.plan", "customers: are 1001"},
      {with([](auto& p) { p.note = std::string(2'001, 'a'); }), "text.too_long", "note: "},
      {with([](auto& p) { p.limits.requests_min = 0; }), "rollout.plan", "limits.requests_min: "},
      {with([](auto& p) { p.limits.window_ms = 0; }), "rollout.plan", "limits.window_ms: "},
      {with([](auto& p) { p.limits.error_margin_ppm = 1'000'001; }), "rollout.plan", "limits.error_margin_ppm: "},
      {with([](auto& p) { p.limits.p99_ratio_percent = 99; }), "rollout.plan", "limits.p99_ratio_percent: "},
      {with([](auto& p) { p.limits.unready_ms = 86'400'001; }), "rollout.plan", "limits.unready_ms: "},
      {with([](auto& p) { p.version = "1.2.0"; }, shadow()), "rollout.plan", "shadow: "},
      {with([](auto& p) { p.shadow->version = ""; }, shadow()), "rollout.plan", "shadow.version: "},
      {with([](auto& p) { p.shadow->share_ppm = 0; }, shadow()), "rollout.plan", "shadow.share_ppm: "},
      {with([](auto& p) { p.shadow->atol_nano = 1'000'000'000'001; }, shadow()), "rollout.plan", "shadow.atol: "},
  };
  for (const auto& row : rows) {
    const auto before = contents_of(file());
    const auto refused = (*this)->start_rollout(reviewer, row.plan);
    ASSERT_FALSE(refused) << row.begins;
    EXPECT_EQ(refused.error().reason, row.reason) << refused.error().message;
    EXPECT_TRUE(refused.error().message.starts_with(row.begins)) << refused.error().message;
    EXPECT_EQ(contents_of(file()), before);
  }
  ASSERT_TRUE((*this)->yank(reviewer, ids["1.1.0"], "broken"));
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, trial())), "rollout.not_published");
  ASSERT_TRUE((*this)->move_alias(reviewer, {kModel, "default", {{"1.0.0", 500'000}, {"1.2.0", 500'000}}, ""}));
  EXPECT_EQ(reason((*this)->start_rollout(reviewer, trial("1.2.0"))), "rollout.divided");
}

TEST_F(Rollouts, AreReadAsTheyWereWritten) {
  RolloutPlan plan = trial("1.1.0", {1, 20, 300});
  plan.customers = {"vip", "c 42"};
  plan.note = "first try";
  plan.limits = {1, 2, 3, 400, 5};
  ASSERT_TRUE((*this)->start_rollout(reviewer, plan));
  open();
  const RolloutRecord read = (*this)->rollouts("", 1)->front();
  EXPECT_EQ(read.plan.customers, plan.customers);
  EXPECT_EQ(read.plan.steps_ppm, plan.steps_ppm);
  EXPECT_TRUE(read.plan.limits == plan.limits && read.plan.promotes && !read.plan.shadow);
  EXPECT_EQ(read.plan.note, plan.note);
  EXPECT_EQ(read.actor, "operator:rita");
  const auto input = (*this)->read_for_resolution();
  ASSERT_TRUE(input);
  ASSERT_EQ(input->rollouts.size(), 1u);
  EXPECT_EQ(input->rollouts[0].id, read.id);
}

}  // namespace
}  // namespace stoa::registry
