// backup_test.cpp: a backup of a registry that goes on, and a registry of a backup. SPDX-License-Identifier: Apache-2.0
#include "registry/upkeep/backup.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "registry/document/strict_json.hpp"
#include "registry/upkeep/test_registry_folder.hpp"

namespace stoa::registry {
namespace {

class Backup : public ::testing::Test {
 protected:
  Backup() {
    on.open();
    on.add_acme();
    on.published("1.0.0");
  }
  BackupTerms terms(bool is_as_it_is = false) const { return {on.now_ms, is_as_it_is}; }
  static std::string reason_of(const Result<BackupSummary>& made) { return made ? "done" : made.error().reason; }

  TestFolder folder;
  RegistryFolder on{folder.path()};
};

TEST_F(Backup, OfAnOpenRegistryIsOneThatServesTheSame) {
  const auto made = create_backup(on.path(), folder / "backup", terms());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->releases, 1u);
  EXPECT_EQ(made->blobs, 1u);
  on.published("1.1.0");  // not in it
  const auto checked = check_backup(folder / "backup", terms());
  ASSERT_TRUE(checked) << checked.error().message;
  EXPECT_EQ(checked->audit.sha256, made->audit.sha256);
  on.close();
  std::filesystem::remove_all(on.path());
  const auto restored = restore_backup(folder / "backup", on.path(), terms());
  ASSERT_TRUE(restored) << restored.error().message;
  EXPECT_FALSE(std::filesystem::exists(on.path() / "backup.json"));
  on.open();
  const auto package = on->verified_package(sha256_of(on.package("1.0.0")));
  ASSERT_TRUE(package) << package.error().message;
  EXPECT_EQ(package->manifest().version, "1.0.0");
  // Its key signs the chain on.
  on->with_catalogue([&](Catalogue& catalogue) {
    const auto moved = catalogue.move_alias(on.admin, {"acme/classify", "champion", {{"1.0.0"}}, ""});
    ASSERT_TRUE(moved) << moved.error().message;
    ASSERT_TRUE(catalogue.examine(made->audit));
  });
  on.published("1.1.0");
}

TEST_F(Backup, HasTheOutcomesOfEvaluations) {
  const Sha256 outcomes = on.evaluated(on.published("1.1.0"));
  const auto made = create_backup(on.path(), folder / "backup", terms());
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->blobs, 3u);
  on.close();
  std::filesystem::remove_all(on.path());
  ASSERT_TRUE(restore_backup(folder / "backup", on.path(), terms()));
  on.open();
  EXPECT_TRUE(on->blobs().verify(outcomes));
  on.close();
  std::filesystem::remove(on.blob(outcomes));
  EXPECT_EQ(reason_of(create_backup(on.path(), folder / "second", terms())), "blob.missing");
}

TEST_F(Backup, WhilePackagesArePublishedHasAllThatWasAcknowledgedBefore) {
  std::vector<std::string> versions;
  for (int i = 1; i <= 12; ++i) (void)on.package(versions.emplace_back("1." + std::to_string(i) + ".0"));
  std::atomic<int> published = 0;
  std::jthread publisher([&] {
    for (const std::string& version : versions) {
      on.published(version);
      ++published;
    }
  });
  for (int i = 0; i < 4; ++i) {
    const int before = published;
    const auto backup = folder / ("backup-" + std::to_string(i));
    const auto made = create_backup(on.path(), backup, terms());
    ASSERT_TRUE(made) << made.error().reason << ": " << made.error().message;
    EXPECT_GE(made->releases, static_cast<std::size_t>(before) + 1);
    EXPECT_EQ(reason_of(check_backup(backup, terms())), "done");
    RegistryFolder there(backup / "restored");
    std::filesystem::create_directory(backup / "restored");
    ASSERT_EQ(reason_of(restore_backup(backup, there.path(), terms())), "done");
    there.open();
    for (int k = 0; k < before; ++k)
      EXPECT_TRUE(there->verified_package(sha256_of(on.package(versions[static_cast<std::size_t>(k)]))))
          << versions[static_cast<std::size_t>(k)];
  }
}

TEST_F(Backup, ReplacesNothingAndLeavesNothingWhereItIsRefused) {
  std::filesystem::create_directory(folder / "there");
  EXPECT_EQ(reason_of(create_backup(on.path(), folder / "there", terms())), "file.exists");
  EXPECT_EQ(reason_of(create_backup(folder / "nowhere", folder / "backup", terms())), "file.not_found");
  std::filesystem::remove(on.blob("1.0.0"));
  EXPECT_EQ(reason_of(create_backup(on.path(), folder / "backup", terms())), "blob.missing");
  EXPECT_FALSE(std::filesystem::exists(folder / "backup"));
  EXPECT_EQ(reason_of(create_backup(on.path(), folder / "backup", terms(true))), "done");
  EXPECT_EQ(reason_of(check_backup(folder / "backup", terms())), "backup.unsound");
  for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_FALSE(entry.path().filename().native().starts_with(".partial")) << entry.path();
}

TEST_F(Backup, ThatWasTouchedIsRefused) {
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  const auto at = [&](const std::filesystem::path& original) {
    return folder / "backup" / std::filesystem::relative(original, on.path());
  };
  struct Row {
    const char* name;
    std::function<void()> harm;
    const char* reason;
  };
  const Row rows[] = {
      {"no summary", [&] { std::filesystem::remove(folder / "backup/backup.json"); }, "backup.format"},
      {"another summary", [&] { write_file(folder / "backup/backup.json", "{\"stoa_backup\": 2}"); }, "backup.newer"},
      {"a blob is gone", [&] { std::filesystem::remove(at(on.blob("1.0.0"))); }, "backup.unsound"},
      {"an older catalogue",
       [&] {
         std::string text = file_bytes(folder / "backup/backup.json");
         const auto lines = text.find("\"lines\": ") + 9;
         text.replace(lines, text.find(',', lines) - lines, "99");
         write_file(folder / "backup/backup.json", text);
       },
       "backup.unsound"},
      {"the key is gone", [&] { std::filesystem::remove(folder / "backup/registry.key.pem"); }, "backup.unsound"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    std::filesystem::remove_all(folder / "kept");
    std::filesystem::copy(folder / "backup", folder / "kept", std::filesystem::copy_options::recursive);
    row.harm();
    EXPECT_EQ(reason_of(check_backup(folder / "backup", terms())), row.reason);
    const std::string restoring = reason_of(restore_backup(folder / "backup", folder / "new", terms()));
    EXPECT_NE(restoring, "done");
    EXPECT_FALSE(std::filesystem::exists(folder / "new"));
    std::filesystem::remove_all(folder / "backup");
    std::filesystem::rename(folder / "kept", folder / "backup");
  }
  EXPECT_EQ(reason_of(check_backup(folder / "backup", terms())), "done");
}

// Whoever reads the refusal knows which file it is and what of it.
TEST_F(Backup, WithABrokenSummaryIsRefusedByFileAndMember) {
  ASSERT_TRUE(create_backup(on.path(), folder / "backup", terms()));
  const std::filesystem::path file = folder / "backup/backup.json";
  const std::string good = file_bytes(file);
  const auto with = [&](const std::string& member, const std::string& value) {
    auto json = Json::parse(good);
    json[Json::json_pointer(member)] = Json::parse(value);
    return json.dump();
  };
  const auto without = [&](const std::string& member) {
    auto json = Json::parse(good);
    (member == "lines" || member == "sha256" ? json["audit"] : json).erase(member);
    return json.dump();
  };
  const struct {
    const char* what;
    std::string text, reason, words;
  } rows[] = {
      {"empty", "", "backup.format", "is not JSON: byte 1"},
      {"not JSON", "PK\x03\x04", "backup.format", "is not JSON: byte 1"},
      {"broken off", good.substr(0, good.size() / 2), "backup.format", "is not JSON: byte "},
      {"a page of zeros", std::string(512, '\0'), "backup.format", "is not JSON: byte 1"},
      {"too large", good + std::string(5000, ' '), "backup.format", "limit is 4096"},
      {"a list", "[]", "backup.format", "document: must be an object, is array"},
      {"no form", without("stoa_backup"), "backup.format", "/stoa_backup: must be the number of the form"},
      {"form 0", with("/stoa_backup", "0"), "backup.format", "/stoa_backup: is 0, must lie in 1 to 1"},
      {"a form in words", with("/stoa_backup", "\"2\""), "backup.format", "/stoa_backup: must be the number"},
      {"a later form, whatever else it has", R"({"stoa_backup": 7, "shards": 3})", "backup.newer",
       "is of form 7, this program reads form 1"},
      {"a member is missing", without("releases"), "backup.format", "/releases: is required"},
      {"taken in words", with("/taken_ms", "\"monday\""), "backup.format", "/taken_ms: must be a whole number"},
      {"less than nothing", with("/blobs", "-1"), "backup.format", "/blobs: must be a whole number"},
      {"more than fits", with("/blob_bytes", "18446744073709551615"), "backup.format", "/blob_bytes: is 18446744"},
      {"a member too many", with("/owner", "1"), "backup.format", "/owner: is no key of this object"},
      {"no head", without("audit"), "backup.format", "/audit: is required"},
      {"a head in words", with("/audit", "\"none\""), "backup.format", "/audit: must be an object, is string"},
      {"a head without lines", without("lines"), "backup.format", "/audit/lines: is required"},
      {"a head without its digest", without("sha256"), "backup.format", "/audit/sha256: is required"},
      {"half a digest", with("/audit/sha256", "\"00ff\""), "backup.format", "/audit/sha256: has 4 bytes"},
      {"no digits", with("/audit/sha256", '"' + std::string(64, 'x') + '"'), "backup.format",
       "/audit/sha256: must be 64 lower-case hexadecimal digits"},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.what);
    write_file(file, row.text);
    for (const auto& made :
         {check_backup(folder / "backup", terms()), restore_backup(folder / "backup", folder / "new", terms())}) {
      EXPECT_EQ(reason_of(made), row.reason);
      if (made) continue;
      EXPECT_TRUE(made.error().message.starts_with(file.string())) << made.error().message;
      EXPECT_TRUE(made.error().message.contains(row.words)) << made.error().message;
    }
    EXPECT_FALSE(std::filesystem::exists(folder / "new"));
  }
  // The way out that the manual names: all else of it is as it was.
  ASSERT_EQ(reason_of(create_backup(folder / "backup", folder / "again", terms())), "done");
  EXPECT_EQ(reason_of(check_backup(folder / "again", terms())), "done");
}

}  // namespace
}  // namespace stoa::registry
