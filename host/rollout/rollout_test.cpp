// rollout_test.cpp: plans, trials, verdicts and ways back, over real plugins and a clock of the test's own.
// SPDX-License-Identifier: Apache-2.0
#include "host/rollout/rollout.hpp"

#include "host/rollout/test_rollout.hpp"

namespace stoa::rollout {
namespace {

class RolloutTest : public ::testing::Test, protected Bench {
 protected:
  RolloutTest() {
    release("1.0.0", "", 'a');
    release("1.1.0", "", 'b');
  }
  // So many customers, each once.
  void ask_customers(int n) {
    for (int i = 0; i < n; ++i) ask("c" + std::to_string(i));
  }
  std::string answers(const std::string& customer = "", const std::string& version = "") {
    const Answer answer = ask(customer, version);
    return answer.error.empty() ? answer.name : answer.error;
  }
  TrafficPlan trial(std::vector<std::uint32_t> steps, bool promotes = false) {
    TrafficPlan made = plan("1.0.0");
    made.candidate = CandidatePlan{"1.1.0", {}, std::move(steps), promotes};
    made.limits.p99_ratio_max = 0;
    return made;
  }
};

TEST_F(RolloutTest, GoesThroughItsStatesInOrder) {
  apply(plan("1.0.0"));
  EXPECT_EQ(told, "1.0.0:loading 1.0.0:warming 1.0.0:proving 1.0.0:ready 1.0.0:serving ");
  EXPECT_EQ(answers(), "1.0.0");
  told.clear();
  TrafficPlan next = plan("1.1.0");
  next.keeps_previous = false;
  apply(next);
  EXPECT_EQ(answers(), "1.1.0");
  EXPECT_EQ(told, "1.1.0:loading 1.1.0:warming 1.1.0:proving 1.1.0:ready 1.1.0:serving 1.0.0:ready ");
  told.clear();
  ask_customers(60);
  for (int i = 0; i < 11; ++i) pass(kSecondNs);  // watched, and believed: nobody needs the old one any more
  EXPECT_EQ(told, "1.0.0:draining 1.0.0:ended ");
  EXPECT_EQ(loads["1.0.0"], 1);
}

TEST_F(RolloutTest, TheSamePlanAgainChangesNothing) {
  apply(plan("1.0.0"));
  const std::string before = told;
  apply(plan("1.0.0"));
  EXPECT_EQ(told, before);
}

TEST_F(RolloutTest, AdoptedReleasesAreServedUntilAPlanSaysMore) {
  for (const char* version : {"1.0.0", "1.1.0"}) {
    auto model = load({kModel, version}, {});
    ASSERT_TRUE(model.has_value());
    ASSERT_TRUE(rollout.adopt(*model).has_value());
    EXPECT_EQ(rollout.adopt(*model).error().reason, "model.exists");
  }
  settle();
  EXPECT_EQ(answers(), "1.1.0") << "the highest";
  EXPECT_EQ(answers("", "1.0.0"), "1.0.0");
  release("1.2.0");
  sources["1.2.0"].models[0].config_json = "1.2.0 cold";
  apply(plan("1.2.0"));
  EXPECT_EQ(answers(), "1.1.0") << "until the plan's own release is there";
  release("1.2.0");
  ASSERT_TRUE(rollout.forgive({kModel, "1.2.0"}).has_value());
  settle();
  EXPECT_EQ(answers(), "1.2.0");
  EXPECT_EQ(answers("", "1.0.0"), "model.version_unknown") << "the plan pins nothing";
}

TEST_F(RolloutTest, WhatDoesNotLoadOrProveNeverAnswers) {
  apply(plan("1.0.0"));
  release("1.1.0", "cold");
  apply(plan("1.1.0"));
  EXPECT_EQ(answers(), "1.0.0");
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::failed);
  EXPECT_NE(status_of("1.1.0").reason.find("versioned.cold"), std::string::npos);

  release("1.2.0");
  runtime::GoldenCase golden;
  golden.name = "wrong";
  golden.model = "fixture";
  golden.inputs = {runtime::text_input("this")};
  golden.outputs = {{"text", runtime::text_input("that"), 0, 0}};
  sources["1.2.0"].golden = {golden};
  TrafficPlan next = plan("1.0.0");
  next.candidate = CandidatePlan{"1.2.0", {"c1"}, {1'000'000}, false};
  apply(next);
  EXPECT_EQ(state_of("1.2.0"), ReleaseState::failed);
  EXPECT_NE(status_of("1.2.0").reason.find("plugin.golden"), std::string::npos);
  EXPECT_EQ(answers("c1"), "1.0.0");
  apply(next);
  EXPECT_EQ(loads["1.2.0"], 1) << "a failed one is not tried again and again";
  sources["1.2.0"].golden.clear();
  ASSERT_TRUE(rollout.forgive({kModel, "1.2.0"}).has_value());
  settle();
  EXPECT_EQ(answers("c1"), "1.2.0");
}

TEST_F(RolloutTest, SharesAreWhatThePlanSaysAndCustomersStay) {
  constexpr int kCustomers = 10'000;
  std::vector<bool> had_it(kCustomers);
  for (const std::uint32_t ppm : {10'000u, 100'000u, 500'000u, 1'000'000u}) {
    apply(trial({ppm}));
    int count = 0;
    for (int i = 0; i < kCustomers; ++i) {
      const std::string customer = "customer-" + std::to_string(i);
      const auto version = [&](const inference::Asker& asker) {
        return catalog.route(kModel, "", asker).value().model->spec().version;
      };
      const bool has_it = version({customer, "", ""}) == "1.1.0";
      count += has_it ? 1 : 0;
      ASSERT_TRUE(has_it || !had_it[i]) << customer << " had it at a smaller share";
      ASSERT_EQ(has_it, version({customer, "s" + std::to_string(i), "r"}) == "1.1.0") << "the customer decides";
      ASSERT_EQ(has_it, version({"", customer, "r"}) == "1.1.0") << "without one, the session";
      ASSERT_EQ(has_it, version({"", "", customer}) == "1.1.0") << "without that, the request";
      had_it[i] = has_it;
    }
    const double share = ppm / 1e6, sigma = std::sqrt(kCustomers * share * (1 - share));
    EXPECT_NEAR(count, kCustomers * share, 4 * sigma) << ppm;
  }
  EXPECT_EQ(catalog.find(kModel, "").value()->spec().version, "1.0.0") << "who is nobody gets the stable one";
}

TEST_F(RolloutTest, ChosenCustomersGetItAndNobodyElse) {
  TrafficPlan made = trial({});
  made.candidate->customers = {"acme", "initech"};
  apply(made);
  EXPECT_EQ(answers("acme"), "1.1.0");
  EXPECT_EQ(answers("initech"), "1.1.0");
  EXPECT_EQ(answers("other"), "1.0.0");
  EXPECT_EQ(answers(""), "1.0.0");
  EXPECT_EQ(answers("other", "1.1.0"), "1.1.0") << "by exact version";
  made.candidate->customers = {"initech"};
  apply(made);
  EXPECT_EQ(answers("acme"), "1.0.0");
}

TEST_F(RolloutTest, StepsHoldForAWindowAndThenItIsPromoted) {
  apply(trial({100'000, 500'000}, true));
  EXPECT_EQ(status().candidate_ppm, 100'000u);
  pass(5 * kSecondNs);
  EXPECT_EQ(status().candidate_ppm, 100'000u) << "nobody asked: nothing is proved";
  ask_customers(1000);
  settle();
  EXPECT_EQ(status().candidate_ppm, 500'000u);
  ask_customers(1000);
  pass(kSecondNs / 2);
  EXPECT_EQ(status().candidate_ppm, 500'000u) << "half a window";
  pass(kSecondNs);
  EXPECT_EQ(status().stable, "1.1.0");
  EXPECT_EQ(status().candidate, "");
  EXPECT_EQ(answers(), "1.1.0");
  EXPECT_EQ(status().previous, "1.0.0");
  apply(trial({100'000, 500'000}, true));
  EXPECT_EQ(answers(), "1.1.0") << "the old plan again";
  apply(plan("1.1.0"));
  EXPECT_EQ(answers(), "1.1.0") << "the plan that has caught up";
}

TEST_F(RolloutTest, ACandidateThatFailsIsTakenBackWithItsNumbers) {
  release("1.1.0", "fails");
  apply(trial({200'000}));
  ask_customers(100);
  settle();
  EXPECT_EQ(status().candidate, "1.1.0") << "fewer than 50 of its own";
  ask_customers(400);
  settle();
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::rolled_back);
  EXPECT_EQ(status().candidate, "");
  const std::string reason = status_of("1.1.0").reason;
  EXPECT_TRUE(reason.starts_with("rollout.errors: ")) << reason;
  EXPECT_NE(reason.find(" failed against 0 of "), std::string::npos) << reason;
  for (int i = 0; i < 300; ++i) ASSERT_EQ(answers("c" + std::to_string(i)), "1.0.0");
  apply(trial({200'000}));
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::rolled_back) << "the plan still names it: that is no pardon";
  EXPECT_FALSE(status_of("1.1.0").statistics) << "unloaded";
}

TEST_F(RolloutTest, ACandidateThatIsSlowIsTakenBack) {
  release("1.1.0", "slow");
  TrafficPlan made = trial({500'000});
  made.limits.p99_ratio_max = 2;
  apply(made);
  // On a loaded machine the stable release dawdles too; one more round is then needed until the numbers are clear.
  for (int round = 0; round < 20 && state_of("1.1.0") != ReleaseState::rolled_back; ++round) {
    ask_customers(150);
    settle();
  }
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::rolled_back);
  EXPECT_TRUE(status_of("1.1.0").reason.starts_with("rollout.latency: ")) << status_of("1.1.0").reason;
}

TEST_F(RolloutTest, AFreshStableReleaseIsWatchedAndTakenBack) {
  release("1.1.0", "fails");
  apply(plan("1.0.0"));
  ask_customers(100);
  apply(plan("1.1.0"));
  EXPECT_EQ(answers(), "versioned.fails");
  ask_customers(100);
  settle();
  EXPECT_EQ(answers(), "1.0.0");
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::rolled_back);
  EXPECT_EQ(loads["1.0.0"], 1) << "it was kept";
  apply(plan("1.1.0"));
  EXPECT_EQ(answers(), "1.0.0") << "the plan still names it: that is no pardon";
  release("1.2.0");
  apply(plan("1.2.0"));
  EXPECT_EQ(answers(), "1.2.0") << "another release is another matter";
}

TEST_F(RolloutTest, ACandidateThatTakesNoRequestsIsTakenBack) {
  sources["1.1.0"] = runtime::fixture_source("life");
  sources["1.1.0"].models[0].version = "1.1.0";
  apply(trial({1'000'000}));
  const auto model = catalog.find(kModel, "1.1.0").value();
  ASSERT_EQ(ask("c1", "1.1.0", "sicken").error, "");
  EXPECT_FALSE(model->check_health(1, 0).has_value());
  settle();
  EXPECT_EQ(status().candidate, "1.1.0") << "it may get well";
  pass(6 * kSecondNs);
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::rolled_back);
  EXPECT_EQ(status_of("1.1.0").reason, "rollout.unready");
  EXPECT_EQ(answers("c1"), "1.0.0");
}

TEST_F(RolloutTest, OneCallGoesBackToTheReleaseBefore) {
  apply(plan("1.0.0"));
  EXPECT_EQ(rollout.roll_back(kModel).error().reason, "rollout.no_previous");
  EXPECT_EQ(rollout.roll_back("a/b").error().reason, "model.unknown");
  apply(plan("1.1.0"));
  EXPECT_EQ(rollout.roll_back(kModel).value_or(""), "1.0.0");
  EXPECT_EQ(answers(), "1.0.0") << "before any step: it was kept";
  EXPECT_EQ(rollout.roll_back(kModel).error().reason, "rollout.no_previous") << "there is one way back, not two";
  settle();
  EXPECT_EQ(state_of("1.1.0"), ReleaseState::rolled_back);
}

TEST_F(RolloutTest, GoesBackToOneThatHasToBeLoadedAgain) {
  apply(plan("1.0.0"));
  TrafficPlan next = plan("1.1.0");
  next.keeps_previous = false;
  apply(next);
  for (int i = 0; i < 11; ++i) pass(kSecondNs);
  ASSERT_EQ(state_of("1.0.0"), ReleaseState::ended);
  EXPECT_EQ(rollout.roll_back(kModel).value_or(""), "1.0.0");
  EXPECT_EQ(answers(), "1.1.0") << "until the other is there";
  settle();
  EXPECT_EQ(answers(), "1.0.0");
  EXPECT_EQ(loads["1.0.0"], 2);
}

TEST_F(RolloutTest, RollingBackATrialEndsIt) {
  apply(trial({1'000'000}));
  EXPECT_EQ(answers("c1"), "1.1.0");
  EXPECT_EQ(rollout.roll_back(kModel).value_or(""), "1.0.0");
  EXPECT_EQ(answers("c1"), "1.0.0");
  EXPECT_EQ(status_of("1.1.0").reason, "rollout.operator");
}

TEST_F(RolloutTest, RevokingTheStableOneHandsOverToTheOneBefore) {
  apply(plan("1.0.0"));
  apply(plan("1.1.0"));
  rollout.revoke({kModel, "1.1.0"});
  EXPECT_EQ(answers(), "1.0.0");
  EXPECT_EQ(answers("", "1.1.0"), "release.revoked");
  rollout.revoke({kModel, "1.0.0"});
  EXPECT_EQ(answers(), "release.revoked") << "nothing is left";
  settle();
  for (const char* version : {"1.0.0", "1.1.0"}) {
    EXPECT_EQ(state_of(version), ReleaseState::revoked);
    EXPECT_FALSE(status_of(version).statistics) << "unloaded";
    EXPECT_EQ(rollout.forgive({kModel, version}).error().reason, "rollout.no_verdict") << "for good";
  }
  rollout.revoke({kModel, "1.2.0"});
  release("1.2.0");
  apply(plan("1.2.0"));
  EXPECT_EQ(answers(), "release.revoked");
  EXPECT_EQ(loads["1.2.0"], 0) << "revoked before it came";
}

TEST_F(RolloutTest, ALoaderThatGivesAnotherReleaseIsNotBelieved) {
  sources["1.1.0"] = sources["1.0.0"];
  apply(plan("1.1.0"));
  EXPECT_TRUE(status_of("1.1.0").reason.starts_with("rollout.other_release")) << status_of("1.1.0").reason;
  EXPECT_EQ(answers(), "model.not_ready");
}

// A request that found a release keeps it: it is unloaded after, not under it.
TEST_F(RolloutTest, ARequestThatFoundTheOldReleaseIsStillAnswered) {
  apply(plan("1.0.0"));
  auto routed = catalog.route(kModel, "", {}).value();
  TrafficPlan next = plan("1.1.0");
  next.keeps_previous = false;
  apply(next);
  for (int i = 0; i < 11; ++i) pass(kSecondNs);
  EXPECT_EQ(state_of("1.0.0"), ReleaseState::ready) << "somebody has it";
  EXPECT_EQ(Bench::ask(routed, "hello").name, "1.0.0");
  routed = {};
  settle();
  EXPECT_EQ(state_of("1.0.0"), ReleaseState::ended);
}

TEST_F(RolloutTest, ARequestThatKeepsItForEverIsNotWaitedFor) {
  apply(plan("1.0.0"));
  const auto routed = catalog.route(kModel, "", {}).value();
  TrafficPlan next = plan("1.1.0");
  next.keeps_previous = false;
  apply(next);
  for (int i = 0; i < 11; ++i) pass(kSecondNs);
  pass(61 * kSecondNs);
  EXPECT_EQ(Bench::ask(routed, "hello").error, "model.draining");
}

TEST(ReleaseState, ItsStepsAreThoseOfTheDrawing) {
  using enum ReleaseState;
  EXPECT_TRUE(is_legal(waiting, loading) && is_legal(loading, warming) && is_legal(warming, proving));
  EXPECT_TRUE(is_legal(proving, ready) && is_legal(ready, shifting) && is_legal(shifting, serving));
  EXPECT_TRUE(is_legal(serving, ready) && is_legal(ready, draining) && is_legal(draining, ended));
  EXPECT_TRUE(is_legal(ended, waiting) && is_legal(shifting, rolled_back) && is_legal(rolled_back, ready));
  for (int from = 0; from <= static_cast<int>(revoked); ++from) {
    const auto state = static_cast<ReleaseState>(from);
    EXPECT_FALSE(is_legal(revoked, state)) << name_of(state) << ": revoked is the end";
    EXPECT_EQ(is_legal(state, loading), state == waiting) << name_of(state);
  }
  EXPECT_FALSE(is_legal(failed, serving) || is_legal(rolled_back, serving) || is_legal(loading, serving));
}

}  // namespace
}  // namespace stoa::rollout
