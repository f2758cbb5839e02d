// default_release_test.cpp: what a model's bare name means. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/default_release.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "registry/resolve/resolution_index.hpp"

namespace stoa::registry {
namespace {

using enum ReleaseState;

constexpr std::int64_t kNowMs = 1'790'000'000'000;

struct Row {
  const char* what;
  std::vector<OfferedRelease> releases;
  std::vector<AliasTarget> alias;
  std::vector<std::pair<std::string, std::string>> verdicts;  // version, and who took over
  std::string expected;                                       // "1.0.0", "1.0.0:900000 1.1.0:100000"
};

std::string answer(const Row& row) {
  std::vector<VerdictRecord> records;
  for (const auto& [version, back_to] : row.verdicts) records.push_back({.version = version, .back_to = back_to});
  std::vector<const VerdictRecord*> verdicts;
  for (const VerdictRecord& record : records) verdicts.push_back(&record);
  const auto targets = default_of({row.releases, row.alias, verdicts, kNowMs});
  if (targets.size() == 1) return targets[0].version;
  std::string text;
  for (const AliasTarget& target : targets)
    text += fmt::format("{}{}:{}", text.empty() ? "" : " ", target.version, target.ppm);
  return text;
}

TEST(DefaultOf, IsWhatTheAliasSaysElseTheBestAndNeverWhatWasTakenBack) {
  const std::vector<OfferedRelease> three{{"1.0.0"}, {"1.1.0"}, {"1.2.0"}};
  const Row rows[] = {
      {"nothing there", {}, {}, {}, ""},
      {"the highest by precedence, not as text", {{"1.9.0"}, {"1.10.0"}, {"1.2.0"}}, {}, {}, "1.10.0"},
      {"published before deprecated", {{"1.0.0"}, {"1.1.0", deprecated}}, {}, {}, "1.0.0"},
      {"deprecated where nothing else is", {{"1.0.0", deprecated}, {"1.1.0", yanked}}, {}, {}, "1.0.0"},
      {"a deprecated release before a pre-release", {{"1.0.0", deprecated}, {"2.0.0-rc.1"}}, {}, {}, "1.0.0"},
      {"a pre-release where there is nothing else", {{"2.0.0-rc.1"}, {"2.0.0-rc.2"}}, {}, {}, "2.0.0-rc.2"},
      {"what cools down is no release yet",
       {{"1.0.0", published, true, kNowMs + 1}, {"1.0.0-rc.1"}},
       {},
       {},
       "1.0.0-rc.1"},
      {"until now", {{"1.0.0"}, {"1.1.0", published, true, kNowMs}}, {}, {}, "1.1.0"},
      {"neither yanked nor delisted", {{"1.0.0", yanked}, {"1.1.0", published, false}}, {}, {}, ""},
      {"an alias before the best", three, {{"1.0.0"}}, {}, "1.0.0"},
      {"of a yanked one the best", {{"1.0.0", yanked}, {"1.1.0"}}, {{"1.0.0"}}, {}, "1.1.0"},
      {"nor does one that took over count", {{"1.0.0", yanked}, {"1.1.0"}}, {{"1.1.0"}}, {{"1.1.0", "1.0.0"}}, "1.1.0"},
      {"of two the other takes all",
       {{"1.0.0", yanked}, {"1.1.0"}, {"1.2.0"}},
       {{"1.0.0", 900'000}, {"1.1.0", 100'000}},
       {},
       "1.1.0"},
      {"a yanked one and nothing else", {{"1.0.0", yanked}}, {{"1.0.0"}}, {}, ""},
      {"nor a delisted one", {{"1.1.0", published, false}, {"1.0.0"}}, {{"1.1.0"}}, {}, "1.0.0"},
      {"a delisted one and nothing else", {{"1.0.0", published, false}}, {{"1.0.0"}}, {}, ""},
      {"the larger share first", three, {{"1.1.0", 100'000}, {"1.0.0", 900'000}}, {}, "1.0.0:900000 1.1.0:100000"},
      {"of halves the lower one", three, {{"1.1.0", 500'000}, {"1.0.0", 500'000}}, {}, "1.0.0:500000 1.1.0:500000"},
      {"what was taken back does not count", three, {}, {{"1.2.0", "1.0.0"}}, "1.1.0"},
      {"an alias to it means who took over", three, {{"1.2.0"}}, {{"1.2.0", "1.0.0"}}, "1.0.0"},
      {"and who took over from that one", three, {{"1.2.0"}}, {{"1.2.0", "1.1.0"}, {"1.1.0", "1.0.0"}}, "1.0.0"},
      {"who took over is gone: the best", {{"1.1.0"}, {"1.2.0"}}, {{"1.2.0"}}, {{"1.2.0", "1.0.0"}}, "1.1.0"},
      {"shares come together", three, {{"1.0.0", 900'000}, {"1.1.0", 100'000}}, {{"1.1.0", "1.0.0"}}, "1.0.0"},
      {"each took over from the other: the best",
       three,
       {{"1.1.0"}},
       {{"1.1.0", "1.0.0"}, {"1.0.0", "1.1.0"}},
       "1.2.0"},
      {"nothing else is left: better than nothing", {{"1.2.0"}}, {}, {{"1.2.0", "1.0.0"}}, "1.2.0"},
  };
  for (const Row& row : rows) EXPECT_EQ(answer(row), row.expected) << row.what;
}

// The one rule: what hosts serve by default is what the index means by the bare name.
TEST(DefaultOf, IsWhatTheIndexMeansByLatest) {
  const std::pair<std::string, ReleaseState> choices[] = {
      {"1.0.0", published},   {"1.1.0", deprecated},    {"1.2.0", yanked},       {"2.0.0-rc.1", published},
      {"2.0.0", published},   {"2.1.0", deprecated},    {"3.0.0-a", deprecated}, {"0.9.0", published},
      {"1.10.0", deprecated}, {"1.9.9-beta", published}};
  for (unsigned mask = 0; mask < 1u << std::size(choices); ++mask) {
    std::vector<OfferedRelease> offered;
    ResolutionIndex::Edit edit(std::make_shared<const ResolutionIndex>());
    for (std::size_t i = 0; i < std::size(choices); ++i) {
      if ((mask >> i & 1) == 0) continue;
      const auto& [version, state] = choices[i];
      const std::int64_t cool_until_ms = i % 5 == 4 ? kNowMs + 1 : 0;
      offered.push_back({version, state, true, cool_until_ms});
      const Availability availability = state == yanked       ? Availability::yanked
                                        : state == deprecated ? Availability::deprecated
                                                              : Availability::published;
      ASSERT_TRUE(edit.put({"rel_" + version, version, {"acme/classify"}, availability, cool_until_ms, nullptr}));
    }
    const auto found = edit.finish()->resolve(*parse_model_reference("acme/classify"), {nullptr, kNowMs, 0});
    const auto targets = default_of({.releases = offered, .alias = {}, .verdicts = {}, .now_ms = kNowMs});
    EXPECT_EQ(targets.empty() ? "" : targets[0].version, found ? found->version : "") << mask;
  }
}

}  // namespace
}  // namespace stoa::registry
