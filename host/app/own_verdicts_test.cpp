// own_verdicts_test.cpp: what a host that follows took back by itself, beside what its registry says.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/own_verdicts.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <set>

#include "registry/document/test_folder.hpp"

namespace stoa::app {
namespace {

constexpr std::int64_t kFoundMs = 1'790'000'000'000;

OwnVerdict found(const std::string& version, const std::string& rollout, std::int64_t known_id = 0) {
  return {.record = {.model = "acme/classify",
                     .version = version,
                     .state = "rolled_back",
                     .reason = "rollout.errors",
                     .numbers = "9 of 10 failed",
                     .back_to = "1.0.0",
                     .actor = "here",
                     .at_ms = kFoundMs},
          .rollout = rollout,
          .known_id = known_id,
          .is_for_all = true};
}

registry::RolloutRecord rollout(const std::string& id, const std::string& version) {
  registry::RolloutRecord record;
  record.id.text = id;
  record.plan.model = "acme/classify";
  record.plan.version = version;
  record.plan.steps_ppm = {1'000'000};
  record.stable = "1.0.0";
  return record;
}

registry::VerdictRecord told(std::int64_t id, const std::string& version, bool is_forgiven) {
  registry::VerdictRecord verdict{.id = id, .model = "acme/classify", .version = version, .state = "rolled_back"};
  if (is_forgiven) verdict.forgiven_ms = kFoundMs;
  return verdict;
}

class OwnVerdictsTest : public testing::Test {
 protected:
  OwnVerdicts open() {
    auto own = OwnVerdicts::open(folder.path() / "own_verdicts.json");
    EXPECT_TRUE(own) << own.error().message;
    return std::move(*own);
  }
  // "roll_1; bars 1.1.0; forgives 1.2.0" of what lies over the registry's state.
  static std::string over(OwnVerdicts& own, std::vector<registry::RolloutRecord> rollouts,
                          std::vector<registry::VerdictRecord> verdicts = {},
                          const std::optional<std::set<std::string>>& models = std::nullopt) {
    registry::ResolutionChange change;
    change.is_whole = !models;
    if (models) change.models = *models;
    change.input.rollouts = std::move(rollouts);
    change.input.verdicts = std::move(verdicts);
    EXPECT_TRUE(own.lay_over(change, kFoundMs + 1));
    const registry::ResolutionInput& input = change.input;
    std::string text;
    for (const auto& one : input.rollouts) text += one.id.text;
    for (const auto& one : input.verdicts)
      if (one.id < 0) text += (one.forgiven_ms ? "; forgives " : "; bars ") + one.version;
    return text;
  }
  registry::TestFolder folder;
};

TEST_F(OwnVerdictsTest, BarAReleaseAndEndItsRollOutHere) {
  OwnVerdicts own = open();
  ASSERT_TRUE(own.add(found("1.1.0", "roll_1")));
  EXPECT_EQ(over(own, {rollout("roll_1", "1.1.0")}), "; bars 1.1.0");
  EXPECT_EQ(over(own, {rollout("roll_2", "1.2.0")}), "roll_2; bars 1.1.0") << "of another release";
}

TEST_F(OwnVerdictsTest, AreKnownAfterARestart) {
  {
    OwnVerdicts own = open();
    ASSERT_TRUE(own.add(found("1.1.0", "roll_1")));
    ASSERT_TRUE(own.add(found("1.2.0", "roll_2")));
    ASSERT_TRUE(own.note_told("acme/classify", "1.2.0"));
  }
  OwnVerdicts own = open();
  ASSERT_EQ(own.open_ones().size(), 2u);
  const OwnVerdict& first = own.open_ones()[0];
  EXPECT_EQ(first.record.version, "1.1.0");
  EXPECT_EQ(first.record.numbers, "9 of 10 failed");
  EXPECT_EQ(first.record.back_to, "1.0.0");
  EXPECT_EQ(first.rollout, "roll_1");
  EXPECT_TRUE(first.is_for_all);
  EXPECT_FALSE(first.is_told);
  EXPECT_TRUE(own.open_ones()[1].is_told);
  EXPECT_LT(first.record.id, 0);
  EXPECT_NE(first.record.id, own.open_ones()[1].record.id);
}

TEST_F(OwnVerdictsTest, GiveWayToALaterWordOfTheRegistry) {
  struct Row {
    const char* what;
    std::vector<registry::VerdictRecord> verdicts;
    const char* over;
  };
  for (const Row& row : {Row{"the one from before says nothing of it", {told(7, "1.1.0", true)}, "; bars 1.1.0"},
                         Row{"nor does one of another release", {told(8, "1.2.0", false)}, "; bars 1.1.0"},
                         Row{"the registry has it", {told(8, "1.1.0", false)}, ""},
                         Row{"and has forgiven it", {told(8, "1.1.0", true)}, ""}}) {
    OwnVerdicts own = open();
    ASSERT_TRUE(own.add(found("1.1.0", "roll_1", 7)));
    EXPECT_EQ(over(own, {}, row.verdicts), row.over) << row.what;
    EXPECT_EQ(own.open_ones().empty(), *row.over == 0) << row.what;
    EXPECT_EQ(open().open_ones().empty(), *row.over == 0) << row.what << ", on the disk, too";
    std::filesystem::remove(folder.path() / "own_verdicts.json");
  }
}

TEST_F(OwnVerdictsTest, AreForgivenByAnotherRollOutOfTheRelease) {
  OwnVerdicts own = open();
  ASSERT_TRUE(own.add(found("1.1.0", "roll_1")));
  EXPECT_EQ(over(own, {rollout("roll_2", "1.1.0")}), "roll_2; forgives 1.1.0");
  EXPECT_EQ(over(own, {rollout("roll_2", "1.1.0")}), "roll_2; forgives 1.1.0") << "whoever asks again";
  EXPECT_TRUE(open().open_ones().empty());
  auto ended = rollout("roll_3", "1.2.0");
  ended.state = registry::RolloutState::promoted;
  ASSERT_TRUE(own.add(found("1.2.0", "")));
  EXPECT_EQ(over(own, {ended}), "; bars 1.2.0; forgives 1.1.0") << "a promotion is no new trial";
}

TEST_F(OwnVerdictsTest, ConcernWhatIsToldOfTheirModelsAlone) {
  OwnVerdicts own = open();
  ASSERT_TRUE(own.add(found("1.1.0", "roll_1")));
  ASSERT_TRUE(own.add(found("1.2.0", "roll_2")));
  EXPECT_EQ(over(own, {rollout("roll_3", "1.2.0")}, {}, std::set<std::string>{"acme/classify"}),
            "roll_3; bars 1.1.0; forgives 1.2.0");
  EXPECT_EQ(over(own, {}, {}, std::set<std::string>{"acme/other"}), "") << "nothing is told of its model";
  EXPECT_EQ(own.open_ones().size(), 1u);
}

TEST_F(OwnVerdictsTest, AFileOfSomethingElseIsRefused) {
  for (const char* text : {"", "[]", "{\"verdicts\":[{}]}", "{\"verdicts\":[],\"more\":1}"}) {
    std::ofstream(folder.path() / "own_verdicts.json") << text;
    const auto own = OwnVerdicts::open(folder.path() / "own_verdicts.json");
    ASSERT_FALSE(own) << text;
    EXPECT_EQ(own.error().reason, "follow.verdicts") << text;
  }
}

}  // namespace
}  // namespace stoa::app
