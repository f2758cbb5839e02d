// change_test.cpp: what is kept by changes is what is read as a whole, whatever happened.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/change_store.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "registry/catalogue/test_random_acts.hpp"

namespace stoa::registry {
namespace {

// A release with each of its models, and everything else, as lines in an order of their own.
using Lines = std::multimap<std::string, std::string>;  // model -> line

Lines lines_of(const ResolutionInput& input) {
  Lines lines;
  for (const ResolvableRelease& one : input.releases)
    for (const std::string& model : input.facts[one.facts].models)
      lines.emplace(model, fmt::format("release {} {} {} {} {} {} {} {} of {}", one.id.text, one.plugin, one.version,
                                       name_of(one.state), one.is_listed, one.published_ms, one.cool_until_ms,
                                       to_hex(one.package_sha256), fmt::join(input.facts[one.facts].models, " ")));
  for (const AliasRecord& one : input.aliases) {
    std::string text = fmt::format("alias {} {}", one.alias, one.step);
    for (const AliasTarget& target : one.targets) text += fmt::format(" {}:{}", target.version, target.ppm);
    lines.emplace(one.model, text);
  }
  for (const RolloutRecord& one : input.rollouts)
    lines.emplace(one.plan.model,
                  fmt::format("rollout {} {} {} {}", one.id.text, one.plan.version, name_of(one.state), one.step));
  for (const VerdictRecord& one : input.verdicts)
    lines.emplace(one.model, fmt::format("verdict {} {} {}", one.id, one.version, one.forgiven_ms.value_or(-1)));
  return lines;
}

std::vector<std::string> sorted(const Lines& lines) {
  std::vector<std::string> out;
  for (const auto& [model, line] : lines) out.push_back(model + " " + line);
  std::ranges::sort(out);
  return out;
}

class Followed {
 public:
  // Several acts may lie between two looks.
  void follow(TestCatalogue& on, const std::set<std::string>& besides) {
    const auto change = on->resolution_change({.since = head_, .models = besides});
    ASSERT_TRUE(change) << change.error().message;
    EXPECT_EQ(change->is_whole, head_.lines == 0);
    if (change->is_whole) lines_.clear();
    for (const std::string& model : change->models) lines_.erase(model);
    const Lines fresh = lines_of(change->input);
    for (const auto& [model, line] : fresh)
      if (!change->is_whole) EXPECT_TRUE(change->models.contains(model)) << model << " is in it and not named";
    lines_.insert(fresh.begin(), fresh.end());
    head_ = change->head;
  }
  const Lines& lines() const { return lines_; }

 private:
  AuditHead head_;
  Lines lines_;
};

TEST(Change, KeptStepByStepIsWhatIsReadAsAWhole) {
  for (unsigned seed = 1; seed <= 4; ++seed) {
    TestCatalogue on;
    RandomActs acts(on, seed);
    Followed often, seldom;
    std::string done;
    for (int i = 0; i < 150; ++i) {
      done += acts.act() + ", ";
      often.follow(on, {});
      if (i % 10 == 9) seldom.follow(on, {"acme/talk", "acme/nothing"});
      const auto whole = on->read_for_resolution();
      ASSERT_TRUE(whole) << whole.error().message;
      ASSERT_EQ(sorted(often.lines()), sorted(lines_of(*whole))) << "seed " << seed << ": " << done;
      if (i % 10 == 9) ASSERT_EQ(sorted(seldom.lines()), sorted(lines_of(*whole))) << "seed " << seed << ": " << done;
    }
    EXPECT_GT(often.lines().size(), 10u) << "too much was refused for this to say anything";
  }
}

TEST(Change, IsOfThePublishersAskedForAlone) {
  TestCatalogue on;
  on.add_acme();
  on.published("1.0.0");
  const std::set<std::string> acme{"acme"}, other{"other"};
  for (const AuditHead& since : {AuditHead{}, AuditHead{1, {}}}) {
    EXPECT_EQ(on->resolution_change({.since = since, .publishers = acme})->input.releases.size(), 1u);
    EXPECT_TRUE(on->resolution_change({.since = since, .publishers = other})->input.releases.empty());
  }
  const auto head = on->resolution_change({})->head;
  on.published("1.1.0");
  EXPECT_EQ(on->resolution_change({.since = head, .publishers = acme})->input.releases.size(), 2u);
  EXPECT_TRUE(on->resolution_change({.since = head, .publishers = other})->input.releases.empty());
}

TEST(Change, OfAnotherLogIsEverything) {
  TestCatalogue on, other;
  on.add_acme();
  other.add_acme();
  on.published("1.0.0");
  const AuditHead head = on->resolution_change({})->head;
  EXPECT_FALSE(on->resolution_change({.since = head})->is_whole);
  EXPECT_TRUE(on->resolution_change({.since = {head.lines, {}}})->is_whole) << "a restored one goes another way";
  EXPECT_TRUE(on->resolution_change({.since = {head.lines + 1, head.sha256}})->is_whole) << "it has lost lines";
  EXPECT_TRUE(other->resolution_change({.since = head})->is_whole);
}

}  // namespace
}  // namespace stoa::registry
