// book_copy_test.cpp: a licensing folder looked over, copied while it is open, and brought back.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/book/book_copy.hpp"

#include <gtest/gtest.h>

#include "licensing/book/test_book.hpp"

namespace stoa::licensing {
namespace {

namespace fs = std::filesystem;
using registry::run_on;

TEST(BookCopy, OfAnOpenBookHasAllThatWasAcknowledgedAndGoesOn) {
  ReadyBook on;
  const fs::path from = on.folder / "licensing", to = on.folder / "backups/one", back = on.folder / "back";
  fs::create_directory(from);
  fs::create_directory(from / "licences");
  registry::write_file(from / "licences/a.stoa-licence", "a file");
  registry::write_file(from / "licensing.lock", "");
  auto book = TestBook::good(Book::open({.file = from / kBookFile, .now_ms = [&] { return on.now_ms; }}));
  ASSERT_TRUE(book->create_customer(on.alice, "northwind", ""));
  const auto copied = copy_book(from, to, on.now_ms);
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(copied->customers, 1);
  EXPECT_EQ(copied->audit.lines, 1);
  EXPECT_EQ(contents_of(to / kBookFile), contents_of(from / kBookFile));
  EXPECT_EQ(registry::file_bytes(to / "licences/a.stoa-licence"), "a file");
  EXPECT_FALSE(fs::exists(to / "licensing.lock"));
  EXPECT_EQ(copy_book(from, to, on.now_ms).error().reason, "file.exists");
  ASSERT_TRUE(copy_book(to, back, on.now_ms));
  auto again = TestBook::good(Book::open({.file = back / kBookFile, .now_ms = [&] { return on.now_ms; }}));
  EXPECT_TRUE(again->customer("northwind"));
  EXPECT_TRUE(again->create_customer(on.alice, "globex", ""));
}

TEST(BookCopy, OfWhatIsNotSoundIsRefusedAndNothingIsLeft) {
  ReadyBook on;
  on.close();
  const auto reason = [&] { return examine_book(on.folder.path(), on.now_ms).error().reason; };
  ASSERT_TRUE(examine_book(on.folder.path(), on.now_ms));
  struct Row {
    const char *sql, *reason;
  };
  const Row rows[] = {
      {"UPDATE audit SET actor = 'nobody' WHERE line = 2", "audit.broken"},
      {"UPDATE licences SET seats = 0 WHERE seats IS NOT NULL", "book.broken"},
      {"UPDATE licences SET revoked_ms = 1", "book.broken"},
      {"UPDATE api_keys SET successor = 'key_no'", "book.broken"},
      {"UPDATE licences SET replaced_ms = 1", "book.broken"},
      {"PRAGMA user_version=99", "book.newer"},
  };
  for (const Row& row : rows) {
    run_on(on.file(), row.sql);
    EXPECT_EQ(reason(), row.reason) << row.sql;
    EXPECT_EQ(copy_book(on.folder.path(), on.folder.path() / "copy", on.now_ms).error().reason, row.reason);
    EXPECT_FALSE(fs::exists(on.folder / "copy"));
    on.put_back();
    on.close();
  }
  EXPECT_EQ(examine_book(on.folder / "nothing", on.now_ms).error().reason, "file.not_found");
}

}  // namespace
}  // namespace stoa::licensing
