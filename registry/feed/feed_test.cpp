// feed_test.cpp: what the catalogue says is what a follower hears. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "registry/feed/catalogue_feed.hpp"
#include "registry/feed/feed_keys.hpp"
#include "registry/feed/feed_rotation.hpp"
#include "registry/feed/feed_target.hpp"
#include "registry/feed/followed_feed.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

constexpr TufTime kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::chrono::days kDay{1};

PublicRelease release(const std::string& version, ReleaseState state = ReleaseState::published) {
  PublicRelease out{.id = {"rel_" + version},
                    .plugin = "acme/vision",
                    .version = version,
                    .state = state,
                    .models = {"acme/classify", "acme/talk"},
                    .is_listed = true,
                    .published_ms = 17,
                    .cool_until_ms = 18,
                    .package_sha256 = sha256_of(version),
                    .package_bytes = version.size(),
                    .key = {}};
  out.key.fill(9);
  return out;
}

PublicChange whole(PublicState state) { return {.head = {}, .is_whole = true, .there = std::move(state), .gone = {}}; }

// "1.0.0 published, 1.1.0 revoked; champion 1.0.0" in the order of versions and aliases.
std::string told(const PublicState& state) {
  std::vector<std::string> releases, aliases;
  for (const PublicRelease& one : state.releases)
    releases.push_back(fmt::format("{} {}", one.version, name_of(one.state)));
  for (const AliasRecord& one : state.aliases)
    aliases.push_back(fmt::format("{} {}", one.alias, one.targets.at(0).version));
  std::ranges::sort(releases);
  std::ranges::sort(aliases);
  return fmt::format("{}; {}", fmt::join(releases, ", "), fmt::join(aliases, ", "));
}

TEST(FeedTarget, AReleaseComesBackAsItWas) {
  PublicRelease one = release("1.2.0-rc.1+build", ReleaseState::yanked);
  one.is_listed = false;
  one.models.clear();
  for (int i = 0; i < 64; ++i) one.models.push_back(fmt::format("acme/{}-{}", std::string(60, 'm'), i));
  const auto read = release_of(path_of(one), target_of(one));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(path_of(one), "acme/vision/1.2.0-rc.1+build.stoa");
  EXPECT_EQ(read->id, one.id);
  EXPECT_EQ(read->plugin, one.plugin);
  EXPECT_EQ(read->version, one.version);
  EXPECT_EQ(read->state, one.state);
  EXPECT_EQ(read->models, one.models);
  EXPECT_FALSE(read->is_listed);
  EXPECT_EQ(read->published_ms, 17);
  EXPECT_EQ(read->cool_until_ms, 18);
  EXPECT_EQ(read->package_sha256, one.package_sha256);
  EXPECT_EQ(read->package_bytes, one.package_bytes);
  EXPECT_EQ(read->key, one.key);
}

TEST(FeedTarget, AnAliasComesBackAsItWas) {
  const AliasRecord one{"acme/classify", "champion", {{"1.0.0", 900'000}, {"1.1.0", 100'000}}, 7};
  const Target target = target_of(one);
  const auto read = alias_of(path_of(one), target);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->model, one.model);
  EXPECT_EQ(read->alias, one.alias);
  EXPECT_EQ(read->targets, one.targets);
  EXPECT_EQ(read->step, 7);
  EXPECT_EQ(label_text(path_of(one)), "acme/classify@champion\n");
  EXPECT_EQ(target.sha256, sha256_of("acme/classify@champion\n"));
  for (const char* path :
       {"acme/classify.alias", "a/b/c/champion.alias", "acme/classify/.alias", "acme/vision/1.0.0.stoa"})
    EXPECT_EQ(label_text(path), "") << path;
}

TEST(FeedTarget, ARolloutAndAVerdictComeBackAsTheyWere) {
  RolloutRecord rollout;
  rollout.id.text = "roll_1";
  rollout.plan.model = "acme/classify";
  rollout.plan.version = "1.1.0";
  rollout.plan.limits = {
      .requests_min = 1, .window_ms = 2, .error_margin_ppm = 3, .p99_ratio_percent = 4, .unready_ms = 5};
  rollout.stable = "1.0.0";
  rollout.step = 1;
  for (const RolloutState state : {RolloutState::running, RolloutState::paused, RolloutState::promoted})
    for (const auto& steps : {std::vector<std::uint64_t>{}, std::vector<std::uint64_t>{50'000, 250'000, 1'000'000}}) {
      rollout.state = state;
      rollout.plan.steps_ppm = steps;
      rollout.plan.promotes = !steps.empty();
      const auto read = rollout_of(path_of(rollout), target_of(rollout));
      ASSERT_TRUE(read) << read.error().message;
      EXPECT_EQ(path_of(*read), "acme/classify/roll_1.rollout");
      EXPECT_EQ(read->plan.version, "1.1.0");
      EXPECT_EQ(read->plan.limits, rollout.plan.limits);
      EXPECT_EQ(read->plan.steps_ppm, steps);
      EXPECT_EQ(read->plan.promotes, rollout.plan.promotes);
      EXPECT_FALSE(read->plan.shadow);
      EXPECT_EQ(read->stable, "1.0.0");
      EXPECT_EQ(read->state, state);
      EXPECT_EQ(read->step, 1u);
      EXPECT_EQ(read->share_ppm(), rollout.share_ppm());
    }
  rollout.plan.version.clear();
  rollout.plan.shadow = RolloutShadow{.version = "1.1.0", .share_ppm = 7, .atol_nano = 8, .rtol_nano = 9};
  const auto shadow = rollout_of(path_of(rollout), target_of(rollout));
  ASSERT_TRUE(shadow) << shadow.error().message;
  EXPECT_EQ(shadow->plan.shadow, rollout.plan.shadow);
  EXPECT_EQ(shadow->plan.version, "");
  Target wrong = target_of(rollout);
  wrong.facts["state"] = "rolled_back";
  EXPECT_FALSE(rollout_of(path_of(rollout), wrong)) << "who is out of it has no share";
  for (const auto& forgiven : {std::optional<std::int64_t>(), std::optional<std::int64_t>(99)}) {
    const VerdictRecord verdict{.id = 3,
                                .model = "acme/classify",
                                .version = "1.1.0",
                                .state = "rolled_back",
                                .reason = "error rate",
                                .back_to = "1.0.0",
                                .at_ms = 17,
                                .forgiven_ms = forgiven};
    const auto read = verdict_of(path_of(verdict), target_of(verdict));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(path_of(*read), "acme/classify/1.1.0.verdict");
    EXPECT_EQ(read->id, 3);
    EXPECT_EQ(read->state, "rolled_back");
    EXPECT_EQ(read->reason, "error rate");
    EXPECT_EQ(read->back_to, "1.0.0");
    EXPECT_EQ(read->at_ms, 17);
    EXPECT_EQ(read->forgiven_ms, forgiven);
  }
}

TEST(FeedTarget, WhatNoRegistryWritesIsRefusedByItsName) {
  struct Row {
    const char *fact, *value;
  };
  for (const Row& row : {Row{"state", "draft"}, Row{"state", "excellent"}, Row{"published_ms", "soon"},
                         Row{"cool_until_ms", "1 "}, Row{"key", "abc"}, Row{"id", nullptr}, Row{"models", nullptr}}) {
    Target target = target_of(release("1.0.0"));
    if (row.value)
      target.facts[row.fact] = row.value;
    else
      target.facts.erase(row.fact);
    const auto read = release_of("acme/vision/1.0.0.stoa", target);
    ASSERT_FALSE(read) << row.fact;
    EXPECT_EQ(read.error().reason, "feed.fact");
    EXPECT_NE(read.error().message.find(row.fact), std::string::npos) << read.error().message;
  }
  Target alias = target_of(AliasRecord{"acme/classify", "champion", {{"1.0.0"}}, 7});
  alias.facts["targets"] = "1.0.0:3";
  EXPECT_FALSE(alias_of("acme/classify/champion.alias", alias));
  EXPECT_FALSE(release_of("vision.stoa", target_of(release("1.0.0"))));
}

class Feed : public ::testing::Test {
 protected:
  Result<CatalogueFeed> open() { return CatalogueFeed::open({.folder = folder / "registry", .bins = 16}, kNow); }
  std::filesystem::path metadata() const { return folder / "registry/metadata"; }
  Result<FollowedFeed> follow(const std::string& state = "followed") {
    return FollowedFeed::open(folder / state, file_bytes(metadata() / "1.root.json"),
                              [this](std::string_view name, std::uint64_t bytes_max) -> Result<std::string> {
                                if (is_away) return failure(Code::unavailable, "client.connection", "away");
                                ++fetched;
                                return read_small_file(metadata() / name, bytes_max);
                              });
  }
  TestFolder folder;
  bool is_away = false;
  int fetched = 0;
};

TEST_F(Feed, IsHeardAsItIsTold) {
  auto feed = open();
  ASSERT_TRUE(feed) << feed.error().message;
  auto follower = follow();
  ASSERT_TRUE(follower);
  struct Row {
    std::vector<PublicRelease> releases;
    std::vector<AliasRecord> aliases;
    std::size_t changes;
    const char* told;
  };
  const AliasRecord first{"acme/classify", "champion", {{"1.0.0"}}, 1};
  const AliasRecord second{"acme/classify", "champion", {{"1.1.0"}}, 2};
  const PublicRelease one = release("1.0.0"), two = release("1.1.0");
  const Row rows[] = {
      {{}, {}, 0, "; "},
      {{one}, {}, 1, "1.0.0 published; "},
      {{one, two}, {first}, 2, "1.0.0 published, 1.1.0 published; champion 1.0.0"},
      {{one, two}, {first}, 0, "1.0.0 published, 1.1.0 published; champion 1.0.0"},
      {{one, two}, {second}, 1, "1.0.0 published, 1.1.0 published; champion 1.1.0"},
      {{one, release("1.1.0", ReleaseState::revoked)}, {second}, 1, "1.0.0 published, 1.1.0 revoked; champion 1.1.0"},
      {{two}, {}, 3, "1.1.0 published; "},
  };
  for (const Row& row : rows) {
    const std::uint64_t before = feed->version();
    const auto changes = feed->update(
        whole({.revision = 1, .releases = row.releases, .aliases = row.aliases, .rollouts = {}, .verdicts = {}}), kNow);
    ASSERT_TRUE(changes) << changes.error().message;
    EXPECT_EQ(*changes, row.changes) << row.told;
    EXPECT_EQ(feed->version() > before, row.changes > 0) << row.told;
    const auto heard = follower->refresh(kNow);
    ASSERT_TRUE(heard) << heard.error().message;
    EXPECT_EQ(told(follower->state().all()), row.told);
  }
}

TEST_F(Feed, ARestartTellsNothingTwiceAndWhatWentMeanwhile) {
  {
    auto feed = open();
    ASSERT_TRUE(feed && feed->update(whole({.revision = 1,
                                            .releases = {release("1.0.0"), release("1.1.0")},
                                            .aliases = {},
                                            .rollouts = {},
                                            .verdicts = {}}),
                                     kNow));
  }
  auto feed = open();
  ASSERT_TRUE(feed) << feed.error().message;
  EXPECT_EQ(feed->update(whole({.revision = 1,
                                .releases = {release("1.0.0"), release("1.1.0")},
                                .aliases = {},
                                .rollouts = {},
                                .verdicts = {}}),
                         kNow),
            0u);
  EXPECT_EQ(
      feed->update(
          whole({.revision = 2, .releases = {release("1.1.0")}, .aliases = {}, .rollouts = {}, .verdicts = {}}), kNow),
      1u);
}

TEST_F(Feed, AFollowerFetchesWhatChangedAndNoMore) {
  auto feed = open();
  ASSERT_TRUE(
      feed &&
      feed->update(
          whole({.revision = 1, .releases = {release("1.0.0")}, .aliases = {}, .rollouts = {}, .verdicts = {}}), kNow));
  auto follower = follow();
  ASSERT_TRUE(follower && follower->refresh(kNow));
  EXPECT_GE(fetched, 16);
  fetched = 0;
  ASSERT_TRUE(feed->update(whole({.revision = 2,
                                  .releases = {release("1.0.0"), release("1.1.0")},
                                  .aliases = {},
                                  .rollouts = {},
                                  .verdicts = {}}),
                           kNow));
  ASSERT_TRUE(follower->refresh(kNow));
  EXPECT_EQ(fetched, 4) << "the next root that is not there, timestamp, snapshot, one bin";
}

TEST_F(Feed, AFollowerStartsWithoutTheRegistryUntilTheMetadataExpires) {
  auto feed = open();
  ASSERT_TRUE(
      feed &&
      feed->update(
          whole({.revision = 1, .releases = {release("1.0.0")}, .aliases = {}, .rollouts = {}, .verdicts = {}}), kNow));
  {
    auto follower = follow();
    ASSERT_TRUE(follower && follower->refresh(kNow));
  }
  is_away = true;
  {
    auto follower = follow();
    ASSERT_TRUE(follower);
    EXPECT_EQ(follower->refresh(kNow).error().reason, "client.connection");
    const auto resumed = follower->resume(kNow);
    ASSERT_TRUE(resumed) << resumed.error().message;
    EXPECT_EQ(told(follower->state().all()), "1.0.0 published; ");
    EXPECT_TRUE(follower->check_expiry(kNow));
    EXPECT_EQ(follower->check_expiry(kNow + kDay).error().reason, "metadata.expired");
  }
  auto late = follow();
  ASSERT_TRUE(late);
  EXPECT_EQ(late->resume(kNow + kDay).error().reason, "metadata.expired");
  auto stranger = follow("stranger");
  ASSERT_TRUE(stranger);
  EXPECT_EQ(stranger->resume(kNow).error().reason, "metadata.missing");
}

TEST_F(Feed, KeysAreTheOwnersAloneAndNeverMadeAnew) {
  const auto keys = folder / "registry/keys";
  ASSERT_TRUE(open());
  for (const char* role : {"root", "targets", "snapshot", "timestamp", "releases"}) {
    struct stat about{};
    ASSERT_EQ(stat((keys / fmt::format("{}.pem", role)).c_str(), &about), 0) << role;
    EXPECT_EQ(about.st_mode & 0777, 0600u) << role;
  }
  // Kept elsewhere: the daily work needs neither.
  std::filesystem::remove(keys / "root.pem");
  std::filesystem::remove(keys / "targets.pem");
  auto feed = open();
  ASSERT_TRUE(
      feed &&
      feed->update(
          whole({.revision = 1, .releases = {release("1.0.0")}, .aliases = {}, .rollouts = {}, .verdicts = {}}), kNow));
  EXPECT_TRUE(feed->refresh(kNow));
  std::filesystem::remove(keys / "releases.pem");
  feed = failure(Code::unavailable, "closed", "closed");
  feed = open();
  ASSERT_TRUE(feed) << feed.error().message;
  const auto unsigned_one = feed->update(
      whole({.revision = 2, .releases = {release("1.1.0")}, .aliases = {}, .rollouts = {}, .verdicts = {}}), kNow);
  EXPECT_EQ(unsigned_one.error().reason, "metadata.signers");
  EXPECT_FALSE(std::filesystem::exists(keys / "releases.pem"));
}

TEST_F(Feed, EveryRoleIsRotatedAndAFollowerNoticesNothing) {
  {
    auto feed = open();
    ASSERT_TRUE(
        feed &&
        feed->update(
            whole({.revision = 1, .releases = {release("1.0.0")}, .aliases = {}, .rollouts = {}, .verdicts = {}}),
            kNow));
  }
  auto follower = follow();
  ASSERT_TRUE(follower && follower->refresh(kNow));
  std::uint64_t version = 1;
  for (const char* role : {"timestamp", "snapshot", "releases", "targets", "root"}) {
    const auto done =
        rotate_feed_keys({.folder = folder / "registry", .role = role, .new_keys = 2, .threshold = 2}, kNow);
    ASSERT_TRUE(done) << role << ": " << done.error().message;
    EXPECT_EQ(done->root_version, ++version);
    EXPECT_EQ(done->made.size(), 2u);
    ASSERT_EQ(done->expired.size(), 1u) << role;
    EXPECT_EQ(done->expired.front().filename(), fmt::format("{}.pem", role));
    std::filesystem::remove(done->expired.front());
    struct stat about{};
    ASSERT_EQ(stat(done->made.front().c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777, 0600u);
    auto feed = open();
    ASSERT_TRUE(feed && feed->update(whole({.revision = 1,
                                            .releases = {release(fmt::format("{}.0.0", version))},
                                            .aliases = {},
                                            .rollouts = {},
                                            .verdicts = {}}),
                                     kNow));
    const auto heard = follower->refresh(kNow);
    ASSERT_TRUE(heard) << role << ": " << heard.error().message;
    EXPECT_EQ(told(follower->state().all()), fmt::format("{}.0.0 published; ", version));
  }
}

TEST_F(Feed, ARotationThatCannotBeLeavesNothing) {
  const auto keys = folder / "registry/keys";
  const auto files = [&] { return feed_key_files(keys)->size(); };
  ASSERT_TRUE(open());
  struct Row {
    RotationOrder order;
    const char* reason;
  };
  const RotationOrder sound{.folder = folder / "registry", .role = "snapshot"};
  std::filesystem::rename(keys / "root.pem", folder / "root.pem");
  const Row rows[] = {{{.folder = folder / "registry", .role = "mirrors"}, "rotation.role"},
                      {{.folder = folder / "registry", .role = "root", .new_keys = 2, .threshold = 3}, "rotation.keys"},
                      {{.folder = folder / "registry", .role = "root", .new_keys = 0}, "rotation.keys"},
                      {{.folder = folder / "nothing", .role = "root"}, "file.not_found"},
                      {sound, "metadata.signers"}};
  for (const Row& row : rows) {
    const auto done = rotate_feed_keys(row.order, kNow);
    ASSERT_FALSE(done) << row.reason;
    EXPECT_EQ(done.error().reason, row.reason);
    EXPECT_EQ(files(), 4u);
  }
  {
    const auto held = open();
    EXPECT_EQ(rotate_feed_keys(sound, kNow).error().reason, "metadata.locked");
  }
  auto with_root = sound;
  with_root.key_files = {folder / "root.pem"};
  EXPECT_TRUE(rotate_feed_keys(with_root, kNow));
}

}  // namespace
}  // namespace stoa::registry
