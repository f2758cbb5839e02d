// journal_test.cpp: order, durability, restarts, and a disk that fails. SPDX-License-Identifier: Apache-2.0
#include "licensing/journal/journal.hpp"

#include <gtest/gtest.h>

#include <set>

#include "licensing/journal/test_journal.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

constexpr JournalOptions kSmall{.segment_bytes = 2 * kFrameBodyBytesMax};

class JournalTest : public testing::Test {
 protected:
  std::unique_ptr<Journal> open(Disk& disk = real_disk()) {
    auto journal = Journal::open(folder_ / "journal", kSmall, disk);
    EXPECT_TRUE(journal) << journal.error().message;
    return journal ? std::move(*journal) : nullptr;
  }
  registry::TestFolder folder_;
};

TEST_F(JournalTest, HoldsWhatWasAppendedInOrderAcrossRestarts) {
  std::vector<std::string> appended;
  for (int run = 0; run < 3; ++run) {
    const auto journal = open();
    EXPECT_EQ(entries_from(*journal, 0), appended);
    for (int i = 0; i < 100; ++i) {
      appended.push_back("run " + std::to_string(run) + " entry " + std::to_string(i));
      EXPECT_EQ(journal->append(appended.back()), appended.size() - 1);
    }
    ASSERT_TRUE(settle(*journal));
    EXPECT_EQ(journal->durable(), appended.size());
  }
  const auto journal = open();
  EXPECT_EQ(entries_from(*journal, 250), std::vector(appended.begin() + 250, appended.end()));
  EXPECT_TRUE(entries_from(*journal, 300).empty());
}

TEST_F(JournalTest, WhatIsAppendedLastIsCommittedAtTheEnd) {
  ASSERT_TRUE(open()->append("last"));
  EXPECT_EQ(entries_from(*open(), 0), std::vector<std::string>{"last"});
}

TEST_F(JournalTest, NumbersEntriesOfManyThreadsWithoutAGap) {
  const auto journal = open();
  constexpr int kThreads = 8, kEach = 500;
  std::mutex mutex;
  std::set<std::uint64_t> numbers;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const auto number = journal->append(std::to_string(t) + "/" + std::to_string(i));
        if (i % 50 == 0) settle(*journal);
        const std::lock_guard lock(mutex);
        numbers.insert(*number);
      }
    });
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(settle(*journal));
  EXPECT_EQ(numbers.size(), kThreads * kEach);
  EXPECT_EQ(*numbers.rbegin(), kThreads * kEach - 1);
  // Each thread's own order is kept.
  std::vector<int> next(kThreads, 0);
  for (const std::string& entry : entries_from(*journal, 0)) {
    const int thread = entry[0] - '0';
    EXPECT_EQ(entry, std::to_string(thread) + "/" + std::to_string(next[thread]++));
  }
}

TEST_F(JournalTest, GoesOnInTheNextSegmentAndIsReadAcrossThem) {
  constexpr std::uint64_t kEntries = 400;  // 60 KB each: 24 MB in segments of 8 MiB
  const std::string tail(60'000, 'x');
  {
    const auto journal = open();
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      while (!journal->append(std::to_string(i) + " " + tail)) settle(*journal);
      if (i % 100 == 0) settle(*journal);
    }
  }
  EXPECT_GE(segments_in(folder_ / "journal")->size(), 3u);
  const auto journal = open();
  EXPECT_EQ(journal->durable(), kEntries);
  for (const std::uint64_t from : {std::uint64_t{0}, kEntries / 2, kEntries - 1}) {
    std::uint64_t expected = from;
    const auto end = journal->read(from, [&](std::uint64_t number, std::string_view entry) {
      EXPECT_EQ(number, expected);
      EXPECT_TRUE(entry.starts_with(std::to_string(expected) + " "));
      ++expected;
      return expected % 150 != 0;
    });
    EXPECT_EQ(end, expected);
  }
}

TEST_F(JournalTest, RefusesWhatIsNoEntryAndMoreThanTheDiskTakes) {
  const auto journal = open();
  EXPECT_EQ(journal->append("").error().reason, "journal.entry_size");
  EXPECT_EQ(journal->append(std::string(kEntryBytesMax + 1, 'x')).error().reason, "journal.entry_size");
  ASSERT_TRUE(journal->append(std::string(kEntryBytesMax, 'x')));
  ASSERT_TRUE(settle(*journal));
  EXPECT_FALSE(journal->is_behind());
  EXPECT_EQ(Journal::open(folder_ / "other", {.segment_bytes = 1}).error().reason, "journal.options");
}

// Ten frames of it wait for a disk that stalls.
TEST_F(JournalTest, TakesWhatItPromisedHoweverMuchWaits) {
  constexpr std::uint64_t kEntries = 700;
  const std::string tail(60'000, 'x');
  ShutDisk disk;
  auto opened = Journal::open(folder_ / "journal", kSmall, disk);
  ASSERT_TRUE(opened) << opened.error().message;
  const auto journal = std::move(*opened);
  disk.shut(true);
  ASSERT_TRUE(journal->append("first"));
  std::vector<TestWaiter> waiters(kEntries);
  for (std::uint64_t i = 0; i < kEntries; ++i) {
    EXPECT_EQ(journal->append(std::to_string(i) + " " + tail, Room::promised), i + 1);
    EXPECT_TRUE(journal->wait(waiters[i]));
  }
  EXPECT_TRUE(journal->is_behind());
  EXPECT_EQ(journal->append("asked").error().reason, "journal.full");
  EXPECT_FALSE(journal->has_failed());
  disk.shut(false);
  for (std::uint64_t i = kEntries; i-- > 0;) {
    EXPECT_TRUE(waiters[i].told());
    EXPECT_GE(journal->durable(), i + 2) << "told before it was durable";
  }
  EXPECT_FALSE(journal->is_behind());
  EXPECT_TRUE(journal->append("asked"));
  ASSERT_TRUE(settle(*journal));
  const auto entries = entries_from(*journal, 0);
  ASSERT_EQ(entries.size(), kEntries + 2);
  for (std::uint64_t i = 0; i < kEntries; ++i)
    EXPECT_TRUE(entries[i + 1].starts_with(std::to_string(i) + " ")) << entries[i + 1].substr(0, 9);
}

TEST_F(JournalTest, TellsAllWhoWaitBehindADiskThatFails) {
  const std::string entry(60'000, 'x');
  ShutDisk disk;
  auto opened = Journal::open(folder_ / "journal", kSmall, disk);
  ASSERT_TRUE(opened) << opened.error().message;
  const auto journal = std::move(*opened);
  disk.shut(true);
  std::vector<TestWaiter> waiters(300);
  for (TestWaiter& waiter : waiters) {
    EXPECT_TRUE(journal->append(entry, Room::promised));
    EXPECT_TRUE(journal->wait(waiter));
  }
  disk.fail();
  disk.shut(false);
  for (TestWaiter& waiter : waiters) EXPECT_FALSE(waiter.told());
  EXPECT_EQ(journal->append(entry, Room::promised).error().reason, "journal.failed");
}

TEST_F(JournalTest, IsOpenedByOneProcessAtATime) {
  const auto journal = open();
  EXPECT_EQ(Journal::open(folder_ / "journal", kSmall).error().reason, "journal.in_use");
}

TEST_F(JournalTest, AFailureOfTheDiskIsToldToAllAndIsTheEnd) {
  for (int calls = 0; calls < 12; ++calls) {
    const auto name = "failing " + std::to_string(calls);
    FailingDisk disk(calls, calls % 2 == 0 ? EIO : ENOSPC, calls % 3 == 0 ? 20 : 0);
    std::uint64_t acknowledged = 0;
    {
      auto opened = Journal::open(folder_ / name, kSmall, disk);
      if (!opened) {
        EXPECT_TRUE(opened.error().reason.starts_with("file.")) << opened.error().reason;
        continue;
      }
      Journal& journal = **opened;
      for (int i = 0; i < 10; ++i) {
        const auto number = journal.append("entry " + std::to_string(i));
        if (!number) {
          EXPECT_EQ(number.error().reason, "journal.failed");
          EXPECT_TRUE(journal.has_failed());
          break;
        }
        if (!settle(journal)) continue;
        acknowledged = *number + 1;
        EXPECT_EQ(journal.durable(), acknowledged);
      }
      if (journal.has_failed()) {
        TestWaiter waiter;
        EXPECT_TRUE(journal.wait(waiter));
        EXPECT_FALSE(waiter.told());
      }
      // What is durable can still be read.
      EXPECT_EQ(entries_from(journal, 0).size(), acknowledged);
    }
    const auto again = Journal::open(folder_ / name, kSmall);
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_GE((*again)->durable(), acknowledged) << calls;
    EXPECT_LE((*again)->durable(), acknowledged + 1) << calls;
    ASSERT_TRUE((*again)->append("after"));
    EXPECT_TRUE(settle(**again));
  }
}

}  // namespace
}  // namespace stoa::licensing
