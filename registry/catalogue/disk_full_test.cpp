// disk_full_test.cpp: every act, with the disk full at every one of its writes. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <cstdlib>

#include "registry/catalogue/test_acts.hpp"
#include "registry/document/test_child.hpp"

namespace stoa::registry {
namespace {

// A frame of the write-ahead log is a page and its head. An odd step cuts frames at another place each time.
constexpr rlim_t kStepBytes = 4'096 + 24 + 511, kMostBytes = 400'000;

enum Outcome : int { kDone, kFull, kOtherError, kChangedSomething, kNotAfterwards, kNotOpened };

bool is_full(const Result<void>& outcome) {
  return !outcome && (outcome.error().reason == "database.full" || outcome.error().reason == "database.io");
}

// In a child: the act on a full disk, and where asked once more when there is room again.
int starve(ReadyCatalogue& on, const TestAct& act, rlim_t limit, bool goes_on) {
  if (!on.try_open()) return kNotOpened;
  const auto before = contents_of(on.file());
  limit_files(limit);
  const auto outcome = act.run(on, on.admin);
  if (outcome) return kDone;
  if (!is_full(outcome)) return kOtherError;
  if (!goes_on) return kFull;
  limit_files(RLIM_INFINITY);
  if (contents_of(on.file()) != before) return kChangedSomething;
  return act.run(on, on.admin) ? kFull : kNotAfterwards;
}

TEST(DiskFull, AtAnyWriteOfAnyActChangesNothing) {
  ReadyCatalogue on;
  const auto before = contents_of(on.file());
  for (const TestAct& act : all_acts()) {
    int full = 0;
    for (rlim_t limit = 0;; limit += kStepBytes) {
      SCOPED_TRACE(act.name + ", files limited to " + std::to_string(limit) + " bytes");
      ASSERT_LT(limit, kMostBytes) << "never done";
      const bool goes_on = full % 2 == 1;
      on.close();
      const int outcome = TestChild([&](int) { return starve(on, act, limit, goes_on); }).wait();
      on.open();
      const auto whole = on->examine();
      ASSERT_TRUE(whole) << whole.error().message;
      if (outcome == kDone) break;
      ASSERT_EQ(outcome, kFull);
      ++full;
      if (!goes_on) {
        ASSERT_EQ(contents_of(on.file()), before);
        const auto afterwards = act.run(on, on.admin);
        ASSERT_TRUE(afterwards) << afterwards.error().message;
      }
      on.put_back();
    }
    EXPECT_GE(full, 2) << act.name << ": the limits were too wide to stop it";
    on.put_back();
  }
}

// The log is written into the file when the last connection closes; where that cannot be, it stays the log.
TEST(DiskFull, AtTheCheckpointLosesNothing) {
  ReadyCatalogue on;
  const auto size = std::filesystem::file_size(on.file());
  int kept_as_log = 0;
  for (const TestAct& act : all_acts()) {
    on.close();
    const int outcome = TestChild([&](int) {
                          if (!on.try_open()) return static_cast<int>(kNotOpened);
                          limit_files(size);
                          if (!act.run(on, on.admin)) return static_cast<int>(kOtherError);
                          on.close();
                          return static_cast<int>(kDone);
                        }).wait();
    ASSERT_EQ(outcome, kDone) << act.name;
    kept_as_log += std::filesystem::exists(on.file().string() + "-wal") ? 1 : 0;
    on.open();
    const auto whole = on->examine();
    ASSERT_TRUE(whole) << act.name << ": " << whole.error().message;
    EXPECT_EQ(on->audit(on.admin, 0, 1, "")->front().action, act.action);
    on.put_back();
  }
  std::printf("%d acts left their log behind\n", kept_as_log);
}

// The same with a real file system that is full, where this machine lets a test have one.
TEST(DiskFull, OnAFileSystemOfItsOwnIsSaidToBeSo) {
  ReadyCatalogue on;
  const auto size = std::filesystem::file_size(on.file());
  on.close();
  constexpr int kNotAllowed = 77;
  const TestAct act = all_acts()[9];
  ASSERT_EQ(act.name, "open_draft");
  for (std::size_t room = 1; room < 40; ++room) {  // pages beside the file and the log's index
    const int outcome =
        TestChild([&](int) {
          const std::string at = on.folder.path();
          const std::string saved = file_bytes(on.file());
          const std::string bytes = std::to_string(size / 4096 * 4096 + (8 + room) * 4096);
          if (::unshare(CLONE_NEWNS) != 0 || ::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
            return kNotAllowed;
          const NewRelease next = on.announcement({.version = "2.0.0"}, &on.key);
          if (::mount("none", at.c_str(), "tmpfs", 0, ("size=" + bytes).c_str()) != 0) return kNotAllowed;
          write_file(on.file(), saved);
          if (!on.try_open()) return static_cast<int>(kNotOpened);
          const auto before = contents_of(on.file());
          const auto drafted = on->open_draft(on.acme, next);
          if (drafted) return static_cast<int>(kDone);
          if (drafted.error().reason != "database.full") return static_cast<int>(kOtherError);
          return static_cast<int>(contents_of(on.file()) == before ? kFull : kChangedSomething);
        }).wait();
    if (outcome == kNotAllowed) GTEST_SKIP() << "no file system may be mounted here";
    if (outcome == kDone) {
      EXPECT_GT(room, 2u) << "the file systems were too large to be full";
      return;
    }
    ASSERT_TRUE(outcome == kFull || (outcome == kNotOpened && room < 3)) << outcome << " with " << room << " pages";
  }
  FAIL() << "never done";
}

}  // namespace
}  // namespace stoa::registry
