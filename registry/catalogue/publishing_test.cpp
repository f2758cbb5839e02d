// publishing_test.cpp: from an announcement to a publication: what is refused on the way, and what a version is for
// ever. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "registry/catalogue/test_catalogue.hpp"

namespace stoa::registry {
namespace {

TEST(Publishing, LeadsFromAFirstKeyToAnAlias) {
  TestCatalogue on({.cool_down_ms = 3'600'000});
  on.add_acme();
  const ReleaseRecord release = on.published("1.2.0");
  EXPECT_EQ(release.state, ReleaseState::published);
  EXPECT_EQ(release.published_ms, on.now_ms);
  EXPECT_EQ(release.cool_until_ms, on.now_ms + 3'600'000);
  on.open();
  const auto read = on->release("acme/vision", "1.2.0");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->id, release.id);
  EXPECT_EQ(read->key, on.key.public_key().id());
  EXPECT_EQ(read->changelog, "first");
  EXPECT_TRUE(parse_manifest(read->manifest));
  ASSERT_EQ(read->models.size(), 2u);
  EXPECT_EQ(read->models[0].name, "acme/classify");
  EXPECT_EQ(read->models[0].task, "image-classification");
  EXPECT_EQ(read->models[1].name, "acme/talk");
  ASSERT_EQ(on->checks(release.id)->size(), 1u);
  EXPECT_EQ(on->checks(release.id)->front().name, "signature");
  EXPECT_EQ(on->checks(release.id)->front().took_us, 12);
}

TEST(Publishing, RefusesABadAnnouncement) {
  TestCatalogue on;
  on.add_acme();
  struct Row {
    NewRelease announced;
    std::string reason;
  };
  const Row rows[] = {
      {{"vision", "1.0.0", {}, 1, ""}, "release.plugin"},
      {{"acme/", "1.0.0", {}, 1, ""}, "release.plugin"},
      {{"/vision", "1.0.0", {}, 1, ""}, "release.plugin"},
      {{"acme/vision/x", "1.0.0", {}, 1, ""}, "release.plugin"},
      {{"acme/Vision", "1.0.0", {}, 1, ""}, "release.plugin"},
      {{"acme/vision", "1.0", {}, 1, ""}, "release.version"},
      {{"acme/vision", "v1.0.0", {}, 1, ""}, "release.version"},
      {{"acme/vision", "", {}, 1, ""}, "release.version"},
      {{"acme/vision", "1.0.0", {}, 0, ""}, "release.size"},
      {{"acme/vision", "1.0.0", {}, 1, std::string(65'537, 'x')}, "text.too_long"},
      {{"acme/vision", "1.0.0", {}, 1, "\x1b]0;x\x07"}, "text.control"},
      {{"acme/vision", "1.0.0", {}, ~std::uint64_t{0}, ""}, "publisher.quota"},
      {{"acme/vision", "1.0.0", {}, 1, "line\nline"}, "done"},
  };
  for (const auto& [announced, reason] : rows)
    EXPECT_EQ(on.refusal([&] { return on->open_draft(on.acme, announced); }), reason)
        << announced.plugin << " " << announced.version;
  EXPECT_EQ(on.refusal([&] { return on->open_draft(on.admin, {"nobody/x", "1.0.0", {}, 1, ""}); }),
            "publisher.unknown");
}

TEST(Publishing, TakesThePackageThatWasAnnounced) {
  TestCatalogue on;
  on.add_acme();
  const auto draft = on.draft({.version = "1.0.0"});
  ASSERT_TRUE(draft);
  const auto submit = [&](const PackageOf& of) {
    return on.refusal([&] { return on.submit_to(draft->id, of, &on.key); });
  };
  EXPECT_EQ(submit({.version = "1.0.1"}), "release.other_package");
  EXPECT_EQ(submit({.version = "1.0.0+build"}), "release.other_package");
  EXPECT_EQ(submit({.version = "1.0.0", .plugin = "other"}), "release.other_package");
  EXPECT_EQ(submit({.version = "1.0.0", .salt = "longer", .description = std::string(4'000, 'x')}),
            "release.other_package")
      << "longer";
  EXPECT_EQ(submit({.version = "1.0.0"}), "done");
}

TEST(Publishing, AVersionIsOnePackageForEver) {  // C1
  TestCatalogue on;
  on.add_acme();
  const ReleaseRecord first = on.published("1.0.0");
  struct Row {
    PackageOf of;
    std::string reason;
  };
  const Row rows[] = {{{.version = "1.0.0"}, "release.exists"},
                      {{.version = "1.0.0", .salt = "other"}, "release.version_taken"},
                      {{.version = "1.0.0+build.2"}, "release.version_taken"},
                      {{.version = "1.0.0-rc.1"}, "done"},
                      {{.version = "1.0.1+build.2"}, "done"}};
  const auto expect_taken = [&](const std::string& when) {
    for (const auto& [of, reason] : rows)
      if (reason != "done")
        EXPECT_EQ(on.refusal([&] { return on.draft(of); }), reason) << of.version << of.salt << when;
  };
  for (const auto& [of, reason] : rows) EXPECT_EQ(on.refusal([&] { return on.draft(of); }), reason) << of.version;
  ASSERT_TRUE(on->yank(on.acme, first.id, "x"));
  expect_taken(" yanked");
  ASSERT_TRUE(on->restore(on.acme, first.id, ""));
  ASSERT_TRUE(on->review(on.reviewer, first.id, Verdict::quarantine, "looked at again"));
  expect_taken(" quarantined");
  ASSERT_TRUE(on->review(on.reviewer, first.id, Verdict::reject, "not good"));
  expect_taken(" rejected after it was out");
  EXPECT_EQ(on->release("acme/vision", "1.0.0")->state, ReleaseState::rejected);
  EXPECT_TRUE(on->examine());
}

TEST(Publishing, AVersionIsFreeAgainWhereItWasRejectedUnseen) {
  TestCatalogue on;
  on.add_acme();
  const ReleaseRecord first = on.checked("1.0.0");
  ASSERT_TRUE(on->review(on.reviewer, first.id, Verdict::reject, "the licence is missing"));
  EXPECT_EQ(on->release("acme/vision", "1.0.0").error().reason, "release.unknown");
  const ReleaseRecord second = on.published({.version = "1.0.0", .salt = "better"});
  EXPECT_EQ(second.state, ReleaseState::published);
  EXPECT_EQ(on->release("acme/vision", "1.0.0")->id, second.id);
  EXPECT_EQ(on->release(first.id)->state, ReleaseState::rejected);
  EXPECT_TRUE(on->examine());
}

TEST(Publishing, OfTwoDraftsOfAVersionOneIsSubmitted) {
  TestCatalogue on;
  on.add_acme();
  const PackageOf one{.version = "1.0.0"}, other{.version = "1.0.0", .salt = "other"};
  const auto first = on.draft(one), second = on.draft(other), again = on.draft(one);
  ASSERT_TRUE(first && second && again);
  ASSERT_TRUE(on.submit_to(second->id, other, &on.key));
  EXPECT_EQ(on.refusal([&] { return on.submit_to(first->id, one, &on.key); }), "release.version_taken");
  for (const auto& draft : {first, again})
    EXPECT_EQ(on.refusal([&] { return on->drop_draft(on.acme, draft->id); }), "done");
  EXPECT_EQ(on->release(first->id).error().reason, "release.unknown");
  EXPECT_TRUE(on->examine());
}

TEST(Publishing, AModelBelongsToOnePlugin) {
  TestCatalogue on;
  on.add_acme();
  const ReleaseRecord first = on.published("1.0.0");
  const PackageOf thief{.version = "1.0.0", .plugin = "thief"},
      own{.version = "1.0.0", .plugin = "own", .model = "sort"};
  const auto draft = on.draft(thief);
  ASSERT_TRUE(draft);
  const auto attempt = [&] { return on.refusal([&] { return on.submit_to(draft->id, thief, &on.key); }); };
  EXPECT_EQ(attempt(), "model.taken");
  EXPECT_EQ(on.published(own).state, ReleaseState::published);
  EXPECT_EQ(on.published("1.1.0").state, ReleaseState::published) << "its own plugin's next version";
  ASSERT_TRUE(on->yank(on.acme, first.id, "x"));
  EXPECT_EQ(attempt(), "model.taken") << "yanked ones are served";
  for (const std::string_view version : {"1.0.0", "1.1.0"})
    ASSERT_TRUE(on->revoke(on.reviewer, on->release("acme/vision", version)->id, "x"));
  EXPECT_EQ(attempt(), "done") << "nothing of that name runs any more";
  EXPECT_TRUE(on->examine());
}

TEST(Publishing, StaysWithinTheQuota) {
  TestCatalogue on({.publisher_bytes_max = 1'000});
  on.add_acme();
  const auto open = [&](std::uint8_t package, std::uint64_t bytes, const std::string& version) {
    return on->open_draft(on.acme, {"acme/vision", version, Sha256{package}, bytes, ""});
  };
  EXPECT_EQ(on.refusal([&] { return open(1, 1'001, "1.0.0"); }), "publisher.quota");
  const auto first = open(1, 600, "1.0.0");
  ASSERT_TRUE(first);
  EXPECT_EQ(*on->stored_bytes_of("acme"), 600u);
  EXPECT_TRUE(open(1, 600, "1.0.0")) << "the same package counts once";
  EXPECT_EQ(*on->stored_bytes_of("acme"), 600u);
  EXPECT_EQ(on.refusal([&] { return open(2, 401, "1.1.0"); }), "publisher.quota");
  EXPECT_EQ(on.refusal([&] { return open(2, ~std::uint64_t{0} - 500, "1.1.0"); }), "publisher.quota");
  EXPECT_EQ(on.refusal([&] { return open(2, std::uint64_t{1} << 63, "1.1.0"); }), "publisher.quota");
  const auto second = open(2, 400, "1.1.0");
  ASSERT_TRUE(second);
  EXPECT_EQ(*on->stored_bytes_of("acme"), 1'000u);
  ASSERT_TRUE(on->drop_draft(on.acme, second->id));
  EXPECT_TRUE(open(3, 300, "1.1.0"));
  EXPECT_EQ(*on->stored_bytes_of("nobody"), 0u);
}

TEST(Publishing, EndsItsChecksInOneOfFourWays) {
  TestCatalogue on;
  on.add_acme();
  const auto begun = [&](const std::string& version) {
    const auto release = on.submit(version);
    return on.good(on->begin_checks(release->id)).id;
  };
  const CheckRecord passed{"size", "passed", "", "", 1}, failed{"abi", "failed", "abi.too_new", "speaks ABI 9", 2},
      warned{"golden", "warned", "golden.none", "has none", 3};
  const auto waits = on->end_checks(begun("1.0.0"), {passed, warned});
  EXPECT_EQ(waits->state, ReleaseState::validating);
  EXPECT_EQ(waits->checked_ms, on.now_ms);
  EXPECT_TRUE(on->end_checks(waits->id, {passed})) << "checked again";
  EXPECT_EQ(on->checks(waits->id)->size(), 1u);
  const auto rejected = on->end_checks(begun("1.1.0"), {passed, failed, warned});
  EXPECT_EQ(rejected->state, ReleaseState::rejected);
  EXPECT_EQ(rejected->state_because, "check abi: abi.too_new: speaks ABI 9");
  EXPECT_EQ(on->checks(rejected->id)->size(), 3u);

  const ReleaseId early = begun("1.2.0");
  EXPECT_EQ(on.refusal([&] { return on->review(on.reviewer, early, Verdict::accept, ""); }), "release.unchecked");
  ASSERT_TRUE(on->review(on.reviewer, early, Verdict::quarantine, "wait"));
  EXPECT_EQ(on.refusal([&] { return on->review(on.reviewer, early, Verdict::accept, ""); }), "release.unchecked");
  const auto kept = on->end_checks(early, {passed});
  EXPECT_EQ(kept->state, ReleaseState::quarantined);
  EXPECT_EQ(kept->state_because, "wait");
  EXPECT_TRUE(on->review(on.reviewer, early, Verdict::accept, ""));

  on.policy.review_required = false;
  on.open();
  EXPECT_EQ(on->end_checks(begun("1.3.0"), {passed, warned})->state, ReleaseState::published);
  EXPECT_TRUE(on->examine());
}

}  // namespace
}  // namespace stoa::registry
