// key_test.cpp: which signatures count: rotation (K1), revocation from a date (K2), keys that are not the publisher's.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

std::string accept(TestCatalogue& on, const ReleaseId& id) {
  return on.refusal([&] { return on->review(on.reviewer, id, Verdict::accept, ""); });
}

TEST(Key, ThatWasRotatedSignsNothingNewAndLosesNothingOld) {  // K1
  TestCatalogue on;
  on.add_acme();
  const KeyId id = on.key.public_key().id();
  const ReleaseRecord out = on.published("1.0.0");
  const auto before = on.submit("1.1.0");
  ASSERT_TRUE(before);
  EXPECT_EQ(on.refusal([&] { return on->rotate_key(on.acme, "acme", id, on.now_ms - 1); }), "key.rotation");
  ASSERT_TRUE(on->rotate_key(on.acme, "acme", id, on.now_ms + 10));
  on.now_ms += 9;
  const auto last = on.submit("1.2.0");
  on.now_ms += 1;
  const auto late = on.submit("1.3.0");
  on.now_ms += 86'400'000;

  EXPECT_EQ(on->release(out.id)->state, ReleaseState::published);
  for (const auto& timely : {before, last}) {
    EXPECT_EQ(on.good(on.check(timely)).state, ReleaseState::validating);
    EXPECT_EQ(accept(on, timely->id), "done") << timely->version;
  }
  const ReleaseRecord stopped = on.good(on.check(late));
  EXPECT_EQ(stopped.state, ReleaseState::quarantined);
  EXPECT_NE(stopped.state_because.find("that was rotated then"), std::string::npos) << stopped.state_because;
  EXPECT_EQ(accept(on, stopped.id), "release.key");
  EXPECT_TRUE(on->deprecate(on.acme, out.id, "old"));
  EXPECT_TRUE(on->restore(on.acme, out.id, "")) << "an old signature stays valid for ever";
  EXPECT_TRUE(on->examine());
}

TEST(Key, ThatWasRevokedSignedNothingFromThatDateOn) {  // K2
  using enum ReleaseState;
  struct Row {
    std::string version;
    int ms;  // after the date of the revocation, when it was submitted
    ReleaseState before, after;
  };
  const Row rows[] = {{"1.0.0", -1, published, published},    {"1.0.1", -1, yanked, yanked},
                      {"1.1.0", 0, published, quarantined},   {"1.1.1", 0, deprecated, quarantined},
                      {"1.1.2", 0, yanked, quarantined},      {"1.1.3", 0, validating, quarantined},
                      {"1.1.4", 0, quarantined, quarantined}, {"1.1.5", 0, submitted, submitted},
                      {"1.1.6", 0, revoked, revoked},         {"1.1.7", 0, rejected, rejected},
                      {"1.2.0", 1, published, quarantined}};
  ReadyCatalogue on;
  const std::int64_t date = on.now_ms + 100;
  std::map<std::string, ReleaseId> ids;
  for (const Row& row : rows) {
    on.now_ms = date + row.ms;
    ids[row.version + "-k2"] = on.release_in(row.before, row.version + "-k2").id;
  }
  const auto other = on.submit_signed({.version = "1.3.0-k2"}, &on.second_key);
  ASSERT_TRUE(other);
  on.now_ms += 1'000;
  const auto revocation = on->revoke_key(on.acme, "acme", on.key.public_key().id(), date, "stolen");
  ASSERT_TRUE(revocation) << revocation.error().message;

  std::vector<ReleaseId> newly;
  for (const Row& row : rows) {
    const auto release = on->release(ids[row.version + "-k2"]);
    EXPECT_EQ(release->state, row.after) << row.version << " is " << name_of(release->state);
    if (row.after != quarantined) continue;
    EXPECT_EQ(accept(on, release->id), "release.key") << row.version;
    if (row.before != quarantined) newly.push_back(release->id);
  }
  EXPECT_TRUE(std::ranges::is_permutation(revocation->quarantined, newly));
  const ReleaseRecord caught = on.good(on.check(on->release(ids["1.1.5-k2"])));
  EXPECT_EQ(caught.state, ReleaseState::quarantined) << "was on its way to its checks";
  EXPECT_EQ(on.good(on.check(other)).state, ReleaseState::validating) << "the other key's";
  EXPECT_EQ(accept(on, other->id), "done");
  for (const auto& [state, id] : on.ids) EXPECT_EQ(on->release(id)->state, state) << "signed long before";

  const auto again = [&](std::int64_t from_ms) {
    return on->revoke_key(on.acme, "acme", on.key.public_key().id(), from_ms, "stolen earlier");
  };
  EXPECT_EQ(on.refusal([&] { return again(date); }), "key.state");
  EXPECT_EQ(on.refusal([&] { return again(date + 1); }), "key.state");
  const auto earlier = again(date - 1);
  ASSERT_TRUE(earlier);
  EXPECT_TRUE(std::ranges::is_permutation(earlier->quarantined, std::vector{ids["1.0.0-k2"], ids["1.0.1-k2"]}));
  EXPECT_TRUE(on->examine());
}

TEST(Key, CountsOnlyWhereItIsThePublishers) {
  TestCatalogue on;
  on.add_acme();
  ASSERT_TRUE(on->create_publisher(on.admin, "rival", ""));
  const PrivateKey theirs = PrivateKey::generate(), nobodys = PrivateKey::generate();
  const PublicKey point = theirs.public_key();
  ASSERT_TRUE(on->add_key(on.rival, "rival", point, theirs.sign(key_possession_text("rival", point.id()))));
  const std::pair<std::string, const PrivateKey*> rows[] = {
      {"1.0.0", &theirs}, {"1.1.0", &nobodys}, {"1.2.0", nullptr}};
  for (const auto& [version, signer] : rows) {
    const auto submitted = on.submit_signed({.version = version}, signer);
    ASSERT_TRUE(submitted) << submitted.error().message;
    const ReleaseRecord stopped = on.good(on.check(submitted));
    EXPECT_EQ(stopped.state, ReleaseState::quarantined) << version;
    EXPECT_EQ(accept(on, stopped.id), "release.key") << version;
  }
  on.add_key(nobodys);
  EXPECT_EQ(accept(on, on->release("acme/vision", "1.1.0")->id), "release.key") << "it was nobody's when it signed";
  EXPECT_TRUE(on->examine());
}

TEST(Key, IsAddedByWhoHasIt) {
  TestCatalogue on;
  on.add_acme();
  const PrivateKey next = PrivateKey::generate();
  const PublicKey point = next.public_key();
  const auto add = [&](const Actor& actor, std::string_view publisher, std::string_view text) {
    return on.refusal([&] { return on->add_key(actor, publisher, point, next.sign(text)); });
  };
  EXPECT_EQ(add(on.acme, "acme", key_possession_text("rival", point.id())), "key.possession");
  EXPECT_EQ(add(on.acme, "acme", key_possession_text("acme", on.key.public_key().id())), "key.possession");
  EXPECT_EQ(add(on.acme, "acme", ""), "key.possession");
  EXPECT_EQ(add(on.admin, "nobody", key_possession_text("nobody", point.id())), "publisher.unknown");
  EXPECT_EQ(add(on.rival, "acme", key_possession_text("acme", point.id())), "publisher.foreign");
  EXPECT_EQ(add(on.acme, "acme", key_possession_text("acme", point.id())), "done");
  EXPECT_EQ(add(on.acme, "acme", key_possession_text("acme", point.id())), "key.exists");
  EXPECT_EQ(on->keys("acme")->size(), 2u);
  EXPECT_EQ(on->keys("nobody").error().reason, "publisher.unknown");
}

TEST(Key, ChangesItsStateByTheStepsThatAreDrawn) {
  // What can be done with it: rotated now, revoked from now on, added again.
  struct Row {
    std::string state, rotate, revoke, add;
  };
  const Row rows[] = {{"active", "done", "done", "key.exists"},
                      {"rotated", "key.state", "done", "key.exists"},
                      {"revoked", "key.state", "key.state", "key.exists"},
                      {"unknown", "key.unknown", "key.unknown", "done"}};
  for (const Row& row : rows)
    for (const std::string& act : {"rotate", "revoke", "add"}) {
      TestCatalogue on;
      on.add_acme();
      const PrivateKey other = PrivateKey::generate();
      const PrivateKey& key = row.state == "unknown" ? other : on.key;
      const KeyId id = key.public_key().id();
      if (row.state == "rotated") ASSERT_TRUE(on->rotate_key(on.acme, "acme", id, on.now_ms));
      if (row.state == "revoked") ASSERT_TRUE(on->revoke_key(on.acme, "acme", id, on.now_ms, "x"));
      if (row.state != "unknown") EXPECT_EQ(on->keys("acme")->front().state_at(on.now_ms), row.state);
      if (act == "rotate")
        EXPECT_EQ(on.refusal([&] { return on->rotate_key(on.acme, "acme", id, on.now_ms); }), row.rotate) << row.state;
      if (act == "revoke")
        EXPECT_EQ(on.refusal([&] { return on->revoke_key(on.acme, "acme", id, on.now_ms, "x"); }), row.revoke)
            << row.state;
      if (act == "add") EXPECT_EQ(on.refusal([&] { return on.try_key(on.acme, key); }), row.add) << row.state;
    }
}

// A machine whose clock steps back: at submit the key was revoked an hour "later".
TEST(Key, ThatWasRevokedDoesNotCountAgainWhereTheClockGoesBack) {  // K2
  TestCatalogue on;
  on.add_acme();
  const KeyId id = on.key.public_key().id();
  const PrivateKey next = PrivateKey::generate();
  on.now_ms += 3'600'000;
  on.add_key(next);
  ASSERT_TRUE(on->revoke_key(on.acme, "acme", id, {}, "stolen"));
  const std::int64_t revoked_ms = on.now_ms;
  for (const bool is_restarted : {false, true}) {
    on.now_ms = revoked_ms - 3'600'000;
    if (is_restarted) on.open();
    EXPECT_EQ(on->now_ms(), revoked_ms);
    const auto late = on.submit(is_restarted ? "1.1.0" : "1.0.0");
    ASSERT_TRUE(late) << late.error().message;
    EXPECT_EQ(late->submitted_ms, revoked_ms);
    const auto checked = on.check(late);
    EXPECT_EQ(checked ? std::string(name_of(checked->state)) : checked.error().reason, "quarantined");
    EXPECT_EQ(accept(on, late->id), "release.key");
  }
  EXPECT_TRUE(on->examine());
  // A new key counts at once, and what comes later is later again.
  const auto good = on.submit_signed({.version = "1.2.0"}, &next);
  ASSERT_TRUE(good) << good.error().message;
  EXPECT_EQ(accept(on, on.good(on.check(good)).id), "done");
  on.now_ms = revoked_ms + 5;
  EXPECT_EQ(on->now_ms(), revoked_ms + 5);
}

TEST(Key, HasARoleAndAnEndFromItsFirstDay) {
  TestCatalogue on;
  on.add_acme();
  const ReleaseRecord out = on.published("1.0.0");
  const PrivateKey bench = PrivateKey::generate(), brief = PrivateKey::generate();
  const auto add = [&](const PrivateKey& key, const KeyTerms& terms) {
    const PublicKey point = key.public_key();
    return on->add_key(on.acme, "acme", point, key.sign(key_possession_text("acme", point.id())), terms);
  };
  EXPECT_EQ(on.refusal([&] { return add(bench, {.role = "master"}); }), "key.role");
  EXPECT_EQ(on.refusal([&] { return add(bench, {.valid_until_ms = on.now_ms}); }), "key.validity");
  const auto added = add(bench, {.role = kEvaluationKey});
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(added->role, "evaluation");
  const auto signed_by_it = on.check(on.submit_signed({.version = "1.1.0"}, &bench));
  ASSERT_TRUE(signed_by_it) << signed_by_it.error().message;
  EXPECT_EQ(accept(on, signed_by_it->id), "release.key") << "it may not sign packages";
  const auto said = on.attach(on.acme, out, bench);
  EXPECT_TRUE(said) << said.error().message;

  ASSERT_TRUE(add(brief, {.valid_until_ms = on.now_ms + 1'000}));
  const auto in_time = on.submit_signed({.version = "1.2.0"}, &brief);
  ASSERT_TRUE(in_time) << in_time.error().message;
  on.now_ms += 1'000;
  EXPECT_EQ(accept(on, on.good(on.check(in_time)).id), "done") << "what it signed in its time stays good";
  const auto too_late = on.check(on.submit_signed({.version = "1.3.0"}, &brief));
  ASSERT_TRUE(too_late) << too_late.error().message;
  EXPECT_EQ(accept(on, too_late->id), "release.key");
}

TEST(Key, ThatIsKnownToAnybodyIsNobodysNewOne) {
  TestCatalogue on;
  on.add_acme();
  ASSERT_TRUE(on->create_publisher(on.admin, "rival", ""));
  const PublicKey point = on.key.public_key();
  const auto take = [&](const Actor& actor, const char* publisher) {
    return on.refusal(
        [&] { return on->add_key(actor, publisher, point, on.key.sign(key_possession_text(publisher, point.id()))); });
  };
  EXPECT_EQ(take(on.rival, "rival"), "key.exists") << "of another one";
  ASSERT_TRUE(on->revoke_key(on.acme, "acme", point.id(), {}, "stolen"));
  EXPECT_EQ(take(on.rival, "rival"), "key.exists") << "of whoever stole it";
  EXPECT_EQ(take(on.acme, "acme"), "key.exists");
}

TEST(Key, SaysWhatItIsAtAnyTime) {
  PublisherKeyRecord key{.publisher = "acme",
                         .key = PrivateKey::generate().public_key(),
                         .role = "release",
                         .valid_from_ms = 100,
                         .added_ms = 100,
                         .valid_until_ms = 200,
                         .revoked_from_ms = {},
                         .revoked_because = {}};
  const auto expect = [&](std::int64_t at_ms, std::string_view state) {
    EXPECT_EQ(key.state_at(at_ms), state) << at_ms;
    EXPECT_EQ(key.is_active_at(at_ms), state == "active") << at_ms;
  };
  expect(99, "not yet valid");
  expect(100, "active");
  expect(199, "active");
  expect(200, "rotated");
  key.revoked_from_ms = 150;
  expect(149, "active");
  expect(150, "revoked");
  expect(200, "revoked");
  key.revoked_from_ms = 0;
  expect(99, "revoked");
}

}  // namespace
}  // namespace stoa::registry
