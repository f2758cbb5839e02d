// sqlite_store_test.cpp: values come back as they went in, errors have their reasons, transactions are whole.
// SPDX-License-Identifier: Apache-2.0
#include "registry/database/sqlite_store.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

namespace stoa::database {
namespace {

class DatabaseFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "stoa-database-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  Connection open(Access access = Access::write) {
    auto opened = Connection::open(folder_ / "a.db", access);
    if (!opened) throw std::runtime_error(opened.error().message);
    return std::move(*opened);
  }

  std::filesystem::path folder_;
};

std::int64_t count(Connection& connection) {
  Rows rows = connection.query("SELECT COUNT(*) FROM t");
  return rows.next() ? rows.integer(0) : -1;
}

TEST_F(DatabaseFile, ValuesComeBackAsTheyWentIn) {
  Connection connection = open();
  ASSERT_TRUE(connection.run_script("CREATE TABLE t(i INTEGER, s TEXT, b BLOB, n TEXT)"));
  const std::string text("zero \0 inside", 13);
  const std::vector<std::byte> bytes{std::byte{0}, std::byte{255}};
  const std::optional<std::string> nothing;
  const auto changed = connection.run("INSERT INTO t VALUES(?, ?, ?, ?)", std::int64_t{-1} << 62, text, bytes, nothing);
  ASSERT_TRUE(changed) << changed.error().message;
  EXPECT_EQ(*changed, 1);
  EXPECT_EQ(connection.last_id(), 1);
  Rows rows = connection.query("SELECT i, s, b, n FROM t WHERE s = ?", text);
  ASSERT_TRUE(rows.next());
  EXPECT_EQ(rows.integer(0), std::int64_t{-1} << 62);
  EXPECT_EQ(rows.text(1), text);
  EXPECT_EQ(std::vector(rows.blob(2).begin(), rows.blob(2).end()), bytes);
  EXPECT_TRUE(rows.is_null(3));
  EXPECT_EQ(rows.optional_text(3), std::nullopt);
  EXPECT_FALSE(rows.next());
  EXPECT_TRUE(rows.end());
}

TEST_F(DatabaseFile, ErrorsHaveTheirReasons) {
  Connection connection = open();
  ASSERT_TRUE(connection.run_script("CREATE TABLE t(i INTEGER PRIMARY KEY) WITHOUT ROWID"));
  ASSERT_TRUE(connection.run("INSERT INTO t VALUES(1)"));
  EXPECT_EQ(connection.run("INSERT INTO t VALUES(1)").error().reason, "database.constraint");
  EXPECT_EQ(connection.run("INSERT INTO nowhere VALUES(1)").error().reason, "database.misuse");
  Rows rows = connection.query("SELECT nothing FROM t");
  EXPECT_FALSE(rows.next());
  EXPECT_EQ(rows.end().error().reason, "database.misuse");
  EXPECT_EQ(open(Access::read).run("INSERT INTO t VALUES(2)").error().reason, "database.io");
  EXPECT_TRUE(connection.run("INSERT INTO t VALUES(2)")) << "the next statement works";
}

TEST_F(DatabaseFile, WhatIsNoDatabaseIsSaidToBeCorrupt) {
  std::ofstream(folder_ / "a.db") << std::string(4096, 'x');
  EXPECT_EQ(Connection::open(folder_ / "a.db", Access::write).error().reason, "database.corrupt");
}

TEST_F(DatabaseFile, NobodyElseMayReadIt) {
  open();
  struct stat status{};
  ASSERT_EQ(stat((folder_ / "a.db").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600u);
}

TEST_F(DatabaseFile, TransactionsAreWholeOrNotThere) {
  Connection connection = open();
  ASSERT_TRUE(connection.run_script("CREATE TABLE t(i INTEGER PRIMARY KEY)"));
  {
    auto left = Transaction::begin(connection);
    ASSERT_TRUE(left);
    ASSERT_TRUE(connection.run("INSERT INTO t VALUES(1)"));
  }
  EXPECT_EQ(count(connection), 0);
  auto kept = Transaction::begin(connection);
  ASSERT_TRUE(kept);
  ASSERT_TRUE(connection.run("INSERT INTO t VALUES(1)"));
  ASSERT_TRUE(kept->commit());
  Connection reader = open(Access::read);
  EXPECT_EQ(count(reader), 1);
}

TEST_F(DatabaseFile, AFullDiskLeavesWhatWasThere) {
  {
    Connection connection = open();
    ASSERT_TRUE(connection.run_script("CREATE TABLE t(i INTEGER PRIMARY KEY, b BLOB)"));
    ASSERT_TRUE(connection.run("INSERT INTO t VALUES(1, ?)", std::string(1000, 'a')));
  }
  const pid_t child = fork();  // a limit on the size of files holds for the whole process
  ASSERT_GE(child, 0);
  if (child == 0) {
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{100'000, 100'000};
    setrlimit(RLIMIT_FSIZE, &limit);
    auto connection = Connection::open(folder_ / "a.db", Access::write);
    if (!connection) _exit(2);
    auto transaction = Transaction::begin(*connection);
    const auto written = connection->run("INSERT INTO t VALUES(2, ?)", std::string(1'000'000, 'b'));
    const auto committed = written && transaction ? transaction->commit() : Result<void>(std::unexpected(Error{}));
    _exit(committed ? 3 : 0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  Connection connection = open();
  EXPECT_EQ(count(connection), 1);
  EXPECT_TRUE(connection.examine());
  EXPECT_TRUE(connection.run("INSERT INTO t VALUES(2, 'b')"));
}

// Each process ends after its first write, as one that is killed does.
TEST_F(DatabaseFile, ALogThatCrashesLeaveDoesNotGrow) {
  ASSERT_TRUE(open().run_script("CREATE TABLE t(i INTEGER PRIMARY KEY, b BLOB)"));
  constexpr int kStarts = 30, kRows = 300;
  for (int start = 1; start <= kStarts; ++start) {
    const pid_t child = ::fork();
    if (child == 0) {
      Connection connection = open();
      auto transaction = Transaction::begin(connection);
      for (int row = 0; row < kRows; ++row)
        if (!connection.run("INSERT OR REPLACE INTO t VALUES(?, zeroblob(4000))", row)) ::_exit(1);
      ::_exit(transaction && transaction->commit() ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
    ASSERT_LT(std::filesystem::file_size(folder_ / "a.db-wal"), 16u << 20) << "after " << start << " starts";
  }
  Connection connection = open();
  EXPECT_EQ(count(connection), kRows);
}

TEST_F(DatabaseFile, ABackupIsOneFileThatOpens) {
  Connection connection = open();
  ASSERT_TRUE(connection.run_script("CREATE TABLE t(i INTEGER PRIMARY KEY); INSERT INTO t VALUES(7)"));
  ASSERT_TRUE(connection.back_up(folder_ / "copy.db"));
  ASSERT_TRUE(connection.run("INSERT INTO t VALUES(8)"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "copy.db-wal"));
  auto copy = Connection::open(folder_ / "copy.db", Access::read);
  ASSERT_TRUE(copy) << copy.error().message;
  EXPECT_EQ(count(*copy), 1);
}

}  // namespace
}  // namespace stoa::database
