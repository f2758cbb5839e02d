// feed_opening_test.cpp: what was signed and the catalogue beside it: restored, lost, broken.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "registry/catalogue/test_catalogue.hpp"
#include "registry/feed/feed_folder.hpp"
#include "registry/feed/feed_opening.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr TufTime kThen{std::chrono::seconds(1'790'000'000)};

class FeedOpening : public ::testing::Test {
 protected:
  Result<OpenedFeed> open() { return open_feed(*on, {.folder = folder(), .bins = 4}, kThen); }
  fs::path folder() const { return on.folder / "registry"; }
  fs::path metadata() const { return folder() / "metadata"; }
  void tell(CatalogueFeed& feed) {
    const auto change = on->public_change(feed.told_until());
    ASSERT_TRUE(change);
    const auto told = feed.update(*change, kThen);
    ASSERT_TRUE(told) << told.error().message;
  }
  // As a start does it: opened, and what is new is signed.
  std::vector<std::string> start() {
    auto opened = open();
    if (!opened) return {opened.error().reason};
    tell(opened->feed);
    std::vector<std::string> revoked;
    for (const ReleaseRecord& one : opened->revoked)
      revoked.push_back(one.version + " " + std::string(name_of(one.state)));
    std::ranges::sort(revoked);
    return revoked;
  }
  std::vector<std::string> told_as(ReleaseState state) {
    std::vector<std::string> versions;
    for (const PublicRelease& one : look_at_feed(folder()).told)
      if (one.state == state) versions.push_back(one.version);
    std::ranges::sort(versions);
    return versions;
  }
  std::string state_of(const std::string& version) {
    const auto found = on->release("acme/vision", version);
    return found ? std::string(name_of(found->state)) : found.error().reason;
  }
  std::int64_t audit_lines() { return on->examine()->audit.lines; }

  TestCatalogue on;
};

using Lines = std::vector<std::string>;

TEST_F(FeedOpening, ARestoredCatalogueRevokesWhatWasSignedAsRevoked) {
  on.add_acme();
  on.published("1.0.0");
  const ReleaseRecord bad = on.published("1.1.0"), slow = on.published("1.2.0"), waits = on.checked("1.3.0");
  EXPECT_EQ(start(), Lines());
  on.close();
  fs::copy_file(on.file(), on.folder / "backup.db");
  on.open();
  ASSERT_TRUE(on->revoke(on.reviewer, bad.id, "harmful"));
  ASSERT_TRUE(on->yank(on.reviewer, slow.id, "slow"));
  ASSERT_TRUE(on->review(on.reviewer, waits.id, Verdict::accept, "fine"));
  ASSERT_TRUE(on->revoke(on.reviewer, waits.id, "not fine"));
  const ReleaseRecord after = on.published("1.4.0");
  ASSERT_TRUE(on->revoke(on.reviewer, after.id, "not known to the backup"));
  EXPECT_EQ(start(), Lines()) << "in step: nothing is read again";
  EXPECT_EQ(told_as(ReleaseState::revoked), (Lines{"1.1.0", "1.3.0", "1.4.0"}));

  on.close();
  for (const char* end : {"-wal", "-shm"}) fs::remove(on.file().string() + end);
  fs::copy_file(on.folder / "backup.db", on.file(), fs::copy_options::overwrite_existing);
  on.open();
  EXPECT_EQ(state_of("1.1.0"), "published") << "what the backup says";
  EXPECT_EQ(start(), (Lines{"1.1.0 revoked", "1.3.0 quarantined"}));
  EXPECT_EQ(state_of("1.1.0"), "revoked");
  EXPECT_EQ(state_of("1.2.0"), "published") << "a yank may have been taken back since: nothing says which is later";
  EXPECT_EQ(told_as(ReleaseState::revoked), Lines{"1.1.0"});
  const auto line = on->audit(on.auditor, 0, 1, "acme/vision 1.1.0");
  ASSERT_TRUE(line && line->size() == 1);
  EXPECT_EQ(line->front().action, "release.revoke");
  EXPECT_EQ(line->front().actor, "registry");
  const auto whole = on->examine();
  EXPECT_TRUE(whole) << whole.error().message;
  const std::int64_t lines = audit_lines();
  EXPECT_EQ(start(), Lines());
  fs::remove(folder() / ".told");
  EXPECT_EQ(start(), Lines());
  EXPECT_EQ(audit_lines(), lines) << "an act is done once";
}

TEST_F(FeedOpening, WhatIsGoneIsNeverBegunAnew) {
  on.add_acme();
  on.published("1.0.0");
  EXPECT_EQ(start(), Lines());
  const fs::path kept = on.folder / "kept";
  fs::copy(folder(), kept, fs::copy_options::recursive);
  struct Row {
    const char* name;
    std::vector<const char*> lost;
  };
  for (const Row& row :
       {Row{"the timestamp", {"metadata/timestamp.json"}}, Row{"metadata", {"metadata"}},
        Row{"both folders", {"metadata", "keys"}}, Row{"both folders and the mark", {"metadata", "keys", ".told"}}}) {
    for (const char* lost : row.lost) fs::remove_all(folder() / lost);
    const auto opened = open();
    ASSERT_FALSE(opened) << row.name;
    EXPECT_EQ(opened.error().reason, "metadata.lost") << row.name;
    EXPECT_NE(opened.error().message.find((metadata() / "timestamp.json").string()), std::string::npos);
    EXPECT_EQ(fs::exists(folder() / "keys"), row.lost.size() == 1 || row.lost[1] != std::string("keys")) << row.name;
    fs::remove_all(folder());
    fs::copy(kept, folder(), fs::copy_options::recursive);
    EXPECT_EQ(start(), Lines()) << "put back, it goes on: " << row.name;
  }
  // A catalogue from before such lines knows by the files alone.
  TestCatalogue older;
  fs::create_directories(older.folder / "registry/metadata");
  write_file(older.folder / "registry/metadata/2.snapshot.json", "{}");
  const auto opened = open_feed(*older, {.folder = older.folder / "registry", .bins = 4}, kThen);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().reason, "metadata.lost");
}

TEST_F(FeedOpening, GivenUpOnPurposeItBeginsAnew) {
  EXPECT_EQ(start(), Lines());
  const auto whole = give_up_feed(*on, folder(), "no reason");
  EXPECT_EQ(whole ? "given up" : whole.error().reason, "metadata.sound");
  write_file(metadata() / "timestamp.json", "junk");
  EXPECT_EQ(start(), Lines{"metadata.broken"});
  EXPECT_EQ(on.refusal([&] { return on->give_up_metadata(on.reviewer, "gone"); }), "role.not_allowed");
  const auto moved = give_up_feed(*on, folder(), "the disk with metadata/ is gone");
  ASSERT_TRUE(moved) << moved.error().message;
  EXPECT_TRUE(fs::exists(*moved / "1.root.json")) << "nothing is thrown away";
  auto opened = open();
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(opened->feed.is_new());
  EXPECT_TRUE(*on->has_metadata());
}

TEST_F(FeedOpening, WhatWasFoundBesideAnOlderCatalogueIsItsOwnFromThenOn) {
  {
    ASSERT_TRUE(CatalogueFeed::open({.folder = folder(), .bins = 4}, kThen));
  }
  EXPECT_FALSE(*on->has_metadata());
  EXPECT_EQ(start(), Lines());
  EXPECT_TRUE(*on->has_metadata());
  fs::remove_all(metadata());
  EXPECT_EQ(start(), Lines{"metadata.lost"});
}

TEST_F(FeedOpening, WhatIsBrokenIsToldWithItsPathAndFoundByALook) {
  on.add_acme();
  on.published("1.0.0");
  EXPECT_EQ(start(), Lines());
  EXPECT_TRUE(look_at_feed(folder()).findings.empty());
  const fs::path kept = on.folder / "kept";
  fs::copy(folder(), kept, fs::copy_options::recursive);
  const auto spoil = [&](const fs::path& file) {
    std::string bytes = file_bytes(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(file, bytes);
  };
  struct Row {
    const char* file;
    std::function<void(const fs::path&)> harm;
    const char* reason;
    bool does_start = false;
  };
  const auto empty = [](const fs::path& file) { write_file(file, ""); };
  const auto junk = [](const fs::path& file) { write_file(file, "junk"); };
  const auto remove = [](const fs::path& file) { fs::remove(file); };
  const Row rows[] = {{"metadata/timestamp.json", junk, "metadata.broken"},
                      {"metadata/timestamp.json", spoil, "metadata.broken"},
                      {"metadata/2.snapshot.json", empty, "metadata.broken"},
                      {"metadata/2.snapshot.json", remove, "metadata.broken"},
                      {"metadata/1.targets.json", spoil, "metadata.broken"},
                      {"metadata/1.root.json", remove, "metadata.broken"},
                      {"metadata/1.root.json", spoil, "metadata.broken"},
                      {"keys/releases.pem", empty, "keys.broken"},
                      {"keys/root.pem", junk, "keys.broken"},
                      {"keys/timestamp.pem", remove, "keys.missing", true}};
  for (const Row& row : rows) {
    const std::string name = std::string(row.file) + " " + row.reason;
    ASSERT_TRUE(fs::exists(folder() / row.file)) << name;
    row.harm(folder() / row.file);
    const FeedLook look = look_at_feed(folder());
    ASSERT_FALSE(look.findings.empty()) << name;
    EXPECT_EQ(look.findings.front().reason, row.reason) << look.findings.front().message;
    const auto opened = open();
    EXPECT_EQ(opened.has_value(), row.does_start) << name;
    if (!opened) {
      EXPECT_EQ(opened.error().reason, row.reason) << opened.error().message;
      EXPECT_NE(opened.error().message.find((folder() / row.file).string()), std::string::npos)
          << opened.error().message;
    }
    fs::remove_all(folder());
    fs::copy(kept, folder(), fs::copy_options::recursive);
  }
  // A bin is read when something in it changes: until then a look alone finds it.
  for (const auto& entry : fs::directory_iterator(metadata()))
    if (entry.path().filename().string().starts_with("1.bin")) spoil(entry.path());
  const FeedLook look = look_at_feed(folder());
  ASSERT_FALSE(look.findings.empty());
  EXPECT_EQ(look.findings.front().reason, "metadata.broken");
}

}  // namespace
}  // namespace stoa::registry
