// served_plans_test.cpp: plans and index kept by changes are those of the whole, whatever changed.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/served_plans.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "host/app/serve_rule.hpp"
#include "registry/resolve/model_reference.hpp"

namespace stoa::app {
namespace {

using registry::ReleaseState;

// A catalogue of four plugins; the models of two of them hang together.
class Shifting {
 public:
  explicit Shifting(unsigned seed) : random_(seed) {
    facts_ = {{"acme/a", "acme/b"}, {"acme/b"}, {"acme/b", "acme/c"}, {"beta/d"}};
  }

  // One thing becomes other; the names that it is about.
  std::set<std::string> change(std::int64_t now_ms) {
    const std::size_t plugin = below(4);
    const std::string model = facts_[plugin][below(facts_[plugin].size())];
    switch (below(5)) {
      case 0:
      case 1: {  // a release comes, changes or goes
        const std::string version = fmt::format("1.{}.0", below(4));
        auto& release = releases_[{plugin, version}];
        constexpr ReleaseState kStates[] = {ReleaseState::published,  ReleaseState::published,
                                            ReleaseState::deprecated, ReleaseState::yanked,
                                            ReleaseState::revoked,    ReleaseState::quarantined};
        release.state = kStates[below(std::size(kStates))];
        if (release.id.text.empty()) release.id.text = fmt::format("rel_{}", next_++);
        release.is_listed = below(6) > 0;
        release.cool_until_ms = below(3) == 0 ? now_ms + static_cast<std::int64_t>(below(40)) : 0;
        return {facts_[plugin].begin(), facts_[plugin].end()};
      }
      case 2: {
        auto& alias = aliases_[{model, below(2) == 0 ? "default" : "champion"}];
        alias.clear();
        if (below(3) > 0) alias = {{fmt::format("1.{}.0", below(4)), 1'000'000}};
        if (below(4) == 0) alias = {{"1.0.0", 400'000}, {"1.1.0", 600'000}};
        return {model};
      }
      case 3: {
        registry::RolloutRecord record;
        record.id.text = fmt::format("roll_{}", next_++);
        record.plan = {.model = model, .version = fmt::format("1.{}.0", below(4)), .steps_ppm = {100'000}};
        if (below(3) == 0)
          record.plan.shadow = registry::RolloutShadow{std::exchange(record.plan.version, ""), 1000, 1, 1};
        if (record.plan.shadow) record.plan.shadow->version = fmt::format("1.{}.0", below(4));
        record.stable = fmt::format("1.{}.0", below(4));
        record.state = below(3) == 0 ? registry::RolloutState::ended : registry::RolloutState::running;
        rollouts_[model] = record;
        return {model};
      }
      default: {
        const std::string version = fmt::format("1.{}.0", below(4));
        auto& verdict = verdicts_[{model, version}];
        verdict = {.id = next_++, .model = model, .version = version, .state = "failed", .back_to = "1.0.0"};
        if (below(2) == 0) verdict.forgiven_ms = 1;
        return {model};
      }
    }
  }

  // Of everything; or of these models and what hangs together with them.
  registry::ResolutionChange read(const std::set<std::string>* names) const {
    registry::ResolutionChange change;
    change.is_whole = names == nullptr;
    if (names != nullptr) change.models = *names;
    for (std::size_t before = SIZE_MAX; names != nullptr && before != change.models.size();) {
      before = change.models.size();
      for (const auto& models : facts_)
        if (std::ranges::any_of(models, [&](const auto& model) { return change.models.contains(model); }))
          change.models.insert(models.begin(), models.end());
    }
    const auto is_asked = [&](const std::string& model) { return names == nullptr || change.models.contains(model); };
    for (const auto& models : facts_)
      change.input.facts.push_back({.models = models, .platforms = {}, .permissions = {}, .min_isolation = {}});
    for (const auto& [key, release] : releases_) {
      if (!is_asked(facts_[key.first].front())) continue;
      if (!is_servable(release.state) && release.state != ReleaseState::revoked) continue;
      // Two plugins must not offer one version of a model: each has a major version of its own.
      registry::ResolvableRelease one = release;
      one.plugin = fmt::format("acme/plugin-{}", key.first);
      one.version = key.second;
      if (key.first == 1) one.version += "-x";
      if (key.first == 2) one.version += "-y";
      one.facts = static_cast<std::uint32_t>(key.first);
      change.input.releases.push_back(std::move(one));
    }
    for (const auto& [key, targets] : aliases_)
      if (is_asked(key.first) && !targets.empty()) change.input.aliases.push_back({key.first, key.second, targets, 1});
    for (const auto& [model, record] : rollouts_)
      if (is_asked(model)) change.input.rollouts.push_back(record);
    for (const auto& [key, verdict] : verdicts_)
      if (is_asked(key.first)) change.input.verdicts.push_back(verdict);
    return change;
  }

 private:
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }

  std::mt19937 random_;
  std::vector<std::vector<std::string>> facts_;
  std::map<std::pair<std::size_t, std::string>, registry::ResolvableRelease> releases_;
  std::map<std::pair<std::string, std::string>, std::vector<registry::AliasTarget>> aliases_;
  std::map<std::string, registry::RolloutRecord> rollouts_;
  std::map<std::pair<std::string, std::string>, registry::VerdictRecord> verdicts_;
  std::int64_t next_ = 1;
};

std::string text_of(const Wanted& wanted) {
  const rollout::TrafficPlan& plan = wanted.plan;
  std::string text = fmt::format("{} [{}] [{}] {}", plan.stable, fmt::join(plan.pinned, " "),
                                 fmt::join(plan.barred, " "), wanted.tried);
  if (plan.candidate) text += " try " + plan.candidate->version;
  if (plan.shadow) text += " shadow " + plan.shadow->version;
  for (const auto& [version, package] : wanted.packages) text += fmt::format(" {} of {}", version, package.plugin);
  for (const OfferedExtra& one : wanted.offered)
    text += fmt::format(" offers {} of {} {} {}", one.package.version, one.package.plugin,
                        static_cast<int>(one.availability), one.cool_until_ms);
  return text;
}

// What every name means, or why it means nothing.
std::string meanings(const registry::ResolutionIndex& index, std::int64_t now_ms) {
  std::string text;
  for (const char* model : {"acme/a", "acme/b", "acme/c", "beta/d"})
    for (const char* selector : {"", "@^1.0", "@1.1.0", "@1.2.0-x", "@default", "@champion", "@>=1.0.0-a"}) {
      const auto reference = registry::parse_model_reference(std::string(model) + selector);
      if (!reference) continue;
      const auto found = index.resolve(*reference, {.machine = nullptr, .now_ms = now_ms, .share_ppm = 7});
      text += fmt::format("{}{}={} ", model, selector, found ? found->release : found.error().reason);
    }
  return text;
}

TEST(ServedPlans, KeptByChangesAreWhatTheyAreOfTheWhole) {
  for (unsigned seed = 1; seed <= 20; ++seed) {
    Shifting catalogue(seed);
    ServedPlans kept;
    std::map<std::string, std::string> plans;
    std::int64_t now_ms = 1'000;
    std::set<std::string> unread;
    (void)kept.take(catalogue.read(nullptr), now_ms);
    for (int i = 0; i < 200; ++i) {
      unread.merge(catalogue.change(now_ms));
      now_ms += i % 7;
      if (i % 4 == 1) continue;  // several changes are read at once
      unread.merge(kept.cooled(now_ms));
      const auto step = kept.take(catalogue.read(&unread), now_ms);
      ASSERT_FALSE(step.index_error) << step.index_error->message;
      unread.clear();
      for (const auto& [model, wanted] : step.plans) plans[model] = text_of(wanted);
      for (const std::string& model : step.gone) EXPECT_EQ(plans.erase(model), 1u) << model;

      const auto whole = catalogue.read(nullptr);
      const auto wanted = wanted_of(whole.input, now_ms);
      std::map<std::string, std::string> expected;
      for (const auto& [model, one] : wanted) expected[model] = text_of(one);
      ASSERT_EQ(plans, expected) << "seed " << seed << " step " << i;
      ASSERT_EQ(meanings(*kept.index(), now_ms), meanings(**index_of(whole.input, wanted), now_ms)) << seed << " " << i;
      ASSERT_EQ(kept.packages().size(), wanted.size());
      for (const auto& [model, one] : wanted) ASSERT_EQ(kept.packages().at(model), one.packages);
    }
  }
}

TEST(ServedPlans, AreLookedAtAgainWhenTheFirstReleaseHasCooledDown) {
  registry::ResolutionChange change;
  change.input.facts.push_back({.models = {"acme/a"}, .platforms = {}, .permissions = {}, .min_isolation = {}});
  for (const auto& [version, until_ms] : {std::pair("1.0.0", 0), std::pair("1.1.0", 50), std::pair("1.2.0", 20)})
    change.input.releases.push_back(
        {.id = {version}, .plugin = "acme/p", .version = version, .cool_until_ms = until_ms, .package_sha256 = {}});
  ServedPlans plans;
  EXPECT_EQ(plans.take(change, 10).plans.at("acme/a").plan.stable, "1.0.0");
  EXPECT_EQ(plans.next_cool_ms(), 20);
  EXPECT_TRUE(plans.cooled(19).empty());
  EXPECT_EQ(plans.cooled(20), std::set<std::string>{"acme/a"});
  change.is_whole = false;
  change.models = {"acme/a"};
  EXPECT_EQ(plans.take(change, 20).plans.at("acme/a").plan.stable, "1.2.0");
  EXPECT_EQ(plans.next_cool_ms(), 50);
  EXPECT_EQ(plans.take(change, 50).plans.at("acme/a").plan.stable, "1.2.0");
  EXPECT_EQ(plans.next_cool_ms(), 0);
}

TEST(ServeRule, AdmitsWhatItNamesAndReadsNobodyElse) {
  struct Row {
    std::vector<std::string> patterns;
    std::vector<const char*> admitted, refused;
    std::optional<std::set<std::string>> publishers;
  };
  const Row rows[] = {
      {{"*"}, {"acme/a", "beta/d"}, {}, std::nullopt},
      {{"acme/*"}, {"acme/a", "acme/b"}, {"beta/d", "acme2/a"}, std::set<std::string>{"acme"}},
      {{"acme/a", "beta/*"}, {"acme/a", "beta/d"}, {"acme/ab"}, std::set<std::string>{"acme", "beta"}},
      {{"acme/a", "*"}, {"acme/a", "beta/d"}, {}, std::nullopt},
      {{}, {}, {"acme/a"}, std::set<std::string>{}},
  };
  for (const Row& row : rows) {
    const ServeRule rule(row.patterns);
    for (const char* model : row.admitted) EXPECT_TRUE(rule.admits(model)) << model;
    for (const char* model : row.refused) EXPECT_FALSE(rule.admits(model)) << model;
    EXPECT_EQ(rule.publishers(), row.publishers);
  }
  for (const char* pattern : {"", "acme", "acme/", "/a", "*/a", "acme/a*", "acme/a/b", "Acme/a", "acme/*/"})
    EXPECT_FALSE(ServeRule::is_pattern(pattern)) << pattern;
}

TEST(ServeRule, WhatIsNotAdmittedIsNotServed) {
  Shifting catalogue(3);
  for (int i = 0; i < 60; ++i) (void)catalogue.change(0);
  auto change = catalogue.read(nullptr);
  ServeRule({"acme/b"}).restrict(change.input);
  const auto wanted = wanted_of(change.input, 1'000);
  EXPECT_EQ(wanted.size(), 1u);
  EXPECT_TRUE(wanted.contains("acme/b"));
  EXPECT_EQ((*index_of(change.input, wanted))->model_count(), 1u);
}

}  // namespace
}  // namespace stoa::app
