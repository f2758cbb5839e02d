// metadata_test.cpp: signed metadata and its keys as part of a registry's folder: looked over, backed up, put beside a
// catalogue that is older. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "registry/feed/feed_opening.hpp"
#include "registry/upkeep/backup.hpp"
#include "registry/upkeep/test_registry_folder.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr TufTime kThen{std::chrono::seconds(1'790'000'000)};
using Reasons = std::set<std::string>;

class FolderWithMetadata : public ::testing::Test {
 protected:
  FolderWithMetadata() {
    on.open();
    on.add_acme();
    first = on.published("1.0.0");
    bad = on.published("1.1.0");
    EXPECT_EQ(sign(), "");
  }
  // What a start of a host does: the reason, where it may not.
  std::string sign() {
    return on->with_catalogue([&](Catalogue& catalogue) -> std::string {
      auto opened = open_feed(catalogue, {.folder = on.path(), .bins = 4}, kThen);
      if (!opened) return opened.error().reason;
      const auto change = catalogue.public_change(opened->feed.told_until());
      const auto told = change ? opened->feed.update(*change, kThen) : std::unexpected(change.error());
      return told ? "" : told.error().reason;
    });
  }
  Reasons look(const fs::path& at) {
    const auto found = examine_registry(at, {.now_ms = on.now_ms});
    if (!found) return {found.error().reason};
    Reasons all;
    for (const Ailment& one : found->ailments) all.insert(one.reason + " " + one.subject);
    return all;
  }
  BackupTerms terms() const { return {.now_ms = on.now_ms}; }
  // The registry of the backup, beside the metadata of the one before: as the manual says.
  void bring_back_with_metadata() {
    on.close();
    fs::remove_all(folder / "broken");
    fs::rename(on.path(), folder / "broken");
    ASSERT_TRUE(restore_backup(folder / "backup", on.path(), terms()));
    fs::remove_all(on.path() / "metadata");
    fs::rename(folder / "broken/metadata", on.path() / "metadata");
    on.open();
  }
  // Whether other bytes are refused for what these are, and these very bytes are taken.
  void expect_held(const std::string& version) {
    on.salt = "other";
    const auto refused = on.announce(version);
    on.salt.clear();
    EXPECT_EQ(refused ? "taken" : refused.error().reason, "release.version_taken") << version;
    if (!refused)
      EXPECT_TRUE(refused.error().message.contains(to_hex(sha256_of(on.package(version))))) << refused.error().message;
  }
  ReleaseRecord checked(const std::string& version) {
    const auto submitted = on.submitted(version);
    const auto release = submitted ? on->check(submitted->id) : submitted;
    EXPECT_TRUE(release) << release.error().message;
    return release ? *release : ReleaseRecord();
  }

  TestFolder folder;
  RegistryFolder on{folder.path()};
  ReleaseRecord first, bad;
};

TEST_F(FolderWithMetadata, IsSoundAndBacksUp) {
  EXPECT_EQ(look(on.path()), Reasons());
  const auto made = create_backup(on.path(), folder / "backup", terms());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(check_backup(folder / "backup", terms()));
  EXPECT_TRUE(restore_backup(folder / "backup", folder / "restored", terms()));
}

TEST_F(FolderWithMetadata, WhereItIsBrokenDoctorAndBackupSayWhere) {
  struct Row {
    const char *file, *bytes;  // no bytes: it is gone
    const char* found;
  };
  const Row rows[] = {{"metadata/timestamp.json", "junk", "metadata.broken metadata"},
                      {"metadata/2.snapshot.json", "", "metadata.broken metadata"},
                      {"metadata/1.targets.json", "{}", "metadata.broken metadata"},
                      {"metadata/1.root.json", nullptr, "metadata.broken metadata"},
                      {"metadata/withdrawn.txt", "acme/vision 1.0.0\n", "metadata.broken metadata/withdrawn.txt"},
                      {"metadata/timestamp.json", nullptr, "metadata.lost metadata/timestamp.json"},
                      {"metadata", nullptr, "metadata.lost metadata/timestamp.json"},
                      {"keys/releases.pem", "", "keys.broken keys/releases.pem"},
                      {"keys/snapshot.pem", nullptr, "keys.missing keys"},
                      {"keys", nullptr, "keys.missing keys"}};
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  for (const Row& row : rows) {
    const std::string name = std::string(row.file) + (row.bytes ? " spoilt" : " gone");
    const fs::path whole = folder / "whole";
    for (const fs::path& at : {on.path(), folder / "backup"}) {
      fs::copy(at, whole, fs::copy_options::recursive);
      fs::remove_all(at / row.file);
      if (row.bytes) write_file(at / row.file, row.bytes);
      EXPECT_TRUE(look(at).contains(row.found)) << name << ": " << *look(at).begin();
      if (at == on.path()) {
        const auto refused = create_backup(at, folder / "another", terms());
        EXPECT_EQ(refused ? "taken" : refused.error().reason, "backup.unsound") << name;
      } else {
        const auto checked = check_backup(at, terms());
        EXPECT_EQ(checked ? "sound" : checked.error().reason, "backup.unsound") << name;
        EXPECT_FALSE(restore_backup(at, folder / "restored", terms())) << name;
      }
      fs::remove_all(at / "metadata"), fs::remove_all(at / "keys");
      fs::rename(whole / "metadata", at / "metadata"), fs::rename(whole / "keys", at / "keys");
      fs::remove_all(whole);
    }
  }
  EXPECT_EQ(look(on.path()), Reasons());
}

// The how-to's restore: a backup, what happened since, and the metadata that followers have seen.
TEST_F(FolderWithMetadata, BesideAnOlderCatalogueTellsWhatThatForgot) {
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  on->with_catalogue([&](Catalogue& catalogue) { ASSERT_TRUE(catalogue.revoke(on.admin, bad.id, "harmful")); });
  on.published("1.2.0");
  EXPECT_EQ(sign(), "");
  EXPECT_EQ(look(on.path()), Reasons());
  on.close();
  fs::rename(on.path(), folder / "broken");
  ASSERT_TRUE(restore_backup(folder / "backup", on.path(), terms()));
  EXPECT_EQ(look(on.path()), Reasons()) << "as the backup is";
  fs::remove_all(on.path() / "metadata");
  fs::rename(folder / "broken/metadata", on.path() / "metadata");
  EXPECT_EQ(look(on.path()), (Reasons{"metadata.revoked acme/vision 1.1.0", "metadata.ahead acme/vision 1.2.0"}));
  on.open();
  EXPECT_EQ(sign(), "");
  const auto now = on->with_catalogue([&](Catalogue& catalogue) { return catalogue.release("acme/vision", "1.1.0"); });
  ASSERT_TRUE(now);
  EXPECT_EQ(now->state, ReleaseState::revoked);
  EXPECT_FALSE(on->find_package({}, now->package_sha256)) << "its bytes are given to nobody";
  EXPECT_EQ(look(on.path()), Reasons());
}

// A version is one package for ever, to those who followed before the restore, too.
TEST_F(FolderWithMetadata, KeepsAVersionThatARestoreLostForItsBytes) {
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  const Sha256 lost = sha256_of(on.package("1.2.0"));
  on.published("1.2.0");
  EXPECT_EQ(sign(), "");
  bring_back_with_metadata();
  EXPECT_EQ(sign(), "") << "a start, which takes the old target out";
  on.salt = "other";
  for (const char* version : {"1.2.0", "1.2.0+again"}) {
    const auto refused = on.announce(version);
    ASSERT_FALSE(refused) << version;
    EXPECT_EQ(refused.error().reason, "release.version_taken");
    EXPECT_TRUE(refused.error().message.contains(to_hex(lost))) << refused.error().message;
  }
  const auto lines = [&] {
    return on->with_catalogue([](Catalogue& catalogue) { return catalogue.examine()->audit.lines; });
  };
  const std::int64_t before = lines();
  EXPECT_EQ(sign(), "") << "another start";
  EXPECT_EQ(lines(), before) << "it says so once";
  on.salt.clear();
  EXPECT_EQ(on.published("1.2.0").package_sha256, lost) << "those very bytes are that version";
  on.published("1.3.0");
  EXPECT_EQ(sign(), "");
  EXPECT_EQ(look(on.path()), Reasons());
}

// What waited when the backup was taken was published and signed since, and is dropped or rejected after the restore.
TEST_F(FolderWithMetadata, KeepsAVersionThatOnlyWaitedInTheBackup) {
  const ReleaseRecord waiting = checked("1.2.0"), apart = checked("1.3.0");
  const auto draft = on.announce("1.4.0");
  ASSERT_TRUE(draft);
  EXPECT_EQ(waiting.state, ReleaseState::validating);
  ASSERT_TRUE(on.reviewed(apart.id, Verdict::quarantine));
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  EXPECT_EQ(on.published("1.4.0").id, draft->release.id);
  for (const ReleaseRecord& one : {waiting, apart}) ASSERT_TRUE(on.reviewed(one.id, Verdict::accept));
  EXPECT_EQ(sign(), "");
  bring_back_with_metadata();
  EXPECT_EQ(sign(), "") << "a start, which takes the targets out";
  ASSERT_TRUE(on->drop_draft(on.acme, draft->release.id));
  for (const ReleaseRecord& one : {waiting, apart}) ASSERT_TRUE(on.reviewed(one.id, Verdict::reject));
  for (const char* version : {"1.2.0", "1.3.0", "1.4.0"}) {
    expect_held(version);
    EXPECT_EQ(on.published(version).version, version) << "those very bytes are that version";
  }
  EXPECT_EQ(sign(), "");
  EXPECT_EQ(look(on.path()), Reasons());
}

// Other bytes waited when the backup was taken, and were rejected before these were published.
TEST_F(FolderWithMetadata, PublishesNoOtherBytesThatWaitedInTheBackup) {
  on.salt = "other";
  const ReleaseRecord waiting = checked("1.2.0");
  const auto unchecked = on.submitted("1.3.0");
  ASSERT_TRUE(unchecked);
  on.salt.clear();
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  ASSERT_TRUE(on->check(unchecked->id));
  for (const ReleaseId& id : {waiting.id, unchecked->id}) ASSERT_TRUE(on.reviewed(id, Verdict::reject));
  on.published("1.2.0"), on.published("1.3.0");
  EXPECT_EQ(sign(), "");
  bring_back_with_metadata();
  EXPECT_EQ(sign(), "");
  const auto accepted = on.reviewed(waiting.id, Verdict::accept);
  EXPECT_EQ(accepted ? "accepted" : accepted.error().reason, "release.version_taken");
  const auto checks = on->check(unchecked->id);
  ASSERT_TRUE(checks) << checks.error().message;
  EXPECT_EQ(checks->state, ReleaseState::rejected);
  EXPECT_TRUE(checks->state_because.contains(to_hex(sha256_of(on.package("1.3.0"))))) << checks->state_because;
  ASSERT_TRUE(on.reviewed(waiting.id, Verdict::reject));
  for (const char* version : {"1.2.0", "1.3.0"}) expect_held(version), on.published(version);
  EXPECT_EQ(sign(), "");
  EXPECT_EQ(look(on.path()), Reasons());
}

// The first restore takes the target out, and its line of the log goes with the second one: the metadata remembers.
TEST_F(FolderWithMetadata, KeepsAVersionThroughEveryRestore) {
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  on.published("1.2.0");
  const ReleaseRecord apart = on.published("1.3.0");
  EXPECT_EQ(sign(), "");
  ASSERT_TRUE(on.reviewed(apart.id, Verdict::quarantine));
  EXPECT_EQ(sign(), "") << "which takes it out";
  for (int restore = 0; restore < 3; ++restore) {
    bring_back_with_metadata();
    EXPECT_EQ(sign(), "") << restore;
    for (const char* version : {"1.2.0", "1.3.0"}) expect_held(version);
    EXPECT_EQ(look(on.path()), Reasons()) << restore;
  }
  // And so does a backup of it.
  fs::remove_all(folder / "backup");
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  on.close();
  fs::remove_all(on.path());
  ASSERT_TRUE(restore_backup(folder / "backup", on.path(), terms()));
  on.open();
  EXPECT_EQ(sign(), "");
  for (const char* version : {"1.2.0", "1.3.0"}) expect_held(version), on.published(version);
  EXPECT_EQ(sign(), "");
  EXPECT_EQ(look(on.path()), Reasons());
}

// Where the metadata came back only after other bytes were published: they are not told, and all else is.
TEST_F(FolderWithMetadata, WithOtherBytesOfAVersionIsSignedForAllElse) {
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  const Sha256 before = sha256_of(on.package("1.2.0"));
  on.published("1.2.0");
  EXPECT_EQ(sign(), "");
  bring_back_with_metadata();
  on.salt = "other";
  on.published("1.2.0");
  on.published("1.3.0");
  for (int start = 0; start < 2; ++start) {
    on->with_catalogue([&](Catalogue& catalogue) {
      auto opened = open_feed(catalogue, {.folder = on.path(), .bins = 4}, kThen);
      ASSERT_TRUE(opened) << opened.error().message;
      const auto change = catalogue.public_change(start == 0 ? AuditHead{} : opened->feed.told_until());
      ASSERT_TRUE(change);
      const auto told = opened->feed.update(*change, kThen);
      ASSERT_TRUE(told) << told.error().message;
      const TufRepository& repository = opened->feed.repository();
      if (start == 0) EXPECT_EQ(opened->feed.left_out(), std::vector<std::string>{"acme/vision/1.2.0.stoa"});
      EXPECT_EQ((*repository.find("acme/vision/1.2.0.stoa"))->sha256, before);
      EXPECT_EQ((*repository.find("acme/vision/1.3.0.stoa"))->sha256, sha256_of(on.package("1.3.0")));
    });
  }
  EXPECT_EQ(look(on.path()), Reasons{"metadata.ahead acme/vision 1.2.0"});
}

}  // namespace
}  // namespace stoa::registry
