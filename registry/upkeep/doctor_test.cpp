// doctor_test.cpp: each thing that can be wrong is found under its own reason, and mending takes nothing that is
// needed. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <set>

#include "registry/database/sqlite_store.hpp"
#include "registry/upkeep/diagnosis.hpp"
#include "registry/upkeep/test_registry_folder.hpp"

namespace stoa::registry {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

// Releases 1.0.0 (published), 1.1.0 (yanked: pinned customers need it), 1.2.0 (rejected), 1.3.0 half sent.
class Doctor : public ::testing::Test {
 protected:
  Doctor() {
    on.open();
    on.add_acme();
    on.published("1.0.0");
    const ReleaseRecord yanked = on.published("1.1.0");
    on->with_catalogue([&](Catalogue& catalogue) {
      EXPECT_TRUE(catalogue.yank(on.acme, yanked.id, "slow"));
      EXPECT_TRUE(catalogue.move_alias(on.admin, {"acme/classify", "champion", {{"1.0.0"}}, "first"}));
    });
    auto rejected = on.submitted("1.2.0");
    EXPECT_TRUE(rejected && on->check(rejected->id) && on.reviewed(rejected->id, Verdict::reject));
    const auto announced = on.announce("1.3.0");
    EXPECT_TRUE(announced && announced->upload);
    EXPECT_TRUE(on.send(*announced->upload, on.package("1.3.0"), 500));
    half = announced->upload->id.text();
    draft = announced->release.id;
  }

  // Behind the registry's back.
  void run(const std::string& sql) {
    on.close();
    auto connection = database::Connection::open(on.path() / "catalogue.db", database::Access::write);
    EXPECT_TRUE(connection);
    const auto ran = connection->run_script(sql);
    ASSERT_TRUE(ran) << ran.error().message;
  }
  void spoil(const std::filesystem::path& file) {
    std::filesystem::permissions(file, std::filesystem::perms::owner_all);
    std::string bytes = file_bytes(file);
    bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 1);
    write_file(file, bytes);
  }
  // With their times: by these an upload expires.
  static void copy_folder(const std::filesystem::path& from, const std::filesystem::path& to) {
    ASSERT_EQ(std::system(("cp -a '" + from.string() + "' '" + to.string() + "'").c_str()), 0);
  }
  // "reason subject" of each, the mended ones with a '+'.
  static std::set<std::string> said(const Result<Diagnosis>& found) {
    if (!found) return {"error " + found.error().reason + ": " + found.error().message};
    std::set<std::string> all;
    for (const Ailment& one : found->ailments)
      all.insert(one.reason + (one.is_mended ? "+ " : " ") + one.subject.substr(0, one.subject.find(':')));
    return all;
  }
  DoctorTerms terms(std::int64_t grace_ms = kHourMs) const { return {.now_ms = on.now_ms, .grace_ms = grace_ms}; }
  std::set<std::string> look(std::int64_t grace_ms = kHourMs) {
    return said(examine_registry(on.path(), terms(grace_ms)));
  }
  std::set<std::string> mend(std::int64_t grace_ms = kHourMs) {
    on.open();
    return said(mend_registry(*on, terms(grace_ms)));
  }
  bool is_there(const std::string& version) { return std::filesystem::exists(on.blob(version)); }

  TestFolder folder;
  RegistryFolder on{folder.path()};
  std::string half;
  ReleaseId draft;
};

using Said = std::set<std::string>;

TEST_F(Doctor, HasNothingToSayOfASoundRegistryWhileItIsOpen) {
  const auto found = examine_registry(on.path(), terms(0));
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(said(found), Said());
  EXPECT_TRUE(found->is_healthy());
  EXPECT_EQ(found->releases, 4u);
  EXPECT_EQ(found->packages, 2u) << "of those that are served the signature counts";
  EXPECT_EQ(found->blobs, 3u);
  EXPECT_EQ(found->alias_steps, 1);
  const auto json = nlohmann::json::parse(diagnosis_json(*found));
  EXPECT_EQ(json["healthy"], true);
  EXPECT_EQ(json["audit"]["lines"], found->audit.lines);
}

TEST_F(Doctor, MendsNothingThatIsNeeded) {
  on.now_ms += 12 * kHourMs;
  EXPECT_EQ(mend(0), Said());
  for (const char* version : {"1.0.0", "1.1.0", "1.2.0"}) EXPECT_TRUE(is_there(version)) << version;
  const auto upload = on->upload(on.acme, *UploadId::parse(half));
  ASSERT_TRUE(upload) << upload.error().message;
  EXPECT_EQ(upload->offset, 500u);
  EXPECT_TRUE(on->with_catalogue([&](Catalogue& catalogue) { return catalogue.release(draft); }));
}

TEST_F(Doctor, LeavesTheOutcomesOfEvaluationsAndMissesThem) {
  const Sha256 outcomes = on.evaluated(on.published("1.9.0"));
  on.now_ms += 12 * kHourMs;
  EXPECT_EQ(mend(0), Said());
  EXPECT_TRUE(std::filesystem::exists(on.blob(outcomes)));
  std::filesystem::remove(on.blob(outcomes));
  EXPECT_EQ(said(examine_registry(on.path(), terms(0))), (Said{"blob.missing " + to_hex(outcomes)}));
}

TEST_F(Doctor, FindsEachAilmentUnderItsOwnReason) {
  struct Row {
    std::string name;
    std::function<void()> harm;
    Said found, mended, left;  // looked at; while mending; looked at again
  };
  const std::string hex0 = on.blob("1.0.0").filename(), hex9 = to_hex(sha256_of(std::string("nobody's")));
  const auto place = [](const std::string& hex) { return "blobs/" + hex.substr(0, 2) + "/" + hex; };
  const Row rows[] = {
      {"a package is gone",
       [&] { std::filesystem::remove(on.blob("1.0.0")); },
       {"blob.missing acme/vision 1.0.0"},
       {"blob.missing acme/vision 1.0.0"},
       {"blob.missing acme/vision 1.0.0"}},
      {"a pinned package is gone",
       [&] { std::filesystem::remove(on.blob("1.1.0")); },
       {"blob.missing acme/vision 1.1.0"},
       {"blob.missing acme/vision 1.1.0"},
       {"blob.missing acme/vision 1.1.0"}},
      {"a package rots",
       [&] { spoil(on.blob("1.0.0")); },
       {"blob.damaged " + place(hex0)},
       {"blob.damaged " + place(hex0)},
       {"blob.missing acme/vision 1.0.0"}},
      {"bytes of nobody",
       [&] { (void)on->blobs().put(std::as_bytes(std::span("nobody's", 8)), 1); },
       {"blob.orphaned " + hex9},
       {"blob.orphaned+ " + hex9},
       {}},
      {"a file of somebody else",
       [&] { write_file(on.path() / "blobs/blobs/readme.txt", "x"); },
       {"blob.stray blobs/readme.txt"},
       {"blob.stray+ blobs/readme.txt"},
       {}},
      {"a put whose process died",
       [&] { write_file(on.path() / "blobs/staging/0123", "half"); },
       {"blob.leftover staging/0123"},
       {"blob.leftover+ staging/0123"},
       {}},
      {"terms are lost",
       [&] { std::filesystem::remove(on.path() / "blobs/uploads" / (half + ".terms")); },
       {"blob.leftover uploads/" + half + ".bytes", "draft.lost acme/vision 1.3.0"},
       {"blob.leftover+ uploads/" + half + ".bytes", "draft.lost+ acme/vision 1.3.0"},
       {}},
      {"a draft is gone",
       [&] {
         run("DELETE FROM release_documents WHERE release = '" + draft.text + "'; DELETE FROM releases WHERE id = '" +
             draft.text + "'");
       },
       {"upload.lost uploads/" + half},
       {"upload.lost+ uploads/" + half},
       {}},
      {"somebody else has its version",  // and its own client is gone
       [&] {
         on.salt = "other";
         on.published("1.3.0");
         on.salt.clear();
       },
       {"draft.taken acme/vision 1.3.0"},
       {"draft.taken+ acme/vision 1.3.0"},
       {}},
      {"somebody else waits for its version",  // and may be rejected yet
       [&] {
         on.salt = "other";
         ASSERT_TRUE(on.submitted("1.3.0"));
         on.salt.clear();
       },
       {},
       {},
       {}},
      {"an upload expires",
       [&] { on.now_ms += 25 * kHourMs; },
       {"blob.leftover uploads/" + half, "draft.lost acme/vision 1.3.0"},
       {"blob.leftover+ uploads/" + half, "draft.lost+ acme/vision 1.3.0"},
       {}},
      {"the key is gone",
       [&] {
         on.close();
         std::filesystem::remove(on.path() / "registry.key.pem");
       },
       {"registry.key registry.key.pem"},
       {"alias.broken catalogue.db"},
       {"alias.broken catalogue.db"}},
      {"a line of the audit log is changed",
       [&] { run("DROP TRIGGER IF EXISTS audit_update; UPDATE audit SET detail = 'x' WHERE line = 3"); },
       {"audit.broken catalogue.db"},
       {"audit.broken catalogue.db"},
       {"audit.broken catalogue.db"}},
      {"a release is published by hand",
       [&] { run("UPDATE releases SET state = 'published' WHERE version = '1.2.0'"); },
       {"catalogue.broken catalogue.db"},
       {"catalogue.broken catalogue.db"},
       {"catalogue.broken catalogue.db"}},
      {"a manifest is another",
       [&] {
         run("UPDATE release_documents SET manifest = '{}' WHERE release = (SELECT id FROM "
             "releases WHERE version = '1.0.0')");
       },
       {"package.manifest acme/vision 1.0.0"},
       {"package.manifest acme/vision 1.0.0"},
       {"package.manifest acme/vision 1.0.0"}},
      {"the pages are no database",
       [&] {
         on.close();
         for (const char* end : {"-wal", "-shm"})
           std::filesystem::remove(on.path() / (std::string("catalogue.db") + end));
         write_file(on.path() / "catalogue.db", std::string(8192, 'x'));
       },
       {"database.corrupt catalogue.db"},
       {},
       {}},
  };
  on.close();
  const auto whole = folder / "whole";
  copy_folder(on.path(), whole);
  const std::int64_t begin_ms = on.now_ms;
  std::set<std::string> reasons;
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    on.now_ms = begin_ms;
    on.open();
    row.harm();
    on.now_ms += 2 * kHourMs;
    EXPECT_EQ(look(), row.found);
    EXPECT_EQ(look(), row.found) << "looking changed something";
    if (!row.mended.empty()) {
      EXPECT_EQ(mend(), row.mended);
      EXPECT_EQ(look(), row.left);
    }
    for (const std::string& one : row.found) reasons.insert(one.substr(0, one.find(' ')));
    on.close();
    std::filesystem::remove_all(on.path());
    copy_folder(whole, on.path());
  }
  // Each stands in the table of the reference.
  const std::string page =
      file_bytes(std::filesystem::path(std::getenv("STOA_SOURCE_DIR")) / "docs/reference/registry-doctor.md");
  for (const std::string& reason : reasons) EXPECT_NE(page.find("| `" + reason + "` |"), page.npos) << reason;
  for (const char* reason : {"alias.broken", "blob.unreadable", "package.broken", "package.signature"})
    EXPECT_NE(page.find("| `" + std::string(reason) + "` |"), page.npos) << reason;
}

TEST_F(Doctor, TakesNothingAwayWhereTheCatalogueIsNotWhole) {
  (void)on->blobs().put(std::as_bytes(std::span("nobody's", 8)), 1);
  run("UPDATE releases SET state = 'published' WHERE version = '1.2.0'");
  on.now_ms += 30 * 24 * kHourMs;
  EXPECT_FALSE(mend().contains("blob.orphaned+ " + to_hex(sha256_of(std::string("nobody's")))));
  EXPECT_TRUE(on->blobs().find(sha256_of(std::string("nobody's"))));
}

TEST_F(Doctor, LeavesWhatIsYoungerThanTheGrace) {
  (void)on->blobs().put(std::as_bytes(std::span("nobody's", 8)), on.now_ms * 1'000'000);
  on.now_ms += kHourMs - 1;
  EXPECT_EQ(mend(), Said());
  on.now_ms += 2;
  EXPECT_EQ(mend(), Said({"blob.orphaned+ " + to_hex(sha256_of(std::string("nobody's")))}));
}

TEST_F(Doctor, SaysWhereThereIsNoRegistry) {
  EXPECT_EQ(said(examine_registry(folder / "nowhere", terms())).begin()->substr(0, 20), "error file.not_found");
  EXPECT_FALSE(std::filesystem::exists(folder / "nowhere")) << "looking made one";
}

}  // namespace
}  // namespace stoa::registry
