// schema_test.cpp: files of every schema that was ever released open today with all they held; newer ones do not.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/book/schema_store.hpp"

#include <gtest/gtest.h>

#include <cstdlib>

#include "licensing/book/test_book.hpp"
#include "registry/document/test_child.hpp"

namespace stoa::licensing {
namespace {

using registry::file_bytes;
using registry::run_on;

std::filesystem::path dump_of(std::int64_t version) {
  const char* source = std::getenv("STOA_SOURCE_DIR");
  return std::filesystem::path(source ? source : ".") / "licensing/book/schema_history" /
         ("v" + std::to_string(version) + ".sql");
}

// Of the tables and indices, as they were written.
std::string schema_in(const std::filesystem::path& file) {
  auto connection = database::Connection::open(file, database::Access::read);
  if (!connection) throw std::runtime_error(connection.error().message);
  std::string schema;
  auto rows = connection->query("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name");
  while (rows.next()) schema += std::string(rows.text(0)) + ";\n";
  return schema;
}

void thaw(TestBook& on, std::int64_t version) {
  ASSERT_TRUE(std::filesystem::exists(dump_of(version))) << dump_of(version) << " is missing";
  on.close();
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(on.file().string() + end);
  run_on(on.file(), file_bytes(dump_of(version)));
}

TEST(BookSchema, OfEveryVersionThatWasReleasedOpensWithAllItHeld) {
  for (std::int64_t version = 1; version <= newest_schema(); ++version) {
    SCOPED_TRACE(version);
    TestBook on;
    thaw(on, version);
    const auto before = contents_of(on.file());
    const auto opened = on.try_open();
    ASSERT_TRUE(opened) << opened.error().message;
    for (const auto& [table, rows] : contents_of(on.file()))
      if (version == newest_schema()) EXPECT_EQ(rows, before.at(table)) << table;
    const auto whole = on->examine();
    ASSERT_TRUE(whole) << whole.error().message;
    const Holdings held = TestBook::good(on->holdings());
    EXPECT_EQ(held.customers.size(), 2u);
    EXPECT_EQ(held.keys.size(), 4u);
    std::map<std::string, std::string> firsts;
    for (const ApiKey& key : held.keys) firsts[key.id.text] = key.first.text;
    for (const ApiKey& key : held.keys) {  // one of them was rotated
      EXPECT_TRUE(firsts.contains(key.first.text)) << key.id.text;
      if (!key.successor.text.empty()) EXPECT_EQ(firsts.at(key.successor.text), key.id.text);
    }
    ASSERT_EQ(held.licences.size(), 2u);
    EXPECT_EQ(TestBook::good(on->serials(held.licences[0].licence.id)).size(), 2u);
    EXPECT_EQ(on.held.size(), 1u);
    EXPECT_EQ(*on->reserved("lic_1", "call", 0), 100u);
    const BillingNow billing = TestBook::good(on->billing_terms());
    EXPECT_EQ(billing.terms->charged("acme/vision") != nullptr, version >= 2);
    EXPECT_EQ(TestBook::good(on->agreements({}, {})).size(), version >= 2 ? 2u : 0u);
    for (const HeldAgreement& one : TestBook::good(on->agreements({}, {})))
      EXPECT_EQ(one.signatures.size(), one.signed_ms ? 3u : 0u);
    const Customer northwind = TestBook::good(on->customer("northwind"));
    EXPECT_TRUE(on->issue(on.alice, TestBook::terms_for(northwind.id)));
    EXPECT_TRUE(on->examine(*whole));
  }
}

TEST(BookSchema, StepsAreNeverChangedOnceReleased) {
  TestBook fresh, frozen;
  thaw(frozen, newest_schema());
  EXPECT_EQ(schema_in(fresh.file()), schema_in(frozen.file()));
}

TEST(BookSchema, OfANewerProgramIsLeftAsItIs) {
  for (const std::string& mode : {"WAL", "DELETE"}) {  // as it runs, and as a backup lies there
    TestBook on;
    on.add_customer("northwind");
    on.close();
    run_on(on.file(), "PRAGMA user_version=" + std::to_string(newest_schema() + 1) + "; PRAGMA journal_mode=" + mode);
    const std::string before = file_bytes(on.file());
    const auto opened = on.try_open();
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().reason, "book.newer");
    EXPECT_EQ(file_bytes(on.file()), before) << mode;
  }
}

TEST(BookSchema, OfSomethingElseIsNoBook) {
  TestBook on;
  on.close();
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(on.file().string() + end);
  registry::write_file(on.file(), std::string(8192, 'x'));
  const std::string before = file_bytes(on.file());
  EXPECT_EQ(on.try_open().error().reason, "database.corrupt");
  EXPECT_EQ(file_bytes(on.file()), before);
}

TEST(BookSchema, OfOneProcessAtATime) {
  TestBook on;
  registry::TestChild child([&](int) {
    const auto second = Book::open({.file = on.file(), .now_ms = [] { return std::int64_t{1}; }});
    return second ? 1 : second.error().reason == "book.in_use" ? 0 : 2;
  });
  EXPECT_EQ(child.wait(), 0);
}

TEST(BookSchema, OfABackupIsWhole) {
  ReadyBook on;
  const auto before = contents_of(on.file());
  ASSERT_TRUE(on->back_up(on.folder / "copy.db"));
  EXPECT_EQ(on->back_up(on.folder / "copy.db").error().reason, "file.exists");
  EXPECT_EQ(contents_of(on.folder / "copy.db"), before);
  on.close();
  for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(on.file().string() + end);
  std::filesystem::rename(on.folder / "copy.db", on.file());
  on.open();
  EXPECT_TRUE(on->examine());
}

// Freezes the newest version, once: run with --gtest_also_run_disabled_tests when its schema is released.
TEST(BookSchema, DISABLED_IsFrozen) {
  ASSERT_FALSE(std::filesystem::exists(dump_of(newest_schema()))) << "is frozen already";
  ReadyBook on;
  ASSERT_TRUE(on->rotate_key(on.alice, on.plain_key.record.id, 1'000, {"r1", {}}));
  ASSERT_TRUE(on->replace(on.alice, on.floating.id, TestBook::terms_for({}, 3)));
  ASSERT_TRUE(on->revoke(on.alice, on.licence.id, "so"));
  const Reservation one[] = {{"lic_1", "call", 0, 100}};
  ASSERT_TRUE(on->reserve(one));
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
  registry::write_file(dump_of(newest_schema()),
                       dump + "PRAGMA user_version=" + std::to_string(newest_schema()) + ";\n");
}

}  // namespace
}  // namespace stoa::licensing
