// publishing_test.cpp: from a publisher's chunks to a package a host may serve, over a stop in the middle.
// SPDX-License-Identifier: Apache-2.0
#include "registry/publishing/publishing.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

constexpr Actor::Kind kPublisher = Actor::Kind::publisher, kOperator = Actor::Kind::operators;

class PublishingTest : public ::testing::Test {
 protected:
  PublishingTest() { open(); }

  // What a restart does.
  void open() {
    publishing_.reset();
    PublishingOptions options{.folder = folder / "registry", .now_ms = [this] { return now_ms; }};
    options.checks.host_abis = {{1, 1}};
    options.host = {.lint_library = [](const auto&, const auto&) { return Result<void>(); },
                    .run_golden = [](const Package&) { return Result<std::string>("2 cases in 1 ms"); },
                    .scratch = folder.path()};
    auto opened = Publishing::open(std::move(options));
    ASSERT_TRUE(opened) << opened.error().message;
    publishing_ = std::move(*opened);
  }

  void add_publisher(const Actor& publisher, const PrivateKey& with) {
    publishing_->with_catalogue([&](Catalogue& catalogue) {
      const auto made = catalogue.create_publisher(admin, publisher.name, "");
      ASSERT_TRUE(made) << made.error().message;
      const PublicKey point = with.public_key();
      const auto kept = catalogue.add_key(publisher, publisher.name, point,
                                          with.sign(key_possession_text(publisher.name, point.id())));
      ASSERT_TRUE(kept) << kept.error().message;
    });
  }

  // The sample plugin as one that passes every check.
  std::string package(const std::string& id, const std::string& version, const PrivateKey* signer) {
    const std::filesystem::path source = folder / ("source-" + version);
    write_sample(source);
    auto manifest = nlohmann::ordered_json::parse(kSampleManifest);
    manifest["id"] = id;
    manifest["version"] = version;
    manifest["licences"] = {{"code", "Apache-2.0"}, {"weights", "CC-BY-4.0"}};
    write_file(source / "manifest.json", manifest.dump());
    write_file(source / "assets/weights.bin", "weights of " + version);
    const std::filesystem::path file = folder / (version + ".stoa");
    std::filesystem::remove(file);
    const auto packed = pack_folder({source, file, signer});
    EXPECT_TRUE(packed) << packed.error().message;
    return file_bytes(file);
  }

  static NewRelease announcement(const std::string& plugin, const std::string& version, const std::string& bytes) {
    return {plugin, version, sha256_of(bytes), bytes.size(), "first"};
  }
  static UploadChunk chunk(const std::string& bytes, std::uint64_t offset, std::size_t size) {
    return {offset, std::as_bytes(std::span(bytes).subspan(offset, size))};
  }

  // Announced and sent, in two chunks.
  Result<Announced> sent(const Actor& actor, const std::string& plugin, const std::string& version,
                         const std::string& bytes) {
    auto announced = publishing_->announce(actor, announcement(plugin, version, bytes));
    if (!announced || !announced->upload) return announced;
    const std::size_t half = bytes.size() / 2;
    for (const auto& [offset, size] : {std::pair(std::size_t{0}, half), std::pair(half, bytes.size() - half)})
      if (auto went = publishing_->append(actor, announced->upload->id, chunk(bytes, offset, size)); !went)
        return std::unexpected(went.error());
    return announced;
  }
  Result<ReleaseRecord> submitted(const std::string& version, const std::string& bytes) {
    const auto announced = sent(acme, "acme/vision", version, bytes);
    if (!announced) return std::unexpected(announced.error());
    return publishing_->submit(acme, announced->release.id,
                               announced->upload ? std::optional(announced->upload->id) : std::nullopt);
  }
  Result<ReleaseRecord> reviewed(const ReleaseId& id, Verdict verdict) {
    return publishing_->with_catalogue(
        [&](Catalogue& catalogue) { return catalogue.review(admin, id, verdict, "looked at"); });
  }
  std::size_t drafts() {
    ReleaseFilter filter;
    filter.state = ReleaseState::draft;
    return publishing_->with_catalogue([&](Catalogue& catalogue) { return catalogue.releases(filter)->size(); });
  }
  std::string reason_of_package(const std::optional<Actor>& actor, const std::string& bytes) {
    const auto found = publishing_->find_package(actor, sha256_of(bytes));
    return found ? "found" : found.error().reason;
  }

  TestFolder folder;
  std::int64_t now_ms = 1'790'000'000'000;
  PrivateKey key = PrivateKey::generate(), rivals_key = PrivateKey::generate();
  const Actor admin{kOperator, "alice", Role::admin}, auditor{kOperator, "otto", Role::auditor},
      acme{kPublisher, "acme", Role::auditor}, rival{kPublisher, "rival", Role::auditor};
  std::unique_ptr<Publishing> publishing_;
};

TEST_F(PublishingTest, APackageGoesFromChunksToWhatAHostMayServe) {
  add_publisher(acme, key);
  const std::string bytes = package("acme/vision", "1.2.0", &key);
  const auto release = submitted("1.2.0", bytes);
  ASSERT_TRUE(release) << release.error().message;
  EXPECT_EQ(release->state, ReleaseState::submitted);
  const auto checked = publishing_->check(release->id);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->state, ReleaseState::validating) << checked->state_because;
  ASSERT_TRUE(checked->checked_ms);
  const auto checks = publishing_->with_catalogue([&](Catalogue& catalogue) { return catalogue.checks(release->id); });
  ASSERT_TRUE(checks);
  EXPECT_GT(checks->size(), 5u);
  const auto published = reviewed(release->id, Verdict::accept);
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(published->state, ReleaseState::published);
  const auto package = publishing_->verified_package(sha256_of(bytes));
  ASSERT_TRUE(package) << package.error().message;
  EXPECT_EQ(package->manifest().id(), "acme/vision");
  EXPECT_EQ(package->manifest().version, "1.2.0");
}

TEST_F(PublishingTest, AStopBetweenSubmitAndCheckLosesNothing) {
  add_publisher(acme, key);
  const auto release = submitted("1.2.0", package("acme/vision", "1.2.0", &key));
  ASSERT_TRUE(release) << release.error().message;
  open();
  EXPECT_EQ(publishing_->unchecked(), std::vector{release->id});
  // In the middle of the checks, too: they begin anew.
  ASSERT_TRUE(publishing_->with_catalogue([&](Catalogue& catalogue) { return catalogue.begin_checks(release->id); }));
  open();
  EXPECT_EQ(publishing_->unchecked(), std::vector{release->id});
  const auto checked = publishing_->check(release->id);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_TRUE(checked->checked_ms);
  EXPECT_EQ(publishing_->unchecked(), std::vector<ReleaseId>());
}

TEST_F(PublishingTest, AnUploadGoesOnAfterAStop) {
  add_publisher(acme, key);
  const std::string bytes = package("acme/vision", "1.2.0", &key);
  const auto announced = publishing_->announce(acme, announcement("acme/vision", "1.2.0", bytes));
  ASSERT_TRUE(announced && announced->upload);
  const UploadId id = announced->upload->id;
  ASSERT_TRUE(publishing_->append(acme, id, chunk(bytes, 0, 100)));
  open();
  const auto status = publishing_->upload(acme, id);
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_EQ(status->offset, 100u);
  const auto early = publishing_->submit(acme, announced->release.id, id);
  ASSERT_FALSE(early);
  EXPECT_EQ(early.error().reason, "upload.incomplete");
  ASSERT_TRUE(publishing_->append(acme, id, chunk(bytes, 100, bytes.size() - 100)));
  EXPECT_TRUE(publishing_->submit(acme, announced->release.id, id));
}

TEST_F(PublishingTest, BytesThatAreHereAlreadyNeedNoUpload) {
  add_publisher(acme, key);
  const std::string bytes = package("acme/vision", "1.2.0", &key);
  const auto first = submitted("1.2.0", bytes);
  ASSERT_TRUE(first) << first.error().message;
  const auto again = publishing_->announce(acme, announcement("acme/vision", "1.2.0", bytes));
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().reason, "release.exists");
  // A rejected one that was never published holds no version: the same bytes may come again, and are here.
  ASSERT_TRUE(publishing_->check(first->id));
  ASSERT_TRUE(reviewed(first->id, Verdict::reject));
  const auto second = publishing_->announce(acme, announcement("acme/vision", "1.2.0", bytes));
  ASSERT_TRUE(second) << second.error().message;
  EXPECT_FALSE(second->upload);
  const auto submitted = publishing_->submit(acme, second->release.id, std::nullopt);
  ASSERT_TRUE(submitted) << submitted.error().message;
  EXPECT_NE(submitted->id, first->id);
}

TEST_F(PublishingTest, BytesThatAreNotHereNeedOne) {
  add_publisher(acme, key);
  const auto announced =
      publishing_->announce(acme, announcement("acme/vision", "1.2.0", package("acme/vision", "1.2.0", &key)));
  ASSERT_TRUE(announced);
  const auto submitted = publishing_->submit(acme, announced->release.id, std::nullopt);
  ASSERT_FALSE(submitted);
  EXPECT_EQ(submitted.error().reason, "upload.missing");
}

// Whoever lost the ids of an announcement announces again.
TEST_F(PublishingTest, TheSameAnnouncementGoesOnWithItsDraftAndUpload) {
  add_publisher(acme, key);
  const std::string bytes = package("acme/vision", "1.2.0", &key);
  const auto first = publishing_->announce(acme, announcement("acme/vision", "1.2.0", bytes));
  ASSERT_TRUE(first && first->upload);
  ASSERT_TRUE(publishing_->append(acme, first->upload->id, chunk(bytes, 0, 100)));
  open();
  now_ms += 20 * 3'600'000;
  const auto again = publishing_->announce(acme, announcement("acme/vision", "1.2.0", bytes));
  ASSERT_TRUE(again && again->upload) << again.error().message;
  EXPECT_EQ(again->release.id, first->release.id);
  EXPECT_EQ(again->upload->id, first->upload->id);
  EXPECT_EQ(again->upload->offset, 100u);
  // It lasts as if it had just begun; with other words it is another draft, and the same upload.
  now_ms += 20 * 3'600'000;
  NewRelease reworded = announcement("acme/vision", "1.2.0", bytes);
  reworded.changelog = "better said";
  const auto other = publishing_->announce(acme, reworded);
  ASSERT_TRUE(other && other->upload) << other.error().message;
  EXPECT_NE(other->release.id, first->release.id);
  EXPECT_EQ(other->upload->id, first->upload->id);
  EXPECT_EQ(other->upload->offset, 100u);
  EXPECT_EQ(drafts(), 1u);
  ASSERT_TRUE(publishing_->append(acme, other->upload->id, chunk(bytes, 100, bytes.size() - 100)));
  EXPECT_TRUE(publishing_->submit(acme, other->release.id, other->upload->id));
  // A stranger learns nothing of it.
  add_publisher(rival, rivals_key);
  const auto foreign = publishing_->announce(rival, announcement("acme/vision", "1.2.0", bytes));
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().reason, "publisher.foreign");
}

// One wrong byte is no end: who announces again sends all of it anew.
TEST_F(PublishingTest, AnUploadOfOtherBytesIsDropped) {
  add_publisher(acme, key);
  const std::string bytes = package("acme/vision", "1.2.0", &key);
  std::string wrong = bytes;
  wrong[wrong.size() / 2] ^= 1;
  const auto first = publishing_->announce(acme, announcement("acme/vision", "1.2.0", bytes));
  const auto other = publishing_->announce(acme, announcement("acme/vision", "1.3.0", "others"));
  ASSERT_TRUE(first && first->upload && other && other->upload);
  ASSERT_TRUE(publishing_->append(acme, first->upload->id, chunk(wrong, 0, wrong.size())));
  const auto of_another = publishing_->submit(acme, other->release.id, first->upload->id);
  EXPECT_EQ(of_another.error().reason, "upload.digest_mismatch");
  ASSERT_TRUE(publishing_->upload(acme, first->upload->id)) << "it is the first one's";
  const auto refused = publishing_->submit(acme, first->release.id, first->upload->id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().reason, "upload.digest_mismatch");
  EXPECT_EQ(publishing_->upload(acme, first->upload->id).error().reason, "upload.not_found");
  const auto again = publishing_->announce(acme, announcement("acme/vision", "1.2.0", bytes));
  ASSERT_TRUE(again && again->upload) << again.error().message;
  EXPECT_EQ(again->release.id, first->release.id);
  EXPECT_EQ(again->upload->offset, 0u);
  ASSERT_TRUE(publishing_->append(acme, again->upload->id, chunk(bytes, 0, bytes.size())));
  EXPECT_TRUE(publishing_->submit(acme, again->release.id, again->upload->id));
}

TEST_F(PublishingTest, AnUploadGoesWithTheLastDraftThatWantsIt) {
  add_publisher(acme, key);
  const std::string bytes = package("acme/vision", "1.2.0", &key);
  const auto one = publishing_->announce(acme, announcement("acme/vision", "1.2.0", bytes));
  // The same bytes under another version: refused when they are there, but until then a draft that waits for them.
  const auto two = publishing_->announce(acme, announcement("acme/vision", "1.3.0", bytes));
  ASSERT_TRUE(one && one->upload && two && two->upload);
  EXPECT_EQ(one->upload->id, two->upload->id);
  ASSERT_TRUE(publishing_->drop_draft(acme, one->release.id));
  EXPECT_TRUE(publishing_->upload(acme, one->upload->id));
  ASSERT_TRUE(publishing_->drop_draft(acme, two->release.id));
  const auto gone = publishing_->upload(acme, one->upload->id);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().reason, "upload.not_found");
  EXPECT_EQ(drafts(), 0u);
}

TEST_F(PublishingTest, WhoLosesAVersionKeepsTheDraftUntilItIsGone) {
  add_publisher(acme, key);
  const std::string mine = package("acme/vision", "1.2.0", &key);
  std::filesystem::remove_all(folder / "source-1.2.0");
  const std::string yours = package("acme/vision", "1.2.0", &rivals_key);  // other bytes
  ASSERT_NE(mine, yours);
  const auto stored = [&] {
    return publishing_->with_catalogue([](Catalogue& catalogue) { return *catalogue.stored_bytes_of("acme"); });
  };
  const auto winner = sent(acme, "acme/vision", "1.2.0", mine), loser = sent(acme, "acme/vision", "1.2.0", yours);
  ASSERT_TRUE(winner && winner->upload && loser && loser->upload);
  EXPECT_EQ(drafts(), 2u);
  ASSERT_TRUE(publishing_->submit(acme, winner->release.id, winner->upload->id));
  const auto expect_refused = [&](const char* words, const char* end) {
    const auto refused = publishing_->submit(acme, loser->release.id, loser->upload->id);
    ASSERT_FALSE(refused) << words;
    EXPECT_EQ(refused.error().reason, "release.version_taken");
    EXPECT_TRUE(refused.error().message.contains(words)) << refused.error().message;
    EXPECT_TRUE(refused.error().message.ends_with(end)) << refused.error().message;
  };
  const auto kept = "; the draft is kept, with its upload";
  expect_refused("and is being checked; if it is rejected, submit this one again", kept);
  ASSERT_TRUE(publishing_->check(winner->release.id));
  expect_refused("and waits for its review; if it is rejected", kept);
  ASSERT_TRUE(reviewed(winner->release.id, Verdict::quarantine));
  expect_refused("and is quarantined; if it is rejected", kept);
  EXPECT_EQ(drafts(), 1u);
  EXPECT_EQ(stored(), mine.size() + yours.size()) << "it counts as long as it may come to something";
  ASSERT_TRUE(reviewed(winner->release.id, Verdict::accept));
  expect_refused("holds this version with other bytes", "; the draft was dropped");
  EXPECT_EQ(drafts(), 0u);
  EXPECT_EQ(stored(), mine.size()) << "it counts against no quota";
  const auto again = publishing_->submit(acme, loser->release.id, loser->upload->id);
  EXPECT_EQ(again ? "done" : again.error().reason, "release.unknown");
  // In other words, but the same package: likewise, and the package stays.
  NewRelease reworded = announcement("acme/vision", "1.2.0", mine);
  EXPECT_EQ(publishing_->announce(acme, reworded).error().reason, "release.exists");
  EXPECT_TRUE(publishing_->blobs().verify(sha256_of(mine)));
}

TEST_F(PublishingTest, WhatLostAVersionToARejectedReleaseIsSubmittedAgain) {
  add_publisher(acme, key);
  const std::string mine = package("acme/vision", "1.2.0", &key);
  std::filesystem::remove_all(folder / "source-1.2.0");
  const PrivateKey later = PrivateKey::generate();
  publishing_->with_catalogue([&](Catalogue& catalogue) {
    const PublicKey point = later.public_key();
    ASSERT_TRUE(catalogue.add_key(acme, "acme", point, later.sign(key_possession_text("acme", point.id()))));
  });
  const std::string yours = package("acme/vision", "1.2.0", &later);
  ASSERT_NE(mine, yours);
  const auto winner = sent(acme, "acme/vision", "1.2.0", mine), loser = sent(acme, "acme/vision", "1.2.0", yours);
  ASSERT_TRUE(winner && winner->upload && loser && loser->upload);
  ASSERT_TRUE(publishing_->submit(acme, winner->release.id, winner->upload->id));
  EXPECT_FALSE(publishing_->submit(acme, loser->release.id, loser->upload->id));
  ASSERT_TRUE(publishing_->check(winner->release.id));
  ASSERT_TRUE(reviewed(winner->release.id, Verdict::reject));
  const auto again = publishing_->submit(acme, loser->release.id, loser->upload->id);
  ASSERT_TRUE(again) << again.error().message;
  ASSERT_TRUE(publishing_->check(again->id));
  const auto published = reviewed(again->id, Verdict::accept);
  ASSERT_TRUE(published) << published.error().message;
  EXPECT_EQ(published->package_sha256, sha256_of(yours));
}

TEST_F(PublishingTest, OneProcessHasARegistryOpen) {
  const pid_t other = ::fork();
  if (other == 0) {
    const auto second = Publishing::open({.folder = folder / "registry", .now_ms = [] { return std::int64_t{1}; }});
    ::_exit(second ? 1 : second.error().reason == "registry.in_use" ? 0 : 2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(other, &status, 0), other);
  EXPECT_EQ(status, 0);
}

TEST_F(PublishingTest, AnUploadIsItsPublishersAndItsAdminsAlone) {
  add_publisher(acme, key);
  add_publisher(rival, rivals_key);
  const std::string bytes = package("acme/vision", "1.2.0", &key);
  const auto announced = publishing_->announce(admin, announcement("acme/vision", "1.2.0", bytes));
  ASSERT_TRUE(announced && announced->upload) << announced.error().message;
  const UploadId id = announced->upload->id;
  const Actor namesake{kOperator, "acme", Role::auditor};
  struct Row {
    Actor actor;
    std::string reason;
  };
  for (const auto& [actor, reason] :
       {Row{rival, "upload.not_found"}, Row{auditor, "role.not_allowed"}, Row{namesake, "role.not_allowed"}}) {
    const auto status = publishing_->upload(actor, id);
    EXPECT_EQ(status ? "" : status.error().reason, reason) << actor.text();
    const auto went = publishing_->append(actor, id, chunk(bytes, 0, 10));
    EXPECT_EQ(went ? "" : went.error().reason, reason) << actor.text();
    const auto submitted = publishing_->submit(actor, announced->release.id, id);
    EXPECT_FALSE(submitted) << actor.text();
  }
  ASSERT_TRUE(publishing_->append(admin, id, chunk(bytes, 0, 10)));
  ASSERT_TRUE(publishing_->append(acme, id, chunk(bytes, 10, bytes.size() - 10)));
  EXPECT_TRUE(publishing_->submit(admin, announced->release.id, id));
  // One publisher's upload is no way to another's release.
  const auto theirs = publishing_->announce(rival, announcement("rival/vision", "1.2.0", "other bytes"));
  ASSERT_TRUE(theirs && theirs->upload) << theirs.error().message;
  const auto crossed = publishing_->submit(rival, theirs->release.id, id);
  ASSERT_FALSE(crossed);
  EXPECT_EQ(crossed.error().reason, "upload.not_found");
}

TEST_F(PublishingTest, WhatCannotBeSentLeavesNoDraft) {
  add_publisher(acme, key);
  for (int i = 0; i < 12; ++i) {
    const std::string version = "1.0." + std::to_string(i);
    const auto announced = publishing_->announce(acme, announcement("acme/vision", version, "bytes of " + version));
    EXPECT_EQ(announced ? "" : announced.error().reason, i < 8 ? "" : "upload.too_many") << version;
  }
  const auto releases = publishing_->with_catalogue([](Catalogue& catalogue) { return catalogue.releases({}); });
  ASSERT_TRUE(releases);
  EXPECT_EQ(releases->size(), 8u);
}

TEST_F(PublishingTest, WhoMayHaveAPackageFollowsItsState) {
  add_publisher(acme, key);
  add_publisher(rival, rivals_key);
  const std::string bytes = package("acme/vision", "1.2.0", &key);
  const auto check = [&](const char* state, const char* anybody, const char* foreign, const char* own) {
    EXPECT_EQ(reason_of_package(std::nullopt, bytes), anybody) << state;
    EXPECT_EQ(reason_of_package(rival, bytes), foreign) << state;
    EXPECT_EQ(reason_of_package(acme, bytes), own) << state;
    EXPECT_EQ(reason_of_package(auditor, bytes), own) << state;
  };
  constexpr const char* kNone = "package.unknown";
  const auto announced = sent(acme, "acme/vision", "1.2.0", bytes);
  ASSERT_TRUE(announced && announced->upload);
  const ReleaseId id = announced->release.id;
  check("draft", kNone, kNone, kNone);
  ASSERT_TRUE(publishing_->submit(acme, id, announced->upload->id));
  check("submitted", kNone, kNone, "found");
  ASSERT_TRUE(publishing_->check(id));
  check("validating", kNone, kNone, "found");
  ASSERT_TRUE(reviewed(id, Verdict::quarantine));
  check("quarantined", kNone, kNone, "found");
  ASSERT_TRUE(reviewed(id, Verdict::accept));
  check("published", "found", "found", "found");
  const auto take = [&](auto step) {
    return publishing_->with_catalogue([&](Catalogue& catalogue) { return (catalogue.*step)(admin, id, "because"); });
  };
  ASSERT_TRUE(take(&Catalogue::deprecate));
  check("deprecated", "found", "found", "found");
  ASSERT_TRUE(take(&Catalogue::yank));
  check("yanked", "found", "found", "found");
  ASSERT_TRUE(take(&Catalogue::revoke));
  check("revoked", "release.revoked", "release.revoked", "found");
}

TEST_F(PublishingTest, AKeyOfAnotherPublisherIsCalledByItsName) {
  add_publisher(acme, key);
  add_publisher(rival, rivals_key);
  const auto release = submitted("1.2.0", package("acme/vision", "1.2.0", &rivals_key));
  ASSERT_TRUE(release) << release.error().message;
  const auto checked = publishing_->check(release->id);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->state, ReleaseState::rejected);
  EXPECT_TRUE(checked->state_because.contains("signature.other_publisher")) << checked->state_because;
}

TEST_F(PublishingTest, AHostGetsNothingThatIsNotSigned) {
  add_publisher(acme, key);
  const std::string bytes = package("acme/vision", "1.2.0", nullptr);
  const auto release = submitted("1.2.0", bytes);
  ASSERT_TRUE(release) << release.error().message;
  const auto checked = publishing_->check(release->id);
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->state, ReleaseState::rejected);
  EXPECT_TRUE(checked->state_because.contains("signature.missing")) << checked->state_because;
  EXPECT_FALSE(publishing_->verified_package(sha256_of(bytes)));
  const auto unknown = publishing_->verified_package(sha256_of("nothing"));
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().reason, "package.unknown");
}

}  // namespace
}  // namespace stoa::registry
