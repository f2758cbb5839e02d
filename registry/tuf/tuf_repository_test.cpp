// tuf_repository_test.cpp: what a follower sees of a repository that publishes, revokes, refreshes, rotates and fails.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "registry/tuf/release_bins.hpp"
#include "registry/tuf/test_repository.hpp"

namespace stoa::registry {
namespace {

class Repository : public TufTest {};

TEST_F(Repository, AFollowerFindsWhatWasPublished) {
  auto follower = client();
  ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
  EXPECT_EQ(follower.find(kPath, now), target_of("one"));
  EXPECT_EQ(reason_of(follower.find("acme/vision/1.0.1.stoa", now)), "target.unknown");
  publish("acme/vision/1.0.1.stoa", "two");
  EXPECT_EQ(reason_of(follower.find("acme/vision/1.0.1.stoa", now)), "target.unknown");
  ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
  EXPECT_EQ(follower.find("acme/vision/1.0.1.stoa", now), target_of("two"));
}

TEST_F(Repository, FactsChangeAndTargetsGoButBytesStay) {
  auto follower = client();
  publish(kPath, "one", "revoked");
  ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
  EXPECT_EQ(follower.find(kPath, now)->facts.at("state"), "revoked");
  const TargetChange other_bytes{kPath, target_of("other")};
  EXPECT_EQ(reason_of(repository.publish({&other_bytes, 1}, keys.online(), now)), "target.changed");
  const TargetChange gone{kPath, {}};
  EXPECT_EQ(reason_of(repository.publish({&gone, 1}, keys.online(), now)), "accepted");
  EXPECT_EQ(reason_of(repository.publish({&gone, 1}, keys.online(), now)), "target.unknown");
  ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
  EXPECT_EQ(reason_of(follower.find(kPath, now)), "target.unknown");
}

TEST_F(Repository, ChangesComeTogetherOrNotAtAll) {
  const TargetChange changes[] = {{"acme/a/1.0.0.stoa", target_of("a")}, {"acme/../b", target_of("b")}};
  EXPECT_EQ(reason_of(repository.publish(changes, keys.online(), now)), "target.path");
  EXPECT_EQ(repository.find("acme/a/1.0.0.stoa").value(), std::nullopt);
}

TEST_F(Repository, NothingGoesAwayUntold) {
  const TargetChange changes[] = {{kPath, {}}, {"acme/a/1.0.0.stoa", {}}, {"acme/b/1.0.0.stoa", target_of("b")}};
  std::vector<std::string> told;
  bool is_room = false;
  const auto tell = [&](const std::vector<TargetChange>& gone) -> Result<void> {
    if (!is_room) return failure(Code::resource_exhausted, "file.full", "no room");
    for (const TargetChange& one : gone) told.push_back(one.path + " " + to_hex(one.target->sha256));
    return {};
  };
  const auto bring = [&] { return repository.bring_about(changes, keys.online(), now, nullptr, tell); };
  const auto before = repository.timestamp().version;
  EXPECT_EQ(reason_of(bring()), "file.full");
  EXPECT_EQ(repository.timestamp().version, before);
  EXPECT_EQ(repository.find(kPath).value(), target_of("one"));
  is_room = true;
  EXPECT_EQ(bring().value(), 2u);
  EXPECT_EQ(told, std::vector{std::string(kPath) + " " + to_hex(sha256_of("one"))}) << "the other one was not there";
  EXPECT_EQ(repository.find(kPath).value(), std::nullopt);
}

TEST_F(Repository, FactsThatNoReaderWouldTakeAreRefused) {
  std::map<std::string, std::string> many;
  for (int i = 0; i <= 64; ++i) many[std::to_string(i)] = "x";
  const std::map<std::string, std::string> rows[] = {{{"note", "two\nlines"}},
                                                     {{"note", "\xff"}},
                                                     {{"note", std::string(1025, 'x')}},
                                                     {{"no\tte", "x"}},
                                                     {{std::string(65, 'k'), "x"}},
                                                     {{"\xc3\xa9", "x"}},
                                                     many};
  for (const auto& facts : rows) {
    const TargetChange change{kPath, Target{3, sha256_of("one"), facts}};
    EXPECT_EQ(reason_of(repository.publish({&change, 1}, keys.online(), now)), "target.facts");
  }
  const TargetChange fine{kPath, Target{3, sha256_of("one"), {{"note", "\"quoted\" \\ \xc3\xa9"}}}};
  EXPECT_EQ(reason_of(repository.publish({&fine, 1}, keys.online(), now)), "accepted");
  auto follower = client();
  ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
  EXPECT_EQ(follower.find(kPath, now), *fine.target);
}

TEST_F(Repository, OpensWhereItWasLeft) {
  const auto version = repository.timestamp().version;
  {
    auto closed = std::move(repository);
  }
  auto opened = TufRepository::open(served(), {});
  ASSERT_TRUE(opened.has_value()) << opened.error().message;
  EXPECT_EQ(opened->timestamp().version, version);
  EXPECT_EQ(opened->find(kPath).value(), target_of("one"));
  EXPECT_EQ(reason_of(TufRepository::open(served(), {})), "metadata.locked");
}

TEST_F(Repository, SignsNothingThatSomebodyElseWroteIntoItsFolder) {
  const auto bin = bin_of(repository.targets().delegations, kPath).name;
  const auto name = versioned_name(repository.snapshot().files.at(bin).version, bin);
  auto json = file_bytes(served() / name);
  json.replace(json.find("\"length\":3"), 10, "\"length\":4");
  write_file(served() / name, json);
  const TargetChange again{kPath, target_of("one", "yanked")};
  EXPECT_EQ(reason_of(repository.publish({&again, 1}, keys.online(), now)), "metadata.signature");
}

TEST_F(Repository, NeedsItsThresholdOfKeys) {
  const TargetChange change{"acme/a/1.0.0.stoa", target_of("a")};
  const auto before = repository.timestamp().version;
  EXPECT_EQ(reason_of(repository.publish({&change, 1}, std::vector{&keys.timestamp[0], &keys.snapshot[0]}, now)),
            "metadata.signers");
  EXPECT_EQ(reason_of(repository.rotate({}, std::vector{&keys.root[0], &keys.timestamp[0]}, now)), "metadata.signers");
  EXPECT_EQ(repository.timestamp().version, before);
  auto rules = keys.rules();
  rules.root.threshold = 4;
  EXPECT_EQ(reason_of(TufRepository::create(folder / "r", rules, 16, {}, keys.all(), now)), "metadata.rules");
  EXPECT_EQ(reason_of(TufRepository::create(folder / "r", keys.rules(), 12, {}, keys.all(), now)), "metadata.rules");
}

TEST_F(Repository, RefreshKeepsEverythingFreshWithTheKeysAtHand) {
  auto follower = client();
  for (int day = 0; day < 70; ++day) {  // bins are signed anew after 60
    now += std::chrono::hours(23);
    ASSERT_EQ(reason_of(repository.refresh(keys.online(), now)), "accepted") << day;
    ASSERT_EQ(reason_of(follower.refresh(now)), "accepted") << day;
    ASSERT_EQ(follower.trusted().timestamp()->role.signed_at, now) << day;
    ASSERT_EQ(follower.find(kPath, now), target_of("one")) << day;
  }
  now += std::chrono::days(300);  // root and targets need keys from the safe
  ASSERT_EQ(reason_of(repository.refresh(keys.online(), now)), "accepted");
  EXPECT_EQ(reason_of(follower.refresh(now)), "metadata.expired");
  ASSERT_EQ(reason_of(repository.refresh(keys.all(), now)), "accepted");
  ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
  EXPECT_EQ(follower.find(kPath, now), target_of("one"));
}

TEST_F(Repository, ManyBinsAreSignedAnewInPartsUnlessTimeIsShort) {
  auto many = TufRepository::create(folder / "many", keys.rules(), 256, {}, keys.all(), now);
  ASSERT_TRUE(many.has_value()) << many.error().message;
  const auto signed_anew = [&] {
    return std::ranges::count_if(many->snapshot().files,
                                 [](const auto& file) { return file.first != "targets" && file.second.version > 1; });
  };
  now += std::chrono::days(59);
  ASSERT_EQ(reason_of(many->refresh(keys.online(), now)), "accepted");
  EXPECT_EQ(signed_anew(), 0);
  now += kDay;
  ASSERT_EQ(reason_of(many->refresh(keys.online(), now)), "accepted");
  EXPECT_EQ(signed_anew(), 64);
  ASSERT_EQ(reason_of(many->refresh(keys.online(), now)), "accepted");
  EXPECT_EQ(signed_anew(), 128);
  now += std::chrono::days(15);
  ASSERT_EQ(reason_of(many->refresh(keys.online(), now)), "accepted");
  EXPECT_EQ(signed_anew(), 256);
}

struct RotationRow {
  const char* name;
  std::vector<PrivateKey> RoleKeys::* role;
  std::optional<SigningRule> RotatedRules::* rule;
};
const RotationRow kRotations[] = {{"root", &RoleKeys::root, &RotatedRules::root},
                                  {"timestamp", &RoleKeys::timestamp, &RotatedRules::timestamp},
                                  {"snapshot", &RoleKeys::snapshot, &RotatedRules::snapshot},
                                  {"targets", &RoleKeys::targets, &RotatedRules::targets},
                                  {"releases", &RoleKeys::releases, &RotatedRules::releases}};

// Every key of the role is replaced; with the old one at hand, and with the old one lost (root apart, which nobody may
// lose).
TEST_F(Repository, RotatesEachRole) {
  for (const bool is_lost : {false, true})
    for (const auto& row : kRotations) {
      SCOPED_TRACE(std::string(row.name) + (is_lost ? ", lost" : ""));
      auto follower = client(std::string("follower-") + row.name + std::to_string(is_lost));
      ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
      const auto version = repository.root().version;
      auto old_keys = std::exchange(keys.*row.role, {});
      for (int i = 0; i < 3; ++i) (keys.*row.role).push_back(PrivateKey::generate());
      auto signers = keys.all();
      if (!is_lost || row.role == &RoleKeys::root)
        for (const auto& key : old_keys) signers.push_back(&key);
      RotatedRules rules;
      rules.*row.rule = RoleKeys::rule(keys.*row.role, 2);
      const auto rotated = repository.rotate(rules, signers, now);
      ASSERT_TRUE(rotated.has_value()) << rotated.error().message;
      EXPECT_EQ(repository.root().version, version + 1);
      ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
      EXPECT_EQ(follower.find(kPath, now), target_of("one"));

      const TargetChange change{"acme/" + std::string(row.name) + "/1.0.0.stoa",
                                target_of(row.name + std::to_string(is_lost))};
      const TargetChange gone{change.path, {}};
      ASSERT_EQ(reason_of(repository.publish({&change, 1}, keys.all(), now)), "accepted");
      ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
      EXPECT_EQ(follower.find(change.path, now), *change.target);
      ASSERT_EQ(reason_of(repository.publish({&gone, 1}, keys.all(), now)), "accepted");
      std::vector<const PrivateKey*> old_signers;
      for (const auto& key : old_keys) old_signers.push_back(&key);
      EXPECT_EQ(reason_of(repository.rotate({}, old_signers, now)), "metadata.signers");
    }
  // Who slept through all of it walks the chain of roots from the first one.
  auto sleeper = client("sleeper");
  ASSERT_EQ(reason_of(sleeper.refresh(now)), "accepted");
  EXPECT_EQ(sleeper.trusted().root().version, repository.root().version);
}

// A crash at the one place of a rotation that shows: the folder has the new root and the rest of before, or the other
// way round.
TEST_F(Repository, AnInterruptedRotationIsFinishedByTheNextCommit) {
  for (const bool is_lost : {false, true})
    for (const auto& row : kRotations) {
      if (row.role == &RoleKeys::root || (is_lost && row.role == &RoleKeys::releases)) continue;  // no such place
      SCOPED_TRACE(std::string(row.name) + (is_lost ? ", lost" : ""));
      const auto crashed = folder / (std::string(row.name) + std::to_string(is_lost));
      if (is_lost) std::filesystem::copy(served(), crashed);
      auto old_keys = std::exchange(keys.*row.role, {});
      (keys.*row.role).push_back(PrivateKey::generate());
      auto signers = keys.all();
      if (!is_lost)
        for (const auto& key : old_keys) signers.push_back(&key);
      RotatedRules rules;
      rules.*row.rule = RoleKeys::rule(keys.*row.role);
      ASSERT_EQ(reason_of(repository.rotate(rules, signers, now)), "accepted");
      const auto new_root = versioned_name(repository.root().version, "root");
      if (is_lost) {
        std::filesystem::copy(served() / new_root, crashed / new_root);  // it comes first
      } else {
        std::filesystem::copy(served(), crashed);
        std::filesystem::remove(crashed / new_root);  // it comes last
      }
      auto follower = TufClient::open(folder / (crashed.filename().string() + "-f"), first_root(), fetch_from(crashed));
      EXPECT_EQ(reason_of(follower->refresh(now)), is_lost ? "metadata.signature" : "accepted");
      auto opened = TufRepository::open(crashed, {});
      ASSERT_TRUE(opened.has_value()) << opened.error().message;
      if (is_lost) {
        const TargetChange change{"acme/after/1.0.0.stoa", target_of("after")};
        ASSERT_EQ(reason_of(opened->publish({&change, 1}, keys.all(), now)), "accepted");
        ASSERT_EQ(reason_of(follower->refresh(now)), "accepted");
      }
      EXPECT_EQ(follower->find(kPath, now), target_of("one"));
    }
}

TEST_F(Repository, PruneLeavesWhatReadersAskFor) {
  for (int i = 0; i < 20; ++i) publish("acme/p/1.0." + std::to_string(i) + ".stoa", std::to_string(i));
  auto slow = client("slow");
  ASSERT_EQ(reason_of(slow.refresh(now)), "accepted");
  publish("acme/p/2.0.0.stoa", "2");
  const auto before = count_of(served());
  const auto removed = repository.prune(2);
  ASSERT_TRUE(removed.has_value());
  EXPECT_GT(*removed, 20U);
  EXPECT_EQ(count_of(served()), before - *removed);
  EXPECT_EQ(slow.find("acme/p/1.0.7.stoa", now), target_of("7"));
  auto fresh = client("fresh");
  ASSERT_EQ(reason_of(fresh.refresh(now)), "accepted");
  for (int i = 0; i < 20; ++i)
    EXPECT_EQ(fresh.find("acme/p/1.0." + std::to_string(i) + ".stoa", now), target_of(std::to_string(i)));
  EXPECT_EQ(repository.prune(2), 0U);
}

TEST(ReleaseBins, EveryPathFallsIntoTheBinWhoseDelegationSpeaksForIt) {
  for (unsigned bins = 1; bins <= kBinsMax; bins *= 2) {
    const auto delegations = bin_delegations(bins, {});
    ASSERT_EQ(delegations.size(), bins);
    for (int i = 0; i < 50; ++i) {
      const auto path = "acme/p/1.0." + std::to_string(i) + ".stoa";
      const auto hash = to_hex(sha256_of(path));
      const auto speakers =
          std::ranges::count_if(delegations, [&](const auto& d) { return speaks_for(d, path, hash); });
      EXPECT_EQ(speakers, 1) << bins;
      EXPECT_TRUE(speaks_for(bin_of(delegations, path), path, hash)) << bins;
    }
  }
}

// Files over the limit of a write fail as on a full disk; everything as before, and the next try succeeds.
TEST_F(Repository, AFullDiskLeavesTheStateBefore) {
  auto follower = client();
  ASSERT_EQ(reason_of(follower.refresh(now)), "accepted");
  ::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const TargetChange change{"acme/a/1.0.0.stoa", target_of("a")};
  int failures = 0;
  for (rlim_t bytes = 0; bytes < 3000; bytes += 50) {
    const rlimit narrow{bytes, before.rlim_max};
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &narrow), 0);
    const auto done = repository.publish({&change, 1}, keys.online(), now);
    ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
    ASSERT_EQ(reason_of(follower.refresh(now)), "accepted") << bytes;
    if (done) break;
    ++failures;
    EXPECT_EQ(done.error().reason, "file.no_space");
    EXPECT_EQ(reason_of(follower.find(change.path, now)), "target.unknown");
  }
  EXPECT_GT(failures, 5);
  EXPECT_EQ(follower.find(change.path, now), target_of("a"));
}

// A writer that is killed at random points, and a reader that never stops: it sees whole states only, and never an
// older one.
TEST_F(Repository, AReaderBesideAKilledWriterSeesWholeStates) {
  {
    auto closed = std::move(repository);
  }
  auto follower = client();
  std::mt19937 random(20'260'101);
  std::uint64_t last = 0;
  for (int round = 0; round < 8; ++round) {
    const auto writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
      auto opened = TufRepository::open(served(), {});
      if (!opened) ::_exit(1);
      for (int i = 0;; ++i) {
        const TargetChange change{"acme/w/" + std::to_string(round) + ".0." + std::to_string(i) + ".stoa",
                                  target_of("w")};
        if (!opened->publish({&change, 1}, keys.online(), now)) ::_exit(2);
      }
    }
    const auto refreshes = 5 + random() % 20;
    for (unsigned i = 0; i < refreshes; ++i) {
      ASSERT_EQ(reason_of(follower.refresh(now)), "accepted") << round;
      ASSERT_EQ(follower.find(kPath, now), target_of("one"));
      ASSERT_GE(follower.trusted().timestamp()->role.version, last);
      last = follower.trusted().timestamp()->role.version;
    }
    int status = 0;
    ASSERT_EQ(::kill(writer, SIGKILL), 0);
    ASSERT_EQ(::waitpid(writer, &status, 0), writer);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the writer could not open or publish";
  }
  EXPECT_GT(last, 8U);
}

}  // namespace
}  // namespace stoa::registry
