// rollout_plans_test.cpp: what roll-outs and verdicts of the catalogue make of a host's plan.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/rollout_plans.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/app/served_plans.hpp"
#include "registry/catalogue/rollout_rules.hpp"

namespace stoa::app {
namespace {

using enum registry::ReleaseState;
using registry::RolloutState;

constexpr std::int64_t kToday = 1'790'000'000'000;
const std::string kModel = "acme/classify";

registry::RolloutRecord rollout_of(const std::string& version, RolloutState state = RolloutState::running,
                                   std::uint64_t step = 0) {
  registry::RolloutRecord record{.plan = {.model = kModel,
                                          .version = version,
                                          .customers = {"vip"},
                                          .steps_ppm = {10, 200, 3000},
                                          .promotes = true},
                                 .stable = "1.0.0",
                                 .state = state,
                                 .step = step};
  record.plan.limits.requests_min = 7;
  return record;
}
registry::RolloutRecord shadow_of(const std::string& version) {
  return {.plan = {.model = kModel, .shadow = registry::RolloutShadow{.version = version, .share_ppm = 500}},
          .stable = "1.0.0"};
}

struct Facts {
  std::vector<std::pair<std::string, registry::ReleaseState>> releases{
      {"1.0.0", published}, {"1.1.0", published}, {"1.2.0", published}};
  std::vector<registry::AliasRecord> aliases{{kModel, "default", {{"1.0.0"}}, 1}};
  std::vector<registry::RolloutRecord> rollouts = {};
  std::vector<registry::VerdictRecord> verdicts = {};

  registry::ResolutionInput input() const {
    registry::ResolutionInput made;
    made.facts.push_back({.models = {kModel}, .platforms = {}, .permissions = {}, .min_isolation = {}});
    for (const auto& [version, state] : releases) {
      registry::ResolvableRelease release;
      release.id.text = "rel_" + version;
      release.plugin = "acme/vision";
      release.version = version;
      release.state = state;
      made.releases.push_back(std::move(release));
    }
    made.aliases = aliases;
    made.rollouts = rollouts;
    made.verdicts = verdicts;
    return made;
  }
};

// "1.0.0 try 1.1.0@10,200,3000 from 0 promotes shadow 1.2.0 pin 0.9.0"; "" for nothing.
std::string plan_of(const Facts& facts) {
  const auto wanted = wanted_of(facts.input(), kToday);
  if (wanted.empty()) return "";
  const Wanted& one = wanted.at(kModel);
  const rollout::TrafficPlan& plan = one.plan;
  EXPECT_TRUE(rollout::check(plan)) << rollout::check(plan).error().message;
  std::string text = plan.stable;
  if (plan.candidate)
    text += fmt::format(" try {}@{} from {}{}", plan.candidate->version, fmt::join(plan.candidate->steps_ppm, ","),
                        plan.candidate->first_step, plan.candidate->promotes ? " promotes" : "");
  if (plan.shadow) text += " shadow " + plan.shadow->version;
  if (!plan.pinned.empty()) text += fmt::format(" pin {}", fmt::join(plan.pinned, " "));
  const std::size_t named = 1 + plan.pinned.size() + (plan.candidate ? 1 : 0) + (plan.shadow ? 1 : 0);
  EXPECT_EQ(one.packages.size(), named) << text;
  return text;
}

TEST(RolloutPlans, FollowTheRollOutAndTheReleasesThereAre) {
  const struct {
    const char* what;
    Facts facts;
    std::string plan;
  } rows[] = {
      {"no roll-out", {}, "1.0.0"},
      {"one that begins", {.rollouts = {rollout_of("1.1.0")}}, "1.0.0 try 1.1.0@10,200,3000 from 0 promotes"},
      {"one half way",
       {.rollouts = {rollout_of("1.1.0", RolloutState::running, 2)}},
       "1.0.0 try 1.1.0@10,200,3000 from 2 promotes"},
      {"a paused one stays at its step",
       {.rollouts = {rollout_of("1.1.0", RolloutState::paused, 1)}},
       "1.0.0 try 1.1.0@200 from 0"},
      {"ended ones are over", {.rollouts = {rollout_of("1.1.0", RolloutState::rolled_back)}}, "1.0.0"},
      {"a shadow", {.rollouts = {shadow_of("1.2.0")}}, "1.0.0 shadow 1.2.0"},
      {"one that an alias has answer",
       {.aliases = {{kModel, "default", {{"1.0.0"}}, 1}, {kModel, "next", {{"1.2.0"}}, 2}},
        .rollouts = {shadow_of("1.2.0")}},
       "1.0.0 pin 1.2.0"},
      {"a candidate that an alias names, too",
       {.aliases = {{kModel, "default", {{"1.0.0"}}, 1}, {kModel, "next", {{"1.1.0"}}, 2}},
        .rollouts = {rollout_of("1.1.0")}},
       "1.0.0 try 1.1.0@10,200,3000 from 0 promotes"},
      {"the candidate was yanked",
       {.releases = {{"1.0.0", published}, {"1.1.0", yanked}}, .rollouts = {rollout_of("1.1.0")}},
       "1.0.0"},
      {"the stable one was revoked: the others decide",
       {.releases = {{"1.0.0", revoked}, {"1.1.0", published}}, .rollouts = {rollout_of("1.1.0")}},
       "1.1.0"},
      {"what was taken back is no default",
       {.aliases = {{kModel, "default", {{"1.1.0"}}, 1}},
        .verdicts = {{.model = kModel, .version = "1.1.0", .back_to = "1.0.0"}}},
       "1.0.0"},
      {"nor kept by an alias",
       {.aliases = {{kModel, "default", {{"1.0.0"}}, 1}, {kModel, "next", {{"1.1.0"}}, 2}},
        .verdicts = {{.model = kModel, .version = "1.1.0", .back_to = "1.0.0"}}},
       "1.0.0"},
      {"until it is forgiven",
       {.aliases = {{kModel, "default", {{"1.1.0"}}, 1}},
        .verdicts = {{.model = kModel, .version = "1.1.0", .back_to = "1.0.0", .forgiven_ms = 1}}},
       "1.1.0"},
      {"a model of which nothing is left", {.releases = {{"1.0.0", revoked}}, .rollouts = {rollout_of("1.1.0")}}, ""},
  };
  for (const auto& row : rows) EXPECT_EQ(plan_of(row.facts), row.plan) << row.what;
}

TEST(RolloutPlans, NoRangeMeansWhatIsOnTrialAndNothingMeansAShadow) {
  const auto meaning = [](const Facts& facts, const char* reference) {
    const auto input = facts.input();
    const auto index = index_of(input, wanted_of(input, kToday));
    if (!index) return index.error().reason;
    const auto found = (*index)->resolve(*registry::parse_model_reference(reference), {nullptr, kToday, 0});
    return found ? found->version : found.error().reason;
  };
  const Facts trial{.rollouts = {rollout_of("1.1.0")}}, shadow{.rollouts = {shadow_of("1.1.0")}};
  EXPECT_EQ(meaning(trial, "acme/classify@^1.0"), "1.0.0");
  EXPECT_EQ(meaning(trial, "acme/classify@1.1.0"), "1.1.0");
  EXPECT_EQ(meaning(shadow, "acme/classify@^1.0"), "1.0.0");
  EXPECT_EQ(meaning(shadow, "acme/classify@1.1.0"), "version.unknown");
}

TEST(RolloutPlans, WhatWasTakenBackIsBarred) {
  Facts facts;
  facts.verdicts = {{.model = kModel, .version = "1.1.0", .back_to = "1.0.0"},
                    {.model = kModel, .version = "1.2.0", .back_to = "1.0.0", .forgiven_ms = 1},
                    {.model = "acme/talk", .version = "1.2.0"}};
  EXPECT_EQ(wanted_of(facts.input(), kToday).at(kModel).plan.barred, std::vector<std::string>{"1.1.0"});
}

TEST(RolloutPlans, LimitsHoldOnAfterThePromotion) {
  Facts facts{.aliases = {{kModel, "default", {{"1.1.0"}}, 1}},
              .rollouts = {rollout_of("1.1.0", RolloutState::promoted)}};
  EXPECT_EQ(wanted_of(facts.input(), kToday).at(kModel).plan.limits.requests_min, 7u);
  facts.aliases = {{kModel, "default", {{"1.2.0"}}, 1}};
  EXPECT_EQ(wanted_of(facts.input(), kToday).at(kModel).plan.limits.requests_min, 100u) << "another release's";
}

// Whatever the catalogue takes, the host can follow.
TEST(RolloutPlans, WhatTheCatalogueTakesTheHostTakes) {
  for (const std::uint64_t requests : {1ull, 1'000'000'000ull})
    for (const std::uint64_t window_ms : {1ull, 604'800'000ull})
      for (const std::uint64_t ppm : {0ull, 1'000'000ull})
        for (const std::uint64_t ratio : {0ull, 100ull, 1'000'000ull})
          for (const RolloutState state : {RolloutState::running, RolloutState::paused})
            for (const bool is_shadow : {false, true}) {
              registry::RolloutRecord record = is_shadow ? shadow_of("1.1.0") : rollout_of("1.1.0", state, 2);
              record.plan.limits = {requests, window_ms, ppm, ratio, 0};
              ASSERT_TRUE(registry::check_rollout(record.plan));
              EXPECT_NE(plan_of({.rollouts = {record}}), "");
            }
}

TEST(RolloutPlans, StepsOfAHostBecomeNewsOfTheCatalogue) {
  using enum rollout::ReleaseState;
  const auto said = [](rollout::ReleaseState from, rollout::ReleaseState to, const char* why,
                       const char* answers = "") {
    const rollout::Step step{0, "1.1.0", from, to, why, 2, answers};
    const auto news = news_of(kModel, step);
    if (!news) return std::string();
    constexpr const char* kKinds[] = {"step", "promoted", "rolled_back", "failed"};
    return fmt::format("{} {} {} '{}' '{}' to '{}'", kKinds[static_cast<std::size_t>(news->kind)], news->version,
                       news->step, news->reason, news->numbers, news->back_to);
  };
  EXPECT_EQ(said(shifting, shifting, "200 ppm: 0 of 9"), "step 1.1.0 2 '' '200 ppm: 0 of 9' to ''");
  EXPECT_EQ(said(shifting, serving, "promoted: 0 of 9"), "promoted 1.1.0 2 '' '0 of 9' to ''");
  EXPECT_EQ(said(serving, rolled_back, "rollout.errors: 9 of 9", "1.0.0"),
            "rolled_back 1.1.0 2 'rollout.errors' '9 of 9' to '1.0.0'");
  EXPECT_EQ(said(shifting, rolled_back, "rollout.unready", "1.1.0"), "rolled_back 1.1.0 2 'rollout.unready' '' to ''");
  EXPECT_EQ(said(loading, failed, "golden.failed: case: 1"), "failed 1.1.0 2 'golden.failed' 'case: 1' to ''");
  for (const auto& [from, to] : {std::pair{loading, warming},
                                 {ready, serving},
                                 {serving, ready},
                                 {ready, draining},
                                 {serving, revoked},
                                 {rolled_back, ready}})
    EXPECT_EQ(said(from, to, "why"), "") << rollout::name_of(to);
}

}  // namespace
}  // namespace stoa::app
