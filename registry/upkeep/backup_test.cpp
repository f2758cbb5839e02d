// backup_test.cpp: a backup of a registry that goes on, and a registry of a backup. SPDX-License-Identifier: Apache-2.0
#include "registry/upkeep/backup.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <thread>

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
      {"another summary", [&] { write_file(folder / "backup/backup.json", "{\"stoa_backup\": 2}"); }, "backup.format"},
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

}  // namespace
}  // namespace stoa::registry
