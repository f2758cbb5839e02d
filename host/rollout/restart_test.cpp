// restart_test.cpp: a trial that goes on at the step it had reached, and a model that is withdrawn.
// SPDX-License-Identifier: Apache-2.0
#include "host/rollout/test_rollout.hpp"

namespace stoa::rollout {
namespace {

class RolloutRestart : public ::testing::Test, protected Bench {
 protected:
  RolloutRestart() {
    release("1.0.0", "", 'a');
    release("1.1.0", "", 'b');
  }
  TrafficPlan trial(std::size_t first_step) {
    TrafficPlan made = plan("1.0.0");
    made.candidate = CandidatePlan{"1.1.0", {}, {1, 500'000, 1'000'000}, true, first_step};
    made.limits.p99_ratio_max = 0;
    return made;
  }
};

TEST_F(RolloutRestart, ATrialBeginsAtTheStepItHadReached) {
  apply(trial(1));
  EXPECT_EQ(status().candidate_ppm, 500'000u);
  for (int i = 0; i < 200; ++i) ask("c" + std::to_string(i));
  pass(2 * kSecondNs);
  EXPECT_EQ(status().candidate_ppm, 1'000'000u);
  EXPECT_EQ(status().steps.back().trial_step, 2u);
  // The same plan, told again by who has not heard of the step yet: nothing goes back.
  apply(trial(1));
  EXPECT_EQ(status().candidate_ppm, 1'000'000u);
  EXPECT_EQ(rollout.apply(trial(3)).error().reason, "rollout.plan");
}

// The catalogue is ahead, because another host has seen enough; it never leads back.
TEST_F(RolloutRestart, AStepOfAnotherHostIsThisOnesToo) {
  apply(trial(0));
  ASSERT_NE(status().candidate_ppm, 1'000'000u);
  const auto first = status().candidate_ppm;
  apply(trial(1));
  EXPECT_GT(status().candidate_ppm, first);
  const auto second = status().candidate_ppm;
  apply(trial(0));
  EXPECT_EQ(status().candidate_ppm, second);
}

TEST_F(RolloutRestart, WhatDoesNotComeUpSaysWhoAnswersOn) {
  release("1.2.0", "cold");
  apply(plan("1.0.0"));
  apply(plan("1.2.0"));
  const auto& steps = status().steps;
  const auto verdict = std::ranges::find(steps, ReleaseState::failed, &Step::to);
  ASSERT_NE(verdict, steps.end());
  EXPECT_EQ(verdict->version + " -> " + verdict->answers, "1.2.0 -> 1.0.0");
  EXPECT_TRUE(verdict->is_default);
}

TEST_F(RolloutRestart, AVerdictSaysWhoAnswersInstead) {
  apply(plan("1.0.0"));
  apply(plan("1.1.0"));
  ASSERT_EQ(rollout.roll_back(kModel).value_or(""), "1.0.0");
  const auto& steps = status().steps;
  const auto verdict = std::ranges::find(steps, ReleaseState::rolled_back, &Step::to);
  ASSERT_NE(verdict, steps.end());
  EXPECT_EQ(verdict->version + " -> " + verdict->answers, "1.1.0 -> 1.0.0");
}

// An operator went back: what answers again is not held against what was taken back, and never gives way to it.
TEST_F(RolloutRestart, WhatWasTakenBackIsNoWayBack) {
  apply(plan("1.0.0"));
  apply(plan("1.1.0"));
  TrafficPlan back = plan("1.0.0");
  back.barred = {"1.1.0"};
  apply(back);
  EXPECT_EQ(ask().name, "1.0.0");
  EXPECT_EQ(status().previous, "");
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::ended) << "nobody needs it any more";
  EXPECT_EQ(rollout.roll_back(kModel).error().reason, "rollout.no_previous");
}

// Withdrawn meanwhile: what was N-1 is held ready for nobody.
TEST_F(RolloutRestart, WhatIsBarredLaterIsNoWayBackEither) {
  apply(plan("1.0.0"));
  apply(plan("1.1.0"));
  ASSERT_EQ(status().previous, "1.0.0");
  TrafficPlan same = plan("1.1.0");
  same.barred = {"1.0.0"};
  apply(same);
  EXPECT_EQ(ask().name, "1.1.0");
  EXPECT_EQ(status().previous, "");
  EXPECT_EQ(rollout.roll_back(kModel).error().reason, "rollout.no_previous");
}

// What is on its way has not been revoked, whatever else was.
TEST_F(RolloutRestart, WhileItsDefaultLoadsAModelIsNotReady) {
  ASSERT_TRUE(rollout.apply(plan("1.0.0")));
  EXPECT_EQ(ask().error, "model.not_ready") << "the first one";
  settle();
  EXPECT_EQ(ask().name, "1.0.0");
  rollout.revoke({kModel, "1.0.0"});
  EXPECT_EQ(ask().error, "release.revoked");
  ASSERT_TRUE(rollout.apply(plan("1.1.0")));
  EXPECT_EQ(ask().error, "model.not_ready");
  EXPECT_EQ(ask("", "1.0.0").error, "release.revoked") << "who names it";
  settle();
  EXPECT_EQ(ask().name, "1.1.0");
}

TEST_F(RolloutRestart, WithoutADefaultWhatIsPinnedAnswersWhoNamesIt) {
  apply(plan("1.0.0"));
  TrafficPlan none = plan("");
  EXPECT_EQ(rollout.apply(none).error().reason, "rollout.plan");
  none.pinned = {"1.1.0"};
  apply(none);
  EXPECT_EQ(ask().error, "model.not_ready");
  EXPECT_EQ(ask("", "1.1.0").name, "1.1.0");
  EXPECT_EQ(ask("", "1.0.0").error, "model.version_unknown");
  EXPECT_EQ(state_of("1.0.0"), ReleaseState::ended);
  none.candidate = CandidatePlan{"1.0.0", {}, {1}, false};
  EXPECT_EQ(rollout.apply(none).error().reason, "rollout.plan");
  apply(plan("1.0.0"));
  EXPECT_EQ(ask().name, "1.0.0");
}

TEST_F(RolloutRestart, AModelThatIsWithdrawnIsGoneAndMayComeBack) {
  TrafficPlan made = trial(0);
  made.pinned = {"1.1.0"};
  made.candidate.reset();
  apply(made);
  const auto routed = catalog.route(kModel, "", {}).value();
  rollout.withdraw(kModel);
  EXPECT_EQ(ask().error, "model.unknown");
  EXPECT_EQ(ask("", "1.1.0").error, "model.unknown");
  EXPECT_EQ(Bench::ask(routed, "hello").name, "1.0.0") << "who found it is answered";
  settle();
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::ended);
  rollout.withdraw(kModel);
  rollout.withdraw("stoa-tests/unknown");
  apply(plan("1.1.0"));
  EXPECT_EQ(ask().name, "1.1.0");
}

TEST_F(RolloutRestart, AWithdrawnTrialAndShadowEnd) {
  apply(trial(0));
  ASSERT_EQ(status().candidate, "1.1.0");
  rollout.withdraw(kModel);
  settle();
  EXPECT_EQ(status().candidate, "");
  EXPECT_EQ(ask("c1").error, "model.unknown");
  TrafficPlan made = plan("1.0.0");
  made.shadow = ShadowPlan{.version = "1.1.0"};
  apply(made);
  ASSERT_TRUE(status().shadow);
  rollout.withdraw(kModel);
  settle();
  EXPECT_FALSE(status().shadow);
  for (const auto& release : status().releases) EXPECT_EQ(release.state, ReleaseState::ended) << release.version;
}

}  // namespace
}  // namespace stoa::rollout
