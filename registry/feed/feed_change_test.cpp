// feed_change_test.cpp: what is told and heard change by change is what the catalogue says, through restarts and kills.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "registry/blobs/test_kill.hpp"
#include "registry/catalogue/test_random_acts.hpp"
#include "registry/feed/catalogue_feed.hpp"
#include "registry/feed/feed_target.hpp"
#include "registry/feed/followed_feed.hpp"
#include "registry/feed/told_mark.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr TufTime kToday{std::chrono::seconds(1'800'000'000)};
constexpr int kSkipped = 77;

// Every target with its facts: what a follower may know.
std::vector<std::string> targets_of(const PublicState& state) {
  std::vector<std::string> targets;
  const auto add = [&](const auto& records) {
    for (const auto& record : records) {
      std::string text = path_of(record);
      for (const auto& [fact, value] : target_of(record).facts) text += fmt::format(" {}={}", fact, value);
      targets.push_back(std::move(text));
    }
  };
  add(state.releases), add(state.aliases), add(state.rollouts), add(state.verdicts);
  std::ranges::sort(targets);
  return targets;
}

// What resolution stands on: each release with its models, and how many of all else there are.
std::vector<std::string> served_of(const ResolutionInput& input, const std::set<std::string>* models = nullptr) {
  std::vector<std::string> lines;
  const auto is_asked = [&](const std::string& model) { return models == nullptr || models->contains(model); };
  for (const ResolvableRelease& one : input.releases)
    for (const std::string& model : input.facts[one.facts].models)
      if (is_asked(model))
        lines.push_back(fmt::format("{} {} {} {}", model, one.plugin, one.version, name_of(one.state)));
  for (const AliasRecord& one : input.aliases)
    if (is_asked(one.model)) lines.push_back(fmt::format("{} alias {} {}", one.model, one.alias, one.step));
  for (const RolloutRecord& one : input.rollouts)
    if (is_asked(one.plan.model)) lines.push_back(fmt::format("{} rollout {}", one.plan.model, one.id.text));
  for (const VerdictRecord& one : input.verdicts)
    if (is_asked(one.model)) lines.push_back(fmt::format("{} verdict {}", one.model, one.id));
  std::ranges::sort(lines);
  return lines;
}

class FeedChange : public ::testing::Test {
 protected:
  Result<CatalogueFeed> open_feed() { return CatalogueFeed::open({.folder = folder / "registry", .bins = 4}, kToday); }
  fs::path metadata() const { return folder / "registry/metadata"; }
  Result<FollowedFeed> follow(const std::string& state = "followed") {
    return FollowedFeed::open(folder / state, file_bytes(metadata() / "1.root.json"),
                              [this](std::string_view name, std::uint64_t bytes_max) -> Result<std::string> {
                                if (is_away) return failure(Code::unavailable, "client.connection", "away");
                                return read_small_file(metadata() / name, bytes_max);
                              });
  }
  Result<std::size_t> tell(CatalogueFeed& feed) {
    const auto change = on->public_change(feed.told_until());
    return change ? feed.update(*change, kToday) : std::unexpected(change.error());
  }
  // What a follower hears that never heard anything before.
  std::vector<std::string> heard_anew() {
    fs::remove_all(folder / "anew");
    auto follower = follow("anew");
    const auto heard = follower ? follower->refresh(kToday) : std::unexpected(follower.error());
    EXPECT_TRUE(heard) << heard.error().message;
    return heard ? targets_of(follower->state().all()) : std::vector<std::string>{};
  }

  TestFolder folder;
  TestCatalogue on;
  bool is_away = false;
};

TEST_F(FeedChange, ToldAndHeardChangeByChangeIsWhatTheCatalogueSays) {
  RandomActs acts(on, 11);
  std::optional<CatalogueFeed> feed(std::move(*open_feed()));
  auto follower = follow();
  ASSERT_TRUE(follower);
  std::string done;
  for (int i = 0; i < 120; ++i) {
    done += acts.act() + ", ";
    if (i % 3 == 1) continue;  // one signature for several acts
    if (i % 10 == 5) {         // a restart: the mark says where to go on
      feed.reset();
      feed.emplace(std::move(*open_feed()));
      EXPECT_GT(feed->told_until().lines, 0);
    }
    const auto told = tell(*feed);
    ASSERT_TRUE(told) << told.error().reason << ": " << told.error().message << "; " << done;
    EXPECT_EQ(*tell(*feed), 0u) << "told twice; " << done;
    const auto before = follower->state().all();
    const auto heard = follower->refresh(kToday);
    ASSERT_TRUE(heard) << heard.error().message << "; " << done;
    const PublicState said = *on->read_public();
    const FollowedState now = follower->state();
    ASSERT_EQ(targets_of(now.all()), targets_of(said)) << done;
    const FollowedNews news = follower->take_news();
    const ResolutionInput whole = now.resolution({}, {}).input;
    const ResolutionChange part = now.resolution(news.names, {});
    EXPECT_EQ(served_of(part.input), served_of(whole, &part.models)) << done;
    if (!news.is_whole)
      for (const PublicRelease& one : said.releases) {
        const bool is_same = std::ranges::find(before.releases, one) != before.releases.end();
        EXPECT_TRUE(is_same || news.names.contains(one.plugin)) << one.plugin << " " << one.version << "; " << done;
      }
  }
  ASSERT_EQ(heard_anew(), targets_of(*on->read_public()));
}

TEST_F(FeedChange, OfAPublisherAskedForAlone) {
  on.add_acme();
  on.published("1.0.0");
  auto feed = open_feed();
  ASSERT_TRUE(feed && tell(*feed));
  auto follower = follow();
  ASSERT_TRUE(follower && follower->refresh(kToday));
  const FollowedState state = follower->state();
  const std::set<std::string> acme{"acme"}, other{"acm", "acme2", "other"}, classify{"acme/classify"};
  EXPECT_EQ(state.resolution({}, acme).input.releases.size(), 1u);
  EXPECT_TRUE(state.resolution({}, other).input.releases.empty());
  EXPECT_EQ(state.resolution(classify, acme).input.releases.size(), 1u);
  EXPECT_TRUE(state.resolution(classify, other).input.releases.empty());
  EXPECT_NE(state.find("acme/vision", "1.0.0"), nullptr);
  EXPECT_EQ(state.find("acme/vision", "1.0.1"), nullptr);
}

TEST_F(FeedChange, AMarkThatDoesNotFitCostsAComparisonAndNoChange) {
  on.add_acme();
  on.published("1.0.0");
  const fs::path mark = folder / "registry/.told";
  {
    auto feed = open_feed();
    ASSERT_TRUE(feed && tell(*feed));
  }
  on.published("1.1.0");
  const std::string good = file_bytes(mark);
  struct Row {
    const char* what;
    std::string bytes;
    bool is_believed;
  };
  std::string cut = good.substr(0, good.size() - 1), other_form = good;
  other_form[5] = other_form[5] == '0' ? '1' : '0';
  std::string other_snapshot = good;
  other_snapshot[other_snapshot.find("snapshot") + 9] = '9';
  std::string other_log = good;
  other_log[other_log.size() - 2] = other_log[other_log.size() - 2] == '0' ? '1' : '0';
  const Row rows[] = {{"as it was", good, true},
                      {"cut", cut, false},
                      {"empty", "", false},
                      {"of another form", other_form, false},
                      {"of another snapshot", other_snapshot, false},
                      {"of another log", other_log, true},  // and then its line is not found in this one
                      {"no text", std::string(3000, '\0'), false}};
  fs::copy(folder / "registry", folder / "kept", fs::copy_options::recursive);
  for (const Row& row : rows) {
    fs::remove_all(folder / "registry");
    fs::copy(folder / "kept", folder / "registry", fs::copy_options::recursive);
    write_file(mark, row.bytes);
    auto feed = open_feed();
    ASSERT_TRUE(feed) << row.what;
    EXPECT_EQ(feed->told_until().lines > 0, row.is_believed) << row.what;
    EXPECT_EQ(tell(*feed), 1u) << row.what;
    EXPECT_EQ(heard_anew(), targets_of(*on->read_public())) << row.what;
  }
}

// A registry that stops anywhere between an act and the last file of what is signed about it.
TEST_F(FeedChange, KilledAtEverySystemCallTellsAllOfItAfterTheNextStart) {
  on.add_acme();
  on.published("1.0.0");
  {
    auto feed = open_feed();
    ASSERT_TRUE(feed && tell(*feed));
  }
  on.published("1.1.0");
  ASSERT_TRUE(on->move_alias(on.reviewer, {"acme/classify", "champion", {{"1.0.0"}}, ""}));
  const PublicChange whole = *on->public_change({});
  const auto said = targets_of(whole.there);
  fs::copy(folder / "registry", folder / "kept", fs::copy_options::recursive);
  std::uint64_t n = 1;  // the first stop is the child's own
  for (bool is_over = false; !is_over && !HasFailure(); ++n) {
    fs::remove_all(folder / "registry");
    fs::copy(folder / "kept", folder / "registry", fs::copy_options::recursive);
    {
      auto feed = open_feed();
      ASSERT_TRUE(feed);
      const PublicChange change = *on->public_change(feed->told_until());
      ASSERT_FALSE(change.is_whole);
      const pid_t child = ::fork();
      if (child == 0) {
        if (!stop_to_be_traced()) std::_Exit(kSkipped);
        std::_Exit(feed->update(change, kToday) ? 0 : 1);
      }
      const int end = kill_at_system_call(child, n);
      is_over = WIFEXITED(end);
      if (is_over && WEXITSTATUS(end) == kSkipped) GTEST_SKIP() << "nobody may be traced here";
      if (is_over) EXPECT_EQ(WEXITSTATUS(end), 0);
    }
    auto feed = open_feed();
    ASSERT_TRUE(feed) << "killed at stop " << n << ": " << feed.error().message;
    const auto told = tell(*feed);
    ASSERT_TRUE(told) << "killed at stop " << n << ": " << told.error().message;
    EXPECT_EQ(heard_anew(), said) << "killed at stop " << n;
    EXPECT_EQ(*tell(*feed), 0u);
  }
  std::printf("killed at %d places\n", static_cast<int>(n) - 2);
}

// A follower that stops anywhere between the new timestamp and the last bin that changed, and whose registry is away
// then: it goes on with a whole state, and hears all of the new one when the registry is back.
TEST_F(FeedChange, AFollowerKilledAtEverySystemCallStartsWithoutTheRegistryAndHearsAllOfItLater) {
  on.add_acme();
  on.published("1.0.0");
  auto feed = open_feed();
  ASSERT_TRUE(feed && tell(*feed));
  const auto before = targets_of(*on->read_public());
  {
    auto follower = follow();
    ASSERT_TRUE(follower && follower->refresh(kToday));
  }
  fs::copy(folder / "followed", folder / "kept", fs::copy_options::recursive);
  for (const char* version : {"1.1.0", "1.2.0", "2.0.0"}) on.published(version);
  ASSERT_TRUE(on->move_alias(on.reviewer, {"acme/classify", "champion", {{"1.0.0"}}, ""}));
  ASSERT_TRUE(tell(*feed));
  const auto after = targets_of(*on->read_public());
  std::uint64_t n = 1;
  for (bool is_over = false; !is_over && !HasFailure(); ++n) {
    fs::remove_all(folder / "followed");
    fs::copy(folder / "kept", folder / "followed", fs::copy_options::recursive);
    is_away = false;
    const pid_t child = ::fork();
    if (child == 0) {
      if (!stop_to_be_traced()) std::_Exit(kSkipped);
      auto follower = follow();
      std::_Exit(follower && follower->refresh(kToday) ? 0 : 1);
    }
    const int end = kill_at_system_call(child, n);
    is_over = WIFEXITED(end);
    if (is_over && WEXITSTATUS(end) == kSkipped) GTEST_SKIP() << "nobody may be traced here";
    if (is_over) EXPECT_EQ(WEXITSTATUS(end), 0);
    const std::string when = fmt::format("killed at stop {}", n);
    is_away = true;
    {
      auto follower = follow();
      ASSERT_TRUE(follower) << when << ": " << follower.error().message;
      const auto resumed = follower->resume(kToday);
      ASSERT_TRUE(resumed) << when << ": " << resumed.error().reason << ": " << resumed.error().message;
      const auto told = targets_of(follower->state().all());
      EXPECT_TRUE(told == before || told == after) << when << " it is neither of the two states";
      if (is_over) EXPECT_EQ(told, after);
    }
    is_away = false;
    auto follower = follow();
    const auto heard = follower ? follower->refresh(kToday) : std::unexpected(follower.error());
    ASSERT_TRUE(heard) << when << ": " << heard.error().message;
    EXPECT_EQ(targets_of(follower->state().all()), after) << when;
  }
  std::printf("killed at %d places\n", static_cast<int>(n) - 2);
}

// The same without a kill: the registry goes away while the bins are fetched, then the follower is started again.
TEST_F(FeedChange, ARegistryThatGoesAwayInTheMiddleLeavesAFollowerWhatItHad) {
  on.add_acme();
  on.published("1.0.0");
  auto feed = open_feed();
  ASSERT_TRUE(feed && tell(*feed));
  {
    auto follower = follow();
    ASSERT_TRUE(follower && follower->refresh(kToday));
  }
  const auto before = targets_of(*on->read_public());
  for (const char* version : {"1.1.0", "1.2.0", "2.0.0"}) on.published(version);
  ASSERT_TRUE(tell(*feed));
  {
    int bins = 0;
    auto follower = FollowedFeed::open(folder / "followed", file_bytes(metadata() / "1.root.json"),
                                       [&](std::string_view name, std::uint64_t bytes_max) -> Result<std::string> {
                                         if (name.find("bin-") != name.npos && ++bins > 1)
                                           return failure(Code::unavailable, "client.connection", "away");
                                         return read_small_file(metadata() / name, bytes_max);
                                       });
    ASSERT_TRUE(follower);
    EXPECT_EQ(follower->refresh(kToday).error().reason, "client.connection");
    EXPECT_EQ(bins, 2) << "the new timestamp and one of several bins are here";
  }
  is_away = true;
  auto follower = follow();
  ASSERT_TRUE(follower);
  const auto resumed = follower->resume(kToday);
  ASSERT_TRUE(resumed) << resumed.error().message;
  EXPECT_EQ(targets_of(follower->state().all()), before);
  is_away = false;
  ASSERT_TRUE(follower->refresh(kToday));
  EXPECT_EQ(targets_of(follower->state().all()), targets_of(*on->read_public()));
}

}  // namespace
}  // namespace stoa::registry
