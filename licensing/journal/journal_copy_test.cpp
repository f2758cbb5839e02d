// journal_copy_test.cpp: a journal copied beside its writer, cut, and found damaged.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/journal/journal_copy.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <stop_token>
#include <thread>

#include "licensing/journal/test_journal.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

constexpr JournalOptions kCopied{.segment_bytes = 2 * kFrameBodyBytesMax};

const VisitEntry kAll = [](std::uint64_t, std::string_view) { return true; };

std::string entry_of(std::uint64_t number) { return "entry " + std::to_string(number) + std::string(2'000, 'x'); }

class JournalCopyTest : public testing::Test {
 protected:
  std::unique_ptr<Journal> open(const char* name = "journal") {
    auto journal = Journal::open(folder_ / name, kCopied);
    EXPECT_TRUE(journal) << journal.error().message;
    return journal ? std::move(*journal) : nullptr;
  }
  // More than one segment holds.
  void fill(Journal& journal, std::uint64_t entries) {
    for (std::uint64_t number = journal.durable(); number < entries; ++number) {
      ASSERT_EQ(journal.append(entry_of(number)), number);
      if (number % 100 == 0) ASSERT_TRUE(settle(journal));
    }
    ASSERT_TRUE(settle(journal));
  }
  registry::TestFolder folder_;
};

TEST_F(JournalCopyTest, HoldsTheSameAndGoesOn) {
  const auto journal = open();
  fill(*journal, 10'000);
  EXPECT_GT(segments_in(folder_ / "journal")->size(), 1u);
  EXPECT_EQ(copy_journal(folder_ / "journal", folder_ / "copy", kAll), 10'000u);
  EXPECT_EQ(read_journal_folder(folder_ / "copy", kAll), 10'000u);
  EXPECT_EQ(copy_journal(folder_ / "journal", folder_ / "copy", kAll).error().reason, "file.exists");
  const auto copy = open("copy");
  EXPECT_EQ(entries_from(*copy, 0), entries_from(*journal, 0));
  EXPECT_EQ(copy->id(), journal->id());
  ASSERT_EQ(copy->append("the next"), 10'000u);
  ASSERT_TRUE(settle(*copy));
}

// Also amid a frame: those of one commit are cut apart.
TEST_F(JournalCopyTest, EndsBeforeTheFirstThatIsNotWanted) {
  const auto journal = open();
  fill(*journal, 1'000);
  for (const std::uint64_t end : {0u, 1u, 150u, 999u}) {
    const auto to = folder_ / ("copy" + std::to_string(end));
    EXPECT_EQ(
        copy_journal(folder_ / "journal", to, [&](std::uint64_t number, std::string_view) { return number != end; }),
        end);
    const auto copy = open(to.filename().c_str());
    EXPECT_EQ(copy->durable(), end);
    for (std::uint64_t number = 0; const std::string& entry : entries_from(*copy, 0))
      ASSERT_EQ(entry, entry_of(number++));
    ASSERT_EQ(copy->append("the next"), end);
  }
}

TEST_F(JournalCopyTest, BesideAWriterHasAllThatWasDurableBefore) {
  const auto journal = open();
  // It ends by itself: a copy reads all there is, and must not be overtaken for ever where reading is slow.
  constexpr std::uint64_t kEntries = 20'000;
  const std::jthread writer([&](const std::stop_token& stop) {
    for (std::uint64_t number = 0; number < kEntries && !stop.stop_requested(); ++number) {
      ASSERT_EQ(journal->append(entry_of(number)), number);
      if (number % 10 == 0) settle(*journal);
    }
  });
  for (int i = 0; i < 20; ++i) {
    const std::uint64_t before = journal->durable();
    const auto to = folder_ / ("copy" + std::to_string(i));
    const auto copied = copy_journal(folder_ / "journal", to, kAll);
    ASSERT_TRUE(copied) << copied.error().message;
    EXPECT_GE(*copied, before);
    std::uint64_t next = 0;
    const auto read = read_journal_folder(to, [&](std::uint64_t number, std::string_view entry) {
      return number == next++ && entry == entry_of(number);
    });
    EXPECT_EQ(read, *copied);
    std::filesystem::remove_all(to);
  }
}

TEST_F(JournalCopyTest, OfADamagedOneIsRefused) {
  fill(*open(), 10'000);
  const auto segments = *segments_in(folder_ / "journal");
  ASSERT_GT(segments.size(), 1u);
  {
    std::fstream file(segments[0], std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(100'000);
    file << "damage";
  }
  EXPECT_EQ(copy_journal(folder_ / "journal", folder_ / "copy", kAll).error().reason, "journal.damaged");
  {
    std::fstream file(segments.back(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(kSegmentHeadBytes + 40);
    file << "damage";
  }
  std::filesystem::create_directory(folder_ / "last");
  std::filesystem::copy_file(segments.back(), folder_ / "last" / segments.back().filename());
  EXPECT_EQ(read_journal_folder(folder_ / "last", kAll).error().reason, "journal.damaged");
  std::filesystem::remove(segments[0]);
  EXPECT_EQ(read_journal_folder(folder_ / "journal", kAll).error().reason, "journal.damaged");
}

}  // namespace
}  // namespace stoa::licensing
