// acts_test.cpp: every act by everybody: who may, what a refusal leaves (nothing), what an act leaves (one revision,
// its lines). SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "registry/catalogue/test_acts.hpp"

namespace stoa::registry {
namespace {

struct Somebody {
  char letter;
  const Actor* actor;
};

std::vector<Somebody> everybody(const ReadyCatalogue& on) {
  return {{'a', &on.admin},   {'r', &on.reviewer}, {'f', &on.finance},
          {'o', &on.auditor}, {'p', &on.acme},     {'x', &on.rival}};
}

// The one who made the proposal is refused for that.
std::string expected_refusal(const TestAct& act, char letter) {
  if (act.who == "-" || act.who.contains(letter)) return "done";
  if (act.name == "approve" && letter == 'r') return "proposal.own";
  return letter == 'x' && act.who.contains('p') ? "publisher.foreign" : "role.not_allowed";
}

TEST(Acts, AreForThoseWhoMayAndLeaveNothingWhenRefused) {
  ReadyCatalogue on;
  for (const TestAct& act : all_acts())
    for (const auto& [letter, actor] : everybody(on)) {
      const std::string outcome = on.refusal([&] { return act.run(on, *actor); });
      EXPECT_EQ(outcome, expected_refusal(act, letter)) << act.name << " by " << actor->text();
      if (outcome == "done") on.put_back();
    }
}

TEST(Acts, LeaveOneRevisionAndTheirLines) {
  ReadyCatalogue on;
  for (const TestAct& act : all_acts()) {
    SCOPED_TRACE(act.name);
    const auto revision = on->revision();
    const auto head = on->examine();
    ASSERT_TRUE(head) << head.error().message;
    const Actor& by = on.admin;  // may do everything
    const auto done = act.run(on, by);
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(*on->revision(), *revision + 1);
    const auto lines = on->audit(on.auditor, 0, 1, "");
    ASSERT_TRUE(lines);
    EXPECT_EQ(lines->front().action, act.action);
    EXPECT_EQ(lines->front().subject, act.subject);
    EXPECT_EQ(lines->front().actor, act.who == "-" ? "registry" : by.text());
    EXPECT_EQ(lines->front().at_ms, on.now_ms);
    const auto after = on->examine(head->audit);
    ASSERT_TRUE(after) << after.error().message;
    EXPECT_EQ(after->audit.lines, head->audit.lines + act.lines);
    on.put_back();
  }
}

TEST(Acts, OfACatalogueThatIsRestartedAreThere) {
  ReadyCatalogue on;
  for (const TestAct& act : all_acts()) {
    ASSERT_TRUE(act.run(on, on.admin)) << act.name;
    const auto before = contents_of(on.file());
    on.open();
    EXPECT_EQ(contents_of(on.file()), before) << act.name;
    const auto whole = on->examine();
    EXPECT_TRUE(whole) << act.name << ": " << whole.error().message;
    on.put_back();
  }
}

}  // namespace
}  // namespace stoa::registry
