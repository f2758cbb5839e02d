// alias_test.cpp: moves of aliases, alone and with a second operator, and the history they leave.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/alias_store.hpp"

#include <gtest/gtest.h>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

using Targets = std::vector<AliasTarget>;

TEST(Alias, TargetsAreOneWhole) {
  struct Row {
    std::string text;
    bool is_good;
  };
  const Row rows[] = {{"", true},
                      {"1.2.0", true},
                      {"1.2.0:900000,1.3.0-rc.1:100000", true},
                      {"1.2.0:1,1.3.0:999999", true},
                      {"1.2.0+build", true},
                      {"1.2", false},
                      {"^1.2.0", false},
                      {"1.2.0:0,1.3.0:1000000", false},
                      {"1.2.0:500000", false},
                      {"1.2.0:600000,1.3.0:600000", false},
                      {"1.2.0,1.3.0", false},
                      {"1.2.0:500000,1.2.0:500000", false},
                      {"1.2.0+a:500000,1.2.0+b:500000", false},
                      {"1.2.0:4294967296,1.3.0:1", false},
                      {"1.2.0:-1,1.3.0:1000001", false},
                      {"1.2.0:5e5,1.3.0:500000", false},
                      {"1.2.0:", false},
                      {"1.2.0,", false},
                      {",1.2.0", false},
                      {" 1.2.0", false}};
  for (const auto& [text, is_good] : rows) {
    const auto targets = parse_alias_targets(text);
    ASSERT_EQ(targets.has_value(), is_good) << text;
    if (is_good)
      EXPECT_EQ(text_of(*targets), text);
    else
      EXPECT_EQ(targets.error().reason, "alias.targets") << text;
  }
}

struct MoveRow {
  AliasMove move;
  std::string reason;
};

TEST(Alias, MovesOnlyWhereItMay) {
  ReadyCatalogue on;
  const auto whole = [](const std::string& version) { return Targets{{version, 1'000'000}}; };
  const MoveRow rows[] = {
      {{"acme/classify", "beta", whole("1.0.0"), ""}, "done"},
      {{"acme/classify", "beta", whole("1.1.0"), ""}, "done"},  // deprecated ones answer
      {{"acme/classify", "beta", whole("1.0.0+any"), ""}, "done"},
      {{"acme/classify", "beta", {{"1.0.0", 1}, {"1.9.0", 999'999}}, std::string(2'000, 'n')}, "done"},
      {{"acme/classify", "beta", whole("1.2.0"), ""}, "alias.not_published"},
      {{"acme/classify", "beta", whole("1.3.0"), ""}, "alias.not_published"},
      {{"acme/classify", "beta", whole("1.5.0"), ""}, "alias.not_published"},
      {{"acme/classify", "beta", whole("1.6.0"), ""}, "alias.not_published"},
      {{"acme/classify", "beta", whole("1.4.0"), ""}, "version.unknown"},
      {{"acme/classify", "beta", whole("1.8.0"), ""}, "version.unknown"},
      {{"acme/classify", "beta", whole("9.9.9"), ""}, "version.unknown"},
      {{"acme/nothing", "beta", whole("1.0.0"), ""}, "model.unknown"},
      {{"classify", "beta", whole("1.0.0"), ""}, "model.unknown"},
      {{"acme/classify", "beta", whole("1"), ""}, "alias.targets"},
      {{"acme/classify", "beta", {{"1.0.0", 500'000}}, ""}, "alias.targets"},
      {{"acme/classify", "beta", {{"1.0.0", 0}, {"1.9.0", 1'000'000}}, ""}, "alias.targets"},
      {{"acme/classify", "beta", {{"1.0.0", 500'000}, {"1.0.0", 500'000}}, ""}, "alias.targets"},
      {{"acme/classify", "beta", {{"1.0.0,1.9.0", 1'000'000}}, ""}, "alias.targets"},
      {{"acme/classify", "beta", Targets(17, {"1.0.0", 1}), ""}, "alias.targets"},
      {{"acme/classify", "champion", whole("1.9.0"), ""}, "alias.unchanged"},
      {{"acme/classify", "beta", {}, ""}, "alias.unknown"},
      {{"acme/classify", "beta", whole("1.0.0"), "bell \x07"}, "text.control"},
      {{"acme/classify", "beta", whole("1.0.0"), std::string(2'001, 'n')}, "text.too_long"},
  };
  for (const auto& [move, reason] : rows) {
    const std::string outcome = on.refusal([&] { return on->move_alias(on.reviewer, move); });
    EXPECT_EQ(outcome, reason) << move.model << "@" << move.alias << " " << text_of(move.targets);
    if (outcome == "done") on.put_back();
  }
}

TEST(Alias, IsAWordThatReadsAsNoVersion) {
  ReadyCatalogue on;
  for (const std::string_view bad : {"", "1", "1.0", "v1", "v2x", "x", "latest", "Champion", "a_b", "a.b", "-a", "a-",
                                     "a b", "^1", "a@b", "12a", "caf\xc3\xa9"})
    EXPECT_EQ(
        on.refusal([&] { return on->move_alias(on.reviewer, {"acme/classify", std::string(bad), {{"1.0.0"}}, ""}); }),
        "alias.name")
        << bad;
  for (const std::string_view good : {"a", "v", "xx", "beta-2", "vision", "latest-good"})
    EXPECT_TRUE(on->move_alias(on.reviewer, {"acme/classify", std::string(good), {{"1.0.0"}}, ""})) << good;
}

TEST(Alias, LeavesAHistoryThatIsSigned) {
  ReadyCatalogue on;
  ASSERT_TRUE(on->move_alias(on.admin, {"acme/classify", "champion", {}, "no more"}));
  const auto steps = on->alias_steps("acme/classify", "champion", 10);
  ASSERT_EQ(steps->size(), 3u);
  const PublicKey key = on->public_key();
  Sha256 before{};
  for (std::size_t i = steps->size(); i-- > 0;) {
    const AliasStep& step = (*steps)[i];
    EXPECT_EQ(step.before, before);
    EXPECT_EQ(step.sha256, hash_of(step));
    EXPECT_TRUE(key.verifies(step.signature, {reinterpret_cast<const char*>(step.sha256.data()), step.sha256.size()}));
    before = step.sha256;
  }
  EXPECT_EQ((*steps)[0].targets, Targets{});
  EXPECT_EQ((*steps)[0].actor, "operator:alice");
  EXPECT_EQ((*steps)[1].targets, (Targets{{"1.9.0"}}));
  EXPECT_EQ((*steps)[2].note, "first");
  EXPECT_TRUE(on->aliases("acme/classify")->empty());
  EXPECT_EQ(on->alias_steps("acme/classify", "champion", 1)->size(), 1u);
  EXPECT_EQ(on->examine()->alias_steps, 3);
}

TEST(Alias, IsTakenBackStepByStep) {
  ReadyCatalogue on;
  const auto points_to = [&]() -> std::string {
    const auto aliases = on->aliases("acme/classify");
    return aliases->empty() ? "nothing" : text_of(aliases->front().targets);
  };
  const auto take_back = [&](const std::string& alias) {
    return on.refusal([&] { return on->take_back_alias(on.reviewer, "acme/classify", alias, ""); });
  };
  EXPECT_EQ(take_back("beta"), "alias.no_step_before");
  EXPECT_EQ(take_back("champion"), "done");
  EXPECT_EQ(points_to(), "1.0.0");
  EXPECT_EQ(on->alias_steps("acme/classify", "champion", 1)->front().note, "takes back step 2");
  EXPECT_EQ(take_back("champion"), "done") << "and back again";
  EXPECT_EQ(points_to(), "1.9.0");
  ASSERT_TRUE(on->yank(on.acme, on.ids.at(ReleaseState::published), "broken"));
  EXPECT_EQ(take_back("champion"), "alias.not_published") << "what was there before is yanked";
  ASSERT_TRUE(on->move_alias(on.reviewer, {"acme/classify", "champion", {}, ""}));
  EXPECT_EQ(take_back("champion"), "done");
  EXPECT_EQ(points_to(), "1.9.0");
  EXPECT_TRUE(on->examine());
}

TEST(Alias, IsNotMovedByAProposalOfSomebodyWhoIsGone) {
  ReadyCatalogue on;
  const Actor second{Actor::Kind::operators, "rob", Role::reviewer};
  ASSERT_TRUE(on->create_operator(on.admin, "rob", Role::reviewer));
  const auto proposed = on->move_alias(second, {"acme/talk", "beta", {{"1.9.0"}}, "try it"});
  ASSERT_TRUE(proposed && proposed->proposal);
  ASSERT_EQ(on->proposals("open")->size(), 2u);
  ASSERT_TRUE(on->revoke_operator(on.admin, "rob"));
  ASSERT_EQ(on->proposals("open")->size(), 1u) << "the other one's stays";
  EXPECT_EQ(on.refusal([&] { return on->approve(on.reviewer, proposed->proposal->id); }), "proposal.state");
  EXPECT_EQ(on->audit(on.auditor, 0, 1, "")->front().detail, "open proposals of theirs, declined: 1");
  // One that was left open by an older program.
  const auto by_nobody =
      on->move_alias({Actor::Kind::operators, "nobody", Role::reviewer}, {"acme/talk", "beta", {{"1.9.0"}}, ""});
  ASSERT_TRUE(by_nobody && by_nobody->proposal);
  EXPECT_EQ(on.refusal([&] { return on->approve(on.reviewer, by_nobody->proposal->id); }), "proposal.proposer");
  EXPECT_EQ(on->aliases("acme/talk")->size(), 0u);
  EXPECT_TRUE(on->decline(on.reviewer, by_nobody->proposal->id));
  EXPECT_TRUE(on->examine());
}

TEST(Alias, HistoryIsReadPageByPage) {
  ReadyCatalogue on;
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(on->move_alias(on.reviewer, {"acme/classify", "beta", {{i % 2 == 0 ? "1.0.0" : "1.9.0"}}, ""}));
  std::vector<std::int64_t> seen;
  for (std::int64_t before = 0; seen.size() < 20;) {
    const auto page = on->alias_steps("acme/classify", "", 3, before);
    ASSERT_TRUE(page);
    if (page->empty()) break;
    for (const AliasStep& step : *page) seen.push_back(step.step);
    before = page->back().step;
  }
  EXPECT_EQ(seen, (std::vector<std::int64_t>{7, 6, 5, 4, 3, 2, 1}));
}

TEST(Alias, OfAModelThatAsksForTwoIsMovedByTwo) {
  ReadyCatalogue on;
  const Actor second{Actor::Kind::operators, "rob", Role::reviewer};
  const auto propose = [&](const std::string& version) {
    return on->move_alias(on.reviewer, {"acme/talk", "beta", {{version}}, "try it"});
  };
  const auto proposed = propose("1.9.0");
  ASSERT_TRUE(proposed && proposed->proposal && !proposed->step);
  const ProposalId id = proposed->proposal->id;
  EXPECT_EQ(on->aliases("acme/talk")->size(), 0u) << "nothing moved yet";
  EXPECT_EQ(on.refusal([&] { return on->approve(on.reviewer, id); }), "proposal.own");
  EXPECT_EQ(on.refusal([&] { return on->approve(on.auditor, id); }), "role.not_allowed");
  EXPECT_EQ(on.refusal([&] { return on->approve(on.acme, id); }), "role.not_allowed");
  EXPECT_EQ(on.refusal([&] { return on->approve(second, {"prop_none"}); }), "proposal.unknown");
  EXPECT_EQ(on.refusal([&] { return on->decline(second, {"prop_none"}); }), "proposal.unknown");
  const auto step = on->approve(second, id);
  ASSERT_TRUE(step);
  EXPECT_EQ(step->actor, "operator:rita");
  EXPECT_EQ(step->approved_by, "operator:rob");
  EXPECT_EQ(step->note, "try it");
  for (const auto& again :
       {on.refusal([&] { return on->approve(second, id); }), on.refusal([&] { return on->decline(second, id); })})
    EXPECT_EQ(again, "proposal.state");
  EXPECT_EQ(on->proposals("approved")->size(), 1u);
  EXPECT_EQ(on->proposals("open")->size(), 1u);
  EXPECT_EQ(on->proposals("")->size(), 2u);

  EXPECT_EQ(on.refusal([&] { return propose("1.9.0"); }), "alias.unchanged");
  EXPECT_EQ(on.refusal([&] { return propose("1.2.0"); }), "alias.not_published");
  const auto outdated = propose("1.0.0");
  ASSERT_TRUE(outdated);
  ASSERT_TRUE(on->yank(on.acme, on.ids.at(ReleaseState::published), "broken"));
  EXPECT_EQ(on.refusal([&] { return on->approve(second, outdated->proposal->id); }), "alias.not_published");
  const auto declined = on->decline(on.reviewer, outdated->proposal->id);
  ASSERT_TRUE(declined) << "one's own may be withdrawn";
  EXPECT_EQ(declined->state, "declined");
  const auto back = on->take_back_alias(on.reviewer, "acme/talk", "champion", "");
  EXPECT_EQ(back.error().reason, "alias.no_step_before");

  for (const std::int64_t bad : {-1, 2})
    EXPECT_EQ(on.refusal([&] { return on->require_approvals(on.admin, "acme/talk", bad); }), "alias.approvals");
  ASSERT_TRUE(on->require_approvals(on.admin, "acme/talk", 0));
  EXPECT_TRUE(on->move_alias(on.reviewer, {"acme/talk", "beta", {}, ""})->step);
  EXPECT_TRUE(on->examine());
}

}  // namespace
}  // namespace stoa::registry
