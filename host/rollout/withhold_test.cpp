// withhold_test.cpp: a release that may not be here for a while: it goes alone, and comes back as the plan that holds
// then says. SPDX-License-Identifier: Apache-2.0
#include "host/rollout/rollout.hpp"
#include "host/rollout/test_rollout.hpp"

namespace stoa::rollout {
namespace {

class WithholdTest : public ::testing::Test, protected Bench {
 protected:
  WithholdTest() {
    release("1.0.0", "", 'a');
    release("1.1.0", "", 'b');
    release("1.2.0", "", 'a');
  }
  std::string answers(const std::string& version = "") {
    const Answer answer = ask("", version);
    return answer.error.empty() ? answer.name : answer.error;
  }
  void withhold(const std::string& version) {
    rollout.withhold({kModel, version}, "licence.expired");
    EXPECT_NE(answers(version), version) << "at once";
    settle();
    EXPECT_FALSE(status_of(version).statistics) << version << " is loaded";
  }
  void readmit(const std::string& version) {
    rollout.readmit({kModel, version});
    settle();
  }
  void adopt(const std::string& version) {
    auto model = load({kModel, version}, {});
    ASSERT_TRUE(model.has_value());
    ASSERT_TRUE(rollout.adopt(*model).has_value());
  }
};

TEST_F(WithholdTest, TheStableOneGoesAloneAndTheWayBackStays) {
  TrafficPlan made = plan("1.1.0");
  made.pinned = {"1.0.0"};
  apply(plan("1.0.0"));
  apply(made);
  withhold("1.1.0");
  EXPECT_EQ(answers(), "model.not_ready") << "nothing takes its place";
  EXPECT_EQ(answers("1.0.0"), "1.0.0");
  apply(made);
  EXPECT_EQ(answers("1.1.0"), "model.version_unknown") << "the plan names it: that is no licence";
  EXPECT_EQ(loads["1.1.0"], 1);
  readmit("1.1.0");
  EXPECT_EQ(answers(), "1.1.0");
  EXPECT_EQ(answers("1.0.0"), "1.0.0");
  EXPECT_EQ(loads["1.1.0"], 2);
  EXPECT_EQ(rollout.roll_back(kModel).value_or(""), "1.0.0");
  EXPECT_EQ(answers(), "1.0.0");
}

TEST_F(WithholdTest, ItComesBackAsThePlanThatHoldsThenSays) {
  TrafficPlan made = plan("1.1.0");
  made.pinned = {"1.2.0"};
  apply(made);
  withhold("1.1.0");
  withhold("1.2.0");
  EXPECT_EQ(answers(), "model.not_ready") << "there is one, and nobody is given it now";
  made.stable = "1.0.0";
  apply(made);
  EXPECT_EQ(answers(), "1.0.0");
  readmit("1.1.0");
  EXPECT_EQ(answers(), "1.0.0") << "no plan names the other any more";
  EXPECT_EQ(loads["1.1.0"], 1);
  readmit("1.2.0");
  EXPECT_EQ(answers("1.2.0"), "1.2.0");
  EXPECT_EQ(answers(), "1.0.0");
}

TEST_F(WithholdTest, ATrialEndsWithItsReleaseAndWithTheOneItIsComparedTo) {
  TrafficPlan made = plan("1.0.0");
  made.candidate = CandidatePlan{"1.1.0", {}, {1'000'000}, false};
  apply(made);
  EXPECT_EQ(ask("c1").name, "1.1.0");
  withhold("1.1.0");
  EXPECT_EQ(ask("c1").name, "1.0.0");
  EXPECT_EQ(status().candidate, "");
  readmit("1.1.0");
  EXPECT_EQ(ask("c1").name, "1.1.0");
  withhold("1.0.0");
  pass(2 * kSecondNs);
  readmit("1.0.0");
  EXPECT_EQ(answers(), "1.0.0");
  EXPECT_EQ(ask("c1").name, "1.1.0");
}

TEST_F(WithholdTest, WithoutAPlanTheHighestThatIsLeftIsTheDefault) {
  adopt("1.0.0");
  adopt("1.1.0");
  withhold("1.1.0");
  EXPECT_EQ(answers(), "1.0.0");
  readmit("1.1.0");
  EXPECT_EQ(answers(), "1.1.0") << "it is loaded again though no plan asks for it";
  EXPECT_EQ(answers("1.0.0"), "1.0.0");
  rollout.bring({kModel, "1.2.0"});
  settle();
  EXPECT_EQ(answers(), "1.2.0") << "nobody had loaded it";
  EXPECT_EQ(answers("1.1.0"), "1.1.0");
}

TEST_F(WithholdTest, WhatNobodyKnowsDoesNotComeByAPlanNorBesideOne) {
  rollout.withhold({kModel, "1.0.0"}, "licence.none");
  apply(plan("1.0.0"));
  EXPECT_EQ(loads["1.0.0"], 0);
  readmit("1.0.0");
  EXPECT_EQ(answers(), "1.0.0");
  readmit("1.1.0");
  rollout.bring({kModel, "1.1.0"});
  settle();
  EXPECT_EQ(answers("1.1.0"), "model.version_unknown") << "the plan decides";
}

TEST_F(WithholdTest, WhatHadBegunIsAnsweredAndThenItEndsAndComesBack) {
  adopt("1.0.0");
  auto routed = catalog.route(kModel, "", {}).value();
  rollout.withhold({kModel, "1.0.0"}, "licence.expired");
  settle();
  EXPECT_EQ(Bench::ask(routed, "hello").name, "1.0.0");
  rollout.readmit({kModel, "1.0.0"});
  settle();
  EXPECT_EQ(answers(), "1.0.0");
  EXPECT_EQ(loads["1.0.0"], 1) << "it had not gone yet";
  rollout.withhold({kModel, "1.0.0"}, "licence.expired");
  pass(61 * kSecondNs);  // drained, though somebody still has it
  EXPECT_EQ(state_of("1.0.0"), ReleaseState::draining);
  rollout.readmit({kModel, "1.0.0"});
  settle();
  EXPECT_EQ(state_of("1.0.0"), ReleaseState::draining) << "it takes nothing any more: first it ends";
  routed = {};
  settle();
  EXPECT_EQ(answers(), "1.0.0");
  EXPECT_EQ(loads["1.0.0"], 2);
}

TEST_F(WithholdTest, OneThatFailedForWantOfItIsTriedAgain) {
  release("1.0.0", "cold");
  apply(plan("1.0.0"));
  ASSERT_EQ(state_of("1.0.0"), ReleaseState::failed);
  release("1.0.0");
  readmit("1.0.0");
  EXPECT_EQ(answers(), "1.0.0");
}

}  // namespace
}  // namespace stoa::rollout
