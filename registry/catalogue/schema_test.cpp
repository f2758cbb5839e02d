// schema_test.cpp: files of every schema that was ever released open today with all they held (C6); newer ones do not.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/schema_store.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "registry/catalogue/alias_store.hpp"
#include "registry/catalogue/test_acts.hpp"

namespace stoa::registry {
namespace {

std::filesystem::path history() {
  const char* source = std::getenv("STOA_SOURCE_DIR");
  return std::filesystem::path(source ? source : ".") / "registry/catalogue/schema_history";
}
std::filesystem::path dump_of(std::int64_t version) { return history() / ("v" + std::to_string(version) + ".sql"); }

// Of the tables and indices, as they were written.
std::string schema_in(const std::filesystem::path& file) {
  auto connection = database::Connection::open(file, database::Access::read);
  if (!connection) throw std::runtime_error(connection.error().message);
  std::string schema;
  auto rows = connection->query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
  while (rows.next()) schema += std::string(rows.text(0)) + ";\n";
  return schema;
}

// The frozen catalogue of a version, under the key that signed its aliases.
class Frozen {
 public:
  explicit Frozen(std::int64_t version) {
    if (!std::filesystem::exists(dump_of(version))) throw std::runtime_error(dump_of(version).string() + " is missing");
    on.close();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(on.file().string() + end);
    run_on(on.file(), file_bytes(dump_of(version)));
    on.registry_key = *PrivateKey::from_pem(file_bytes(history() / "registry_key.pem"));
    on.now_ms += 1'000'000;
  }
  TestCatalogue on;
};

TEST(Schema, OfEveryVersionThatWasReleasedOpensWithAllItHeld) {  // C6
  for (std::int64_t version = 1; version <= newest_schema(); ++version) {
    SCOPED_TRACE(version);
    Frozen frozen(version);
    TestCatalogue& on = frozen.on;
    const auto before = contents_of(on.file());
    const auto opened = on.try_open();
    ASSERT_TRUE(opened) << opened.error().message;
    for (const auto& [table, rows] : contents_of(on.file()))
      if (version == newest_schema()) EXPECT_EQ(rows, before.at(table)) << table;
    const auto whole = on->examine();
    ASSERT_TRUE(whole) << whole.error().message;
    EXPECT_EQ(whole->alias_steps, version < 2 ? 2 : 3);
    EXPECT_EQ(on->publishers()->size(), 3u);
    EXPECT_EQ(on->publisher("acne")->held_because, "looks like acme");
    EXPECT_EQ(on->operators(on.admin)->size(), 2u);
    EXPECT_EQ(on->keys("acme")->size(), 2u);
    EXPECT_EQ(on->proposals("open")->size(), 1u);
    EXPECT_EQ(text_of(on->aliases("acme/classify")->front().targets), "1.9.0");
    ReleaseFilter filter;
    for (std::size_t i = 0; i < kReleaseStates; ++i) {
      filter.state = static_cast<ReleaseState>(i);
      EXPECT_EQ(on->releases(filter)->size(), filter.state == ReleaseState::published ? 2u : 1u)
          << name_of(*filter.state);
    }
    EXPECT_EQ(on->rollouts("", 10)->size(), version < 2 ? 0u : 1u);
    EXPECT_EQ(on->verdicts("acme/classify")->size(), version < 2 ? 0u : 1u);
    EXPECT_TRUE(parse_manifest(on->release("acme/vision", "1.0.0")->manifest));
    EXPECT_EQ(on->checks(on->release("acme/vision", "1.0.0")->id)->size(), 1u);
    EvaluationFilter said{.release = on->release("acme/vision", "1.0.0")->id, .dataset = {}, .after = {}};
    ASSERT_EQ(on->evaluations(said)->size(), version < 3 ? 0u : 1u);
    for (const EvaluationRecord& one : *on->evaluations(said)) EXPECT_EQ(one.said_by, "publisher:acme");
    on.add_key(on.key);  // of this test: the one that signed is not kept
    EXPECT_EQ(on.published("5.0.0").state, ReleaseState::published);
    const auto attached = on.attach(on.acme, *on->release("acme/vision", "5.0.0"), on.key);
    EXPECT_TRUE(attached) << attached.error().message;
    EXPECT_TRUE(on->move_alias(on.reviewer, {"acme/classify", "champion", {{"5.0.0"}}, ""}));
    EXPECT_TRUE(on->examine(whole->audit));
  }
}

TEST(Schema, StepsAreNeverChangedOnceReleased) {
  TestCatalogue fresh;
  Frozen frozen(newest_schema());
  EXPECT_EQ(schema_in(fresh.file()), schema_in(frozen.on.file()));
}

TEST(Schema, OfANewerProgramIsLeftAsItIs) {
  for (const std::string& mode : {"WAL", "DELETE"}) {  // as it runs, and as a backup lies there
    TestCatalogue on;
    on.add_acme();
    on.close();
    run_on(on.file(), "PRAGMA user_version=" + std::to_string(newest_schema() + 1) + "; PRAGMA journal_mode=" + mode);
    const std::string before = file_bytes(on.file());
    const auto opened = on.try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().reason, "catalogue.newer");
    EXPECT_EQ(opened.error().code, Code::failed_precondition);
    EXPECT_EQ(file_bytes(on.file()), before) << mode;
  }
}

TEST(Schema, OfSomethingElseIsNoCatalogue) {
  TestCatalogue on;
  on.close();
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(on.file().string() + end);
  write_file(on.file(), std::string(8192, 'x'));
  const std::string before = file_bytes(on.file());
  EXPECT_EQ(on.try_open().error().reason, "database.corrupt");
  EXPECT_EQ(file_bytes(on.file()), before);
}

TEST(Schema, OfABackupIsWhole) {
  ReadyCatalogue on;
  const auto before = contents_of(on.file());
  EXPECT_EQ(on->back_up(on.reviewer, on.folder / "copy.db").error().reason, "role.not_allowed");
  ASSERT_TRUE(on->back_up(on.admin, on.folder / "copy.db"));
  EXPECT_EQ(on->back_up(on.admin, on.folder / "copy.db").error().reason, "file.exists");
  const auto nowhere = on->back_up(on.admin, on.folder / "nowhere/copy.db");
  EXPECT_EQ(nowhere.error().reason, "database.io");
  EXPECT_EQ(contents_of(on.folder / "copy.db"), before);
  on.close();
  std::filesystem::rename(on.folder / "copy.db", on.file());
  for (const char* end : {"-wal", "-shm"}) std::filesystem::remove(on.file().string() + end);
  on.open();
  EXPECT_TRUE(on->examine());
}

// Freezes the newest version, once: run with --gtest_also_run_disabled_tests when its schema is released.
TEST(Schema, DISABLED_IsFrozen) {
  ASSERT_FALSE(std::filesystem::exists(dump_of(newest_schema()))) << "is frozen already";
  // One key signs the aliases of all versions.
  const auto signer = PrivateKey::from_pem(file_bytes(history() / "registry_key.pem"));
  ASSERT_TRUE(signer);
  ReadyCatalogue on(signer->pem());
  ASSERT_TRUE(on->start_rollout(on.reviewer, {.model = "acme/talk", .shadow = RolloutShadow{.version = "1.1.0"}}));
  std::string dump = "-- Schema " + std::to_string(newest_schema()) +
                     ", frozen with data by schema_test.cpp.\nPRAGMA foreign_keys=OFF;\n" + schema_in(on.file());
  on.close();
  auto connection = database::Connection::open(on.file(), database::Access::read);
  for (const auto& [table, lines] : contents_of(*connection)) {
    std::string values;
    auto columns = connection->query("SELECT name FROM pragma_table_info(?)", table);
    while (columns.next())
      values += (values.empty() ? "quote(" : " || ', ' || quote(") + std::string(columns.text(0)) + ")";
    auto rows = connection->query("SELECT " + values + " FROM " + table);
    while (rows.next()) dump += "INSERT INTO " + table + " VALUES(" + std::string(rows.text(0)) + ");\n";
  }
  write_file(dump_of(newest_schema()), dump + "PRAGMA user_version=" + std::to_string(newest_schema()) + ";\n");
}

}  // namespace
}  // namespace stoa::registry
