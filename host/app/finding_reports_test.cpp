// finding_reports_test.cpp: what a host that follows makes of the changes it hears, where nobody hears it.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/finding_reports.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>

#include "registry/document/test_folder.hpp"

namespace stoa::app {
namespace {

const std::string kTried = "acme/classify", kTalk = "acme/talk";

registry::RolloutRecord trial_of(const std::string& model, const std::string& id, const std::string& version) {
  registry::RolloutRecord record;
  record.id.text = id;
  record.plan = {.model = model, .version = version, .steps_ppm = {100'000, 1'000'000}};
  record.stable = "1.0.0";
  record.state = registry::RolloutState::running;
  return record;
}

registry::ResolutionChange change_of(std::vector<registry::RolloutRecord> rollouts, std::set<std::string> models) {
  registry::ResolutionChange change;
  change.is_whole = models.empty();
  change.models = std::move(models);
  change.input.rollouts = std::move(rollouts);
  return change;
}

class FindingReportsTest : public testing::Test {
 protected:
  FindingReportsTest() {
    log = *Log::open({.level = "info", .format = LogFormat::text, .file = folder / "host.log", .access = false});
    auto opened = FindingReports::open(
        {.config = config, .folder = folder.path(), .log = *log, .changed = [this] { moved.set_value(); }});
    EXPECT_TRUE(opened) << opened.error().message;
    reports = std::move(*opened);
    reports->start();
  }
  // "roll_1 paused; bars 1.1.0" of what is left of it.
  std::string text_of(registry::ResolutionChange change) {
    change = reports->complete(std::move(change));
    std::string text;
    for (const auto& one : change.input.rollouts) text += fmt::format("{} {}; ", one.id.text, name_of(one.state));
    for (const auto& one : change.input.verdicts) text += fmt::format("bars {} {}; ", one.model, one.version);
    return text;
  }

  registry::TestFolder folder;
  FollowConfig config{.url = "http://127.0.0.1:1", .trusted_root = {}, .token_file = {}, .ca_file = {}};
  std::unique_ptr<Log> log;
  std::promise<void> moved;
  std::unique_ptr<FindingReports> reports;  // its thread ends first
};

TEST_F(FindingReportsTest, AnOwnVerdictChangesItsModelAloneWhateverIsHeardNext) {
  const auto classify = trial_of(kTried, "roll_1", "1.1.0"), talk = trial_of(kTalk, "roll_2", "1.1.0");
  EXPECT_EQ(text_of(change_of({classify, talk}, {})), "roll_1 paused; roll_2 paused; ") << "nobody is told of a step";
  EXPECT_EQ(text_of(change_of({}, {kTalk})), "") << "it has ended";
  EXPECT_TRUE(reports->take_changed().empty());
  reports->note(kTried, {.version = "1.1.0",
                         .from = rollout::ReleaseState::shifting,
                         .to = rollout::ReleaseState::rolled_back,
                         .why = "rollout.errors: 9 of 10 failed",
                         .answers = "1.0.0"});
  ASSERT_EQ(moved.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(reports->take_changed(), std::set<std::string>{kTried});
  EXPECT_TRUE(reports->take_changed().empty()) << "said once";
  EXPECT_EQ(text_of(change_of({talk}, {kTalk})), "roll_2 paused; ") << "of another model";
  EXPECT_EQ(text_of(change_of({classify}, {kTried})), "bars acme/classify 1.1.0; ");
  EXPECT_EQ(text_of(change_of({classify, talk}, {})), "roll_2 paused; bars acme/classify 1.1.0; ");
  // The roll-out that it was found in was known from a change before the last one.
  EXPECT_EQ(reports->standing().own.at(0).rollout, "roll_1");
}

}  // namespace
}  // namespace stoa::app
