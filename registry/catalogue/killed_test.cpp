// killed_test.cpp: kill -9 at any moment of publishing, reviewing, moving aliases and revoking keys (C4).
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <random>

#include "registry/catalogue/test_catalogue.hpp"
#include "registry/document/test_child.hpp"

namespace stoa::registry {
namespace {

constexpr int kKills = 100;  // STOA_KILLS: another number
constexpr int kKillsPerFile = 10, kVersions = 8, kKeys = 3;
constexpr std::int64_t kLongestUs = 80'000;

// What a child reports after each act: it was acknowledged with this.
struct Acknowledged {
  std::int64_t revision;
  AuditHead head;
};
static_assert(sizeof(Acknowledged) <= 512, "goes into a pipe whole or not at all");

class Work {
 public:
  Work() {
    on_.add_acme();
    for (int i = 1; i < kKeys; ++i) keys_[i] = PrivateKey::generate();
    keys_[0] = *PrivateKey::from_pem(on_.key.pem());
    for (int version = 0; version < kVersions; ++version)
      for (const auto& key : keys_) (void)on_.package(package_of(version), &*key);
    on_.close();
    std::filesystem::copy_file(on_.file(), on_.folder / "begin.db");
  }

  void begin_anew() {
    on_.close();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(on_.file().string() + end);
    std::filesystem::copy_file(on_.folder / "begin.db", on_.file());
    seen_ = {};
  }

  // The child: one act after the other, without an end.
  int act_for_ever(unsigned seed, int pipe) {
    random_.seed(seed);
    if (!on_.try_open()) return 1;
    for (;;) {
      ++on_.now_ms;
      if (!act()) continue;
      const auto line = on_->audit(on_.admin, 0, 1, "");
      const auto revision = on_->revision();
      if (!line || !revision) return 2;
      const Acknowledged done{*revision, {line->front().line, line->front().sha256}};
      if (::write(pipe, &done, sizeof done) != sizeof done) return 3;
    }
  }

  void kill_once(unsigned seed, std::chrono::nanoseconds after) {
    TestChild child([&](int pipe) { return act_for_ever(seed, pipe); });
    std::string said = child.said_within(after);
    said += child.kill();
    ASSERT_EQ(said.size() % sizeof(Acknowledged), 0u);
    acts += said.size() / sizeof(Acknowledged);
    if (!said.empty()) std::memcpy(&seen_, said.data() + said.size() - sizeof seen_, sizeof seen_);
    on_.now_ms += 1'000;  // later than anything of the child
    const auto opened = on_.try_open();
    ASSERT_TRUE(opened) << opened.error().message;
    const auto whole = on_->examine(seen_.head);
    ASSERT_TRUE(whole) << whole.error().message;
    const auto revision = on_->revision();
    if (seen_.head.lines > 0) {
      ASSERT_GE(*revision, seen_.revision);
      ASSERT_LE(*revision, seen_.revision + 1) << "at most the act that was under way";
    }
    seen_ = {*revision, whole->audit};
    on_.close();
  }

  std::size_t acts = 0;

 private:
  static PackageOf package_of(int version) {
    PackageOf of;
    of.version = "1." + std::to_string(version) + ".0";
    return of;
  }
  int up_to(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most)); }

  bool act() {
    switch (up_to(9)) {
      case 8:
        return roll_out();
      case 0:
        return move_alias();
      case 1:
        return withdraw();
      case 2:
        return up_to(4) == 0 ? revoke_key() : move_alias();
      default:
        return publish();
    }
  }

  // The next step of a release that is under way, or a new one.
  bool publish() {
    ReleaseFilter all;
    all.most = 100;
    const auto releases = on_->releases(all);
    if (!releases) return false;
    for (const ReleaseRecord& release : *releases) {
      if (release.state == ReleaseState::draft) {
        if (on_.submit_to(release.id, version_of(release), signer_of(release))) return true;
        return on_->drop_draft(on_.acme, release.id).has_value();
      }
      if (release.state == ReleaseState::submitted) return on_->begin_checks(release.id).has_value();
      if (release.state == ReleaseState::validating && !release.checked_ms)
        return on_->end_checks(release.id, {{"size", up_to(6) == 0 ? "failed" : "passed", "", "", 1}}).has_value();
      if (release.state == ReleaseState::validating)
        return on_->review(on_.reviewer, release.id, static_cast<Verdict>(up_to(5) % 3), "so").has_value();
    }
    const int version = up_to(kVersions);
    return on_->open_draft(on_.acme, on_.announcement(package_of(version), present_key())).has_value();
  }
  bool move_alias() {
    const auto releases = published();
    if (releases.empty()) return false;
    const std::string& version = releases[static_cast<std::size_t>(up_to(static_cast<int>(releases.size())))].version;
    if (up_to(3) == 0) return on_->take_back_alias(on_.reviewer, "acme/classify", "champion", "").has_value();
    return on_->move_alias(on_.reviewer, {"acme/classify", "champion", {{version}}, "so"}).has_value();
  }
  // Whatever may be done with the model's roll-out; most are refused.
  bool roll_out() {
    const std::string model = "acme/classify";
    const auto last = on_->rollouts(model, 1);
    if (!last) return false;
    const bool is_active = !last->empty() && registry::is_active(last->front().state);
    const auto releases = published();
    if (!is_active && up_to(2) == 0 && !releases.empty()) {
      const std::string& version = releases[static_cast<std::size_t>(up_to(static_cast<int>(releases.size())))].version;
      return on_
          ->start_rollout(on_.reviewer,
                          {.model = model, .version = version, .steps_ppm = {1, 1'000'000}, .promotes = true})
          .has_value();
    }
    if (!is_active && up_to(2) == 0) return on_->roll_back(on_.reviewer, model, "so").has_value();
    if (!is_active) {
      const auto verdicts = on_->verdicts(model);
      return verdicts && !verdicts->empty() && on_->forgive(on_.reviewer, model, verdicts->front().version).has_value();
    }
    const int what = up_to(6);
    if (what == 0) return on_->promote_rollout(on_.reviewer, model, "so").has_value();
    if (what == 1)
      return on_->pause_rollout(on_.reviewer, model, last->front().state == RolloutState::running, "").has_value();
    const RolloutNews news{.kind = static_cast<RolloutNews::Kind>(what - 2),
                           .model = model,
                           .version = last->front().plan.version,
                           .step = last->front().step + 1,
                           .reason = "rollout.errors"};
    return on_->note_rollout(news).value_or(false);
  }
  bool withdraw() {
    ReleaseFilter yanked;
    yanked.state = ReleaseState::yanked;
    if (const auto back = on_->releases(yanked); back && !back->empty())
      return on_->restore(on_.acme, back->front().id, "").has_value();
    const auto releases = published();
    return !releases.empty() && on_->yank(on_.acme, releases.front().id, "so").has_value();
  }
  // The key before the newest, from a moment ago on, which quarantines what it signed since; or another new key.
  bool revoke_key() {
    const auto known = on_->keys("acme");
    if (!known) return false;
    for (std::size_t i = 0; i + 1 < known->size(); ++i)
      if (!(*known)[i].revoked_from_ms)
        return on_->revoke_key(on_.acme, "acme", (*known)[i].key.id(), on_.now_ms - 50, "lost").has_value();
    return known->size() < kKeys && on_.try_key(on_.acme, *keys_[known->size()]).has_value();
  }

  std::vector<ReleaseRecord> published() {
    ReleaseFilter out;
    out.state = ReleaseState::published;
    return on_->releases(out).value_or(std::vector<ReleaseRecord>{});
  }
  const PrivateKey* present_key() {
    const auto known = on_->keys("acme");
    return &*keys_[std::min<std::size_t>(known ? known->size() : 1, kKeys) - 1];
  }
  PackageOf version_of(const ReleaseRecord& release) { return package_of(release.version[2] - '0'); }
  const PrivateKey* signer_of(const ReleaseRecord& release) {
    for (const auto& key : keys_)
      if (sha256_of(file_bytes(on_.package(version_of(release), &*key))) == release.package_sha256) return &*key;
    return present_key();
  }

  TestCatalogue on_;
  std::array<std::optional<PrivateKey>, kKeys> keys_;
  Acknowledged seen_{};
  std::mt19937 random_{1};
};

TEST(Killed, AtAnyMomentLosesNothingThatWasAcknowledgedAndLeavesNothingHalf) {
  const char* asked = std::getenv("STOA_KILLS");
  const int kills = asked ? std::atoi(asked) : kKills;
  Work work;
  std::mt19937 random(7);
  for (int i = 0; i < kills; ++i) {
    if (i % kKillsPerFile == 0) work.begin_anew();
    SCOPED_TRACE("kill " + std::to_string(i));
    work.kill_once(static_cast<unsigned>(i), std::chrono::microseconds(random() % kLongestUs));
    if (testing::Test::HasFatalFailure()) return;
  }
  std::printf("%d kills, %zu acknowledged acts\n", kills, work.acts);
  EXPECT_GT(work.acts, 0u);
}

TEST(Killed, WhileAFileIsMadeLeavesOneThatOpens) {
  constexpr int kMade = 40;
  std::chrono::nanoseconds longest{};
  TestCatalogue on;
  for (int i = -1; i < kMade; ++i) {
    on.close();
    for (const char* end : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(on.file().string() + end);
    const auto began = std::chrono::steady_clock::now();
    TestChild child([&](int) { return on.try_open() ? 0 : 1; });
    if (i < 0) {
      ASSERT_EQ(child.wait(), 0);
      longest = std::chrono::steady_clock::now() - began;
    } else {
      (void)child.said_within(longest * i / kMade);
      (void)child.kill();
    }
    const auto opened = on.try_open();
    ASSERT_TRUE(opened) << i << ": " << opened.error().message;
    ASSERT_TRUE(on->create_publisher(on.admin, "acme", ""));
    const auto whole = on->examine();
    ASSERT_TRUE(whole) << whole.error().message;
  }
}

}  // namespace
}  // namespace stoa::registry
