// catalogue_follower_test.cpp: what a state of the catalogue has a host serve. SPDX-License-Identifier: Apache-2.0
#include "host/app/served_plans.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace stoa::app {
namespace {

using enum registry::ReleaseState;
using registry::ReleaseState;

constexpr std::int64_t kNowMs = 1'790'000'000'000;

struct Version {
  std::string version;
  ReleaseState state = published;
  std::int64_t cool_until_ms = 0;
  bool is_listed = true;
};
struct Alias {
  std::string alias;
  std::vector<registry::AliasTarget> targets;
};

registry::Sha256 digest_of(const std::string& version) {
  registry::Sha256 digest{};
  std::ranges::copy_n(version.begin(), static_cast<std::ptrdiff_t>(std::min(version.size(), digest.size())),
                      digest.begin());
  return digest;
}

registry::ResolutionInput input_of(const std::vector<Version>& versions, const std::vector<Alias>& aliases) {
  registry::ResolutionInput input;
  input.facts.push_back({.models = {"acme/classify"}, .platforms = {}, .permissions = {}, .min_isolation = {}});
  for (const Version& version : versions)
    input.releases.push_back({.id = {"rel_" + version.version},
                              .plugin = "acme/vision",
                              .version = version.version,
                              .state = version.state,
                              .facts = 0,
                              .is_listed = version.is_listed,
                              .published_ms = 0,
                              .cool_until_ms = version.cool_until_ms,
                              .package_sha256 = digest_of(version.version)});
  for (const Alias& alias : aliases) input.aliases.push_back({"acme/classify", alias.alias, alias.targets, 1});
  return input;
}

// "1.2.0", "1.2.0 try 1.3.0@100000 pin 1.0.0 1.1.0"; "" for nothing. Every version named has its package, no other one.
std::string told(const registry::ResolutionInput& input, const std::string& model = "acme/classify") {
  const auto wanted = wanted_of(input, kNowMs);
  const auto found = wanted.find(model);
  if (found == wanted.end() || !found->second.has_plan()) return "";
  const rollout::TrafficPlan& plan = found->second.plan;
  EXPECT_EQ(plan.model, model);
  EXPECT_TRUE(rollout::check(plan)) << rollout::check(plan).error().message;
  std::string text = plan.stable;
  std::vector<std::string> named = plan.pinned;
  if (!plan.stable.empty()) named.push_back(plan.stable);
  if (plan.candidate) {
    EXPECT_EQ(plan.candidate->steps_ppm.size(), 1u);
    text += fmt::format(" try {}@{}", plan.candidate->version, plan.candidate->steps_ppm.at(0));
    named.push_back(plan.candidate->version);
  }
  if (!plan.pinned.empty()) text += fmt::format(" pin {}", fmt::join(plan.pinned, " "));
  EXPECT_EQ(found->second.packages.size(), named.size());
  for (const std::string& version : named) {
    const auto package = found->second.packages.find(version);
    EXPECT_TRUE(package != found->second.packages.end() && package->second.digest == digest_of(version)) << version;
  }
  return text;
}

struct Row {
  const char* what;
  std::vector<Version> versions;
  std::vector<Alias> aliases;
  std::string wanted;
};

TEST(WantedOf, TheDefaultIsTheHighestThatMayBe) {
  const Row rows[] = {
      {"nothing there", {}, {}, ""},
      {"the only one", {{"1.0.0"}}, {}, "1.0.0"},
      {"the highest by precedence, not as text", {{"1.9.0"}, {"1.10.0"}, {"1.2.0"}}, {}, "1.10.0"},
      {"the order they come in does not count", {{"1.10.0"}, {"1.9.0"}}, {}, "1.10.0"},
      {"one that cools down waits", {{"1.0.0"}, {"1.1.0", published, kNowMs + 1}}, {}, "1.0.0"},
      {"until now", {{"1.0.0"}, {"1.1.0", published, kNowMs}}, {}, "1.1.0"},
      {"nothing has cooled down", {{"1.0.0", published, kNowMs + 1}}, {}, ""},
      {"a pre-release is behind every release", {{"1.0.0"}, {"2.0.0-rc.1"}}, {}, "1.0.0"},
      {"a pre-release where there is nothing else", {{"2.0.0-rc.1"}, {"2.0.0-rc.2"}}, {}, "2.0.0-rc.2"},
      {"deprecated is behind what is published", {{"1.0.0"}, {"1.1.0", deprecated}}, {}, "1.0.0"},
      {"and counts where nothing else is left", {{"1.0.0", yanked}, {"1.1.0", deprecated}}, {}, "1.1.0"},
      {"yanked does not", {{"1.0.0"}, {"1.1.0", yanked}}, {}, "1.0.0"},
      {"revoked does not", {{"1.0.0"}, {"1.1.0", revoked}}, {}, "1.0.0"},
      {"what is on its way does not", {{"1.0.0"}, {"1.1.0", validating}, {"1.2.0", quarantined}}, {}, "1.0.0"},
      {"only yanked", {{"1.0.0", yanked}}, {}, ""},
      {"only revoked", {{"1.0.0", revoked}}, {}, ""},
      {"a delisted plugin", {{"1.0.0", published, 0, false}}, {}, ""},
  };
  for (const Row& row : rows) EXPECT_EQ(told(input_of(row.versions, row.aliases)), row.wanted) << row.what;
}

TEST(WantedOf, TheAliasDefaultDivides) {
  const std::vector<Version> three{{"1.0.0"}, {"1.1.0"}, {"1.2.0"}};
  const Row rows[] = {
      {"one target", three, {{"default", {{"1.0.0"}}}}, "1.0.0"},
      {"two: the larger share is the stable one",
       three,
       {{"default", {{"1.1.0", 100'000}, {"1.0.0", 900'000}}}},
       "1.0.0 try 1.1.0@100000"},
      {"halves: the lower one",
       three,
       {{"default", {{"1.1.0", 500'000}, {"1.0.0", 500'000}}}},
       "1.0.0 try 1.1.0@500000"},
      {"three: a plan tries one, the third stays by its version",
       three,
       {{"default", {{"1.0.0", 700'000}, {"1.1.0", 200'000}, {"1.2.0", 100'000}}}},
       "1.0.0 try 1.1.0@200000 pin 1.2.0"},
      {"a target that cools down: somebody has said it",
       {{"1.0.0"}, {"1.1.0", published, kNowMs + 1}},
       {{"default", {{"1.1.0"}}}},
       "1.1.0"},
      {"a yanked target is skipped", {{"1.0.0", yanked}, {"1.1.0"}}, {{"default", {{"1.0.0"}}}}, "1.1.0"},
      {"of two, the other takes all",
       {{"1.0.0", yanked}, {"1.1.0"}, {"1.2.0"}},
       {{"default", {{"1.0.0", 900'000}, {"1.1.0", 100'000}}}},
       "1.1.0"},
      {"skipped, unless another alias names it",
       {{"1.0.0", yanked}, {"1.1.0"}},
       {{"default", {{"1.0.0"}}}, {"champion", {{"1.0.0"}}}},
       "1.1.0 pin 1.0.0"},
      {"yanked and nothing else", {{"1.0.0", yanked}}, {{"default", {{"1.0.0"}}}}, ""},
      {"one of a delisted plugin, too",
       {{"1.1.0", published, 0, false}, {"1.0.0"}},
       {{"default", {{"1.1.0"}}}},
       "1.0.0"},
      {"delisted and nothing else", {{"1.0.0", published, 0, false}}, {{"default", {{"1.0.0"}}}}, ""},
      {"delisted, and another alias names it",
       {{"1.0.0", published, 0, false}},
       {{"default", {{"1.0.0"}}}, {"champion", {{"1.0.0"}}}},
       " pin 1.0.0"},
      {"a revoked target goes, the other one takes all",
       {{"1.0.0", revoked}, {"1.1.0"}, {"1.2.0"}},
       {{"default", {{"1.0.0", 900'000}, {"1.1.0", 100'000}}}},
       "1.1.0"},
      {"all revoked: the highest one", {{"1.0.0", revoked}, {"1.1.0"}}, {{"default", {{"1.0.0"}}}}, "1.1.0"},
      {"all revoked and nothing else", {{"1.0.0", revoked}}, {{"default", {{"1.0.0"}}}}, ""},
      {"a target nobody knows", {{"1.0.0"}}, {{"default", {{"3.0.0"}}}}, "1.0.0"},
      {"an alias that was removed", {{"1.0.0"}}, {{"default", {}}}, "1.0.0"},
  };
  for (const Row& row : rows) EXPECT_EQ(told(input_of(row.versions, row.aliases)), row.wanted) << row.what;
}

TEST(WantedOf, OtherAliasesKeepWhatTheyNameReachable) {
  const std::vector<Version> three{{"1.0.0"}, {"1.1.0"}, {"1.2.0"}};
  const Row rows[] = {
      {"one", three, {{"champion", {{"1.0.0"}}}}, "1.2.0 pin 1.0.0"},
      {"two targets", three, {{"champion", {{"1.0.0", 500'000}, {"1.1.0", 500'000}}}}, "1.2.0 pin 1.0.0 1.1.0"},
      {"several aliases, one version", three, {{"a", {{"1.0.0"}}}, {"b", {{"1.0.0"}}}}, "1.2.0 pin 1.0.0"},
      {"the stable one is not pinned besides", three, {{"champion", {{"1.2.0"}}}}, "1.2.0"},
      {"nor the candidate",
       three,
       {{"default", {{"1.0.0", 900'000}, {"1.1.0", 100'000}}}, {"champion", {{"1.1.0"}}}},
       "1.0.0 try 1.1.0@100000"},
      {"yanked stays", {{"1.0.0", yanked}, {"1.1.0"}}, {{"champion", {{"1.0.0"}}}}, "1.1.0 pin 1.0.0"},
      {"revoked never", {{"1.0.0", revoked}, {"1.1.0"}}, {{"champion", {{"1.0.0"}}}}, "1.1.0"},
      {"yanked stays without a default", {{"1.0.0", yanked}}, {{"champion", {{"1.0.0"}}}}, " pin 1.0.0"},
      {"revoked does not", {{"1.0.0", revoked}}, {{"champion", {{"1.0.0"}}}}, ""},
  };
  for (const Row& row : rows) EXPECT_EQ(told(input_of(row.versions, row.aliases)), row.wanted) << row.what;
}

// What is there for those who ask for it, and what is not.
TEST(OfferedFor, IsPublishedAndNamedByNothing) {
  registry::ResolutionInput input = input_of({{"1.0.0"},
                                              {"1.0.1"},
                                              {"1.1.0"},
                                              {"1.2.0"},
                                              {"1.3.0", deprecated},
                                              {"1.4.0", published, kNowMs + 60'000},
                                              {"1.5.0", yanked},
                                              {"1.6.0", revoked},
                                              {"1.7.0", published, 0, false},
                                              {"1.8.0", quarantined},
                                              {"1.9.0"}},
                                             {{"default", {{"1.0.0"}}}, {"champion", {{"1.1.0"}}}});
  input.verdicts.push_back({.id = 1, .model = "acme/classify", .version = "1.9.0", .state = "rolled_back"});
  registry::RolloutRecord trial;
  trial.plan.model = "acme/classify";
  trial.plan.shadow = registry::RolloutShadow{.version = "1.2.0"};
  trial.stable = "1.0.0";
  input.rollouts.push_back(trial);
  const auto wanted = wanted_of(input, kNowMs);
  const auto answer = [&](const std::string& selector) {
    const auto reference = registry::parse_model_reference("acme/classify@" + selector);
    const auto found = offered_for(*reference, wanted.at("acme/classify"), kNowMs);
    return found ? *found : found.error().reason;
  };
  const struct {
    const char *selector, *answer;
  } rows[] = {
      {"1.0.1", "1.0.1"},           {"~1.0", "1.0.1"},
      {"1.0.0", "version.unknown"},  // served
      {"1.1.0", "version.unknown"},  // named by an alias
      {"1.2.0", "version.unknown"},  // a shadow
      {"1.3.0", "1.3.0"},           {"^1.2", "1.3.0"},
      {"1.4.0", "1.4.0"},           {"~1.4", "release.cooling"},
      {"1.5.0", "1.5.0"},           {"1.6.0", "version.unknown"},
      {"1.7.0", "1.7.0"},           {"~1.7", "release.delisted"},
      {"1.8.0", "version.unknown"}, {"1.9.0", "version.unknown"},  // taken back
      {"~1.5", "release.yanked"},                                  // no range means it
      {"^2", "range.unmatched"},
  };
  for (const auto& row : rows) EXPECT_EQ(answer(row.selector), row.answer) << row.selector;
}

TEST(OfferedFor, AModelOfWhichNothingIsNamedIsOfferedAllTheSame) {
  const auto input = input_of({{"1.0.0", published, kNowMs + 60'000}}, {});
  const auto wanted = wanted_of(input, kNowMs);
  ASSERT_TRUE(wanted.contains("acme/classify"));
  EXPECT_FALSE(wanted.at("acme/classify").has_plan());
  const auto reference = registry::parse_model_reference("acme/classify@1.0.0");
  EXPECT_EQ(offered_for(*reference, wanted.at("acme/classify"), kNowMs).value_or(""), "1.0.0");
}

// The bare name says what will be, or what was; not that there is nothing.
TEST(WantedOf, WithoutADefaultItSaysWhy) {
  const std::vector<Version> cooling{{"1.1.0", published, kNowMs + 61'000}, {"1.2.0", published, kNowMs + 90'000}};
  const struct {
    const char* what;
    std::vector<Version> versions;
    std::vector<Alias> aliases;
    std::string reason, words;
  } rows[] = {
      {"the first that will have cooled down",
       cooling,
       {},
       "release.cooling",
       "1.1.0 is taken without being named only in 61 s"},
      {"an alias names it", cooling, {{"champion", {{"1.1.0"}}}}, "release.cooling", "61 s"},
      {"before what was withdrawn",
       {{"1.0.0", yanked}, {"1.1.0", published, kNowMs + 61'000}},
       {{"default", {{"1.0.0"}}}},
       "release.cooling",
       "1.1.0 is taken"},
      {"the last that was withdrawn",
       {{"1.9.0", yanked}, {"1.10.0", yanked}},
       {},
       "release.yanked",
       "1.10.0 was withdrawn"},
      {"the alias default does not change that",
       {{"1.0.0", yanked}},
       {{"default", {{"1.0.0"}}}},
       "release.yanked",
       "1.0.0"},
      {"delisted",
       {{"1.0.0", yanked, 0, false}, {"1.1.0", published, kNowMs + 1, false}},
       {{"a", {{"1.0.0"}}}},
       "release.delisted",
       "1.1.0 is of a delisted plugin"},
      {"delisted, but something else is on its way",
       {{"1.0.0", published, 0, false}, {"1.1.0", published, kNowMs + 61'000}},
       {},
       "release.cooling",
       "1.1.0 is taken"},
      {"delisted and yanked",
       {{"1.0.0", yanked, 0, false}},
       {{"a", {{"1.0.0"}}}},
       "release.yanked",
       "1.0.0 was withdrawn"},
      {"there is one", {{"1.0.0"}, {"1.1.0", yanked}}, {}, "", ""},
  };
  for (const auto& row : rows) {
    const auto wanted = wanted_of(input_of(row.versions, row.aliases), kNowMs);
    const auto& none = wanted.at("acme/classify").no_default;
    ASSERT_EQ(none.has_value(), !row.reason.empty()) << row.what;
    if (!none) continue;
    const Error error = refusal_of("acme/classify", *none, kNowMs);
    EXPECT_EQ(error.reason, row.reason) << row.what;
    EXPECT_TRUE(error.message.contains(row.words)) << row.what << ": " << error.message;
  }
}

// Served because an alias names them; no range does.
TEST(IndexOf, ARangeMeansNeitherWhatCoolsDownNorWhatWasWithdrawn) {
  const auto input = input_of({{"1.0.0", yanked}, {"1.1.0", published, kNowMs + 61'000}},
                              {{"champion", {{"1.0.0"}}}, {"next", {{"1.1.0"}}}});
  const auto index = index_of(input, wanted_of(input, kNowMs));
  ASSERT_TRUE(index);
  const std::pair<const char*, const char*> rows[] = {{"^1", "release.cooling"}, {"~1.0", "release.yanked"},
                                                      {"champion", "1.0.0"},     {"next", "1.1.0"},
                                                      {"1.0.0", "1.0.0"},        {"1.1.0", "1.1.0"}};
  for (const auto& [selector, expected] : rows) {
    const auto reference = registry::parse_model_reference(fmt::format("acme/classify@{}", selector));
    const auto found = (*index)->resolve(*reference, {.machine = nullptr, .now_ms = kNowMs, .share_ppm = 0});
    EXPECT_EQ(found ? found->version : found.error().reason, expected) << selector;
  }
}

TEST(IndexOf, WhatIsOnTrialIsSaidToBeAndDoesNotCoolDown) {
  auto input = input_of({{"1.0.0"}, {"1.1.0"}}, {});
  registry::RolloutRecord trial;
  trial.plan.model = "acme/classify";
  trial.plan.version = "1.1.0";
  trial.plan.steps_ppm = {100'000, 1'000'000};
  trial.stable = "1.0.0";
  input.rollouts.push_back(trial);
  const auto wanted = wanted_of(input, kNowMs);
  EXPECT_EQ(wanted.at("acme/classify").tried, "1.1.0");
  const auto index = index_of(input, wanted);
  ASSERT_TRUE(index);
  const std::pair<const char*, const char*> rows[] = {
      {"^1", "1.0.0"}, {"~1.1", "release.on_trial"}, {">1.0.0", "release.on_trial"}, {"1.1.0", "1.1.0"}};
  for (const auto& [selector, expected] : rows) {
    const auto reference = registry::parse_model_reference(fmt::format("acme/classify@{}", selector));
    const auto found = (*index)->resolve(*reference, {.machine = nullptr, .now_ms = kNowMs, .share_ppm = 0});
    EXPECT_EQ(found ? found->version : found.error().reason, expected) << selector;
  }
}

// As with a yanked one: who has pinned it keeps it, and hears why its range does not.
TEST(IndexOf, WhatIsDelistedIsForThoseWhoNameIt) {
  const auto input = input_of({{"1.0.0", published, 0, false}, {"1.1.0", deprecated, 0, false}},
                              {{"default", {{"1.1.0"}}}, {"champion", {{"1.0.0"}}}});
  const auto wanted = wanted_of(input, kNowMs);
  EXPECT_EQ(wanted.at("acme/classify").skipped, std::vector<std::string>{"1.1.0"});
  const auto index = index_of(input, wanted);
  ASSERT_TRUE(index);
  const auto ask = [&](const std::string& selector) {
    const auto reference = registry::parse_model_reference(fmt::format("acme/classify@{}", selector));
    const auto served = (*index)->resolve(*reference, {.machine = nullptr, .now_ms = kNowMs, .share_ppm = 0});
    if (served || served.error().code != Code::not_found) return served ? served->version : served.error().reason;
    const auto offered = offered_for(*reference, wanted.at("acme/classify"), kNowMs);
    return offered ? *offered + " when it is asked for" : offered.error().reason;
  };
  const std::pair<const char*, const char*> rows[] = {{"champion", "1.0.0"},
                                                      {"1.0.0", "1.0.0"},
                                                      {"1.1.0", "1.1.0 when it is asked for"},
                                                      {"^1", "release.delisted"},
                                                      {"~1.1", "release.delisted"}};
  for (const auto& [selector, expected] : rows) EXPECT_EQ(ask(selector), expected) << selector;
}

TEST(WantedOf, WhatIsDelistedIsNoWayBack) {
  const auto wanted =
      wanted_of(input_of({{"1.0.0"}, {"1.1.0", published, 0, false}}, {{"default", {{"1.1.0"}}}}), kNowMs);
  EXPECT_EQ(wanted.at("acme/classify").plan.barred, std::vector<std::string>{"1.1.0"});
}

TEST(WantedOf, WhatWasWithdrawnIsNoWayBack) {
  const auto wanted = wanted_of(input_of({{"1.0.0"}, {"1.1.0", yanked}}, {{"default", {{"1.1.0"}}}}), kNowMs);
  EXPECT_EQ(wanted.at("acme/classify").plan.barred, std::vector<std::string>{"1.1.0"});
  EXPECT_EQ(wanted.at("acme/classify").skipped, std::vector<std::string>{"1.1.0"});
}

TEST(WantedOf, EveryModelOfAPluginHasItsOwnAliases) {
  registry::ResolutionInput input = input_of({{"1.0.0"}, {"1.1.0"}}, {{"default", {{"1.0.0"}}}});
  input.facts[0].models.push_back("acme/talk");
  EXPECT_EQ(told(input, "acme/classify"), "1.0.0");
  EXPECT_EQ(told(input, "acme/talk"), "1.1.0");
  EXPECT_EQ(told(input, "acme/none"), "");
}

}  // namespace
}  // namespace stoa::app
