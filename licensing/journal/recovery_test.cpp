// recovery_test.cpp: what a crash leaves at the end of a segment, byte by byte, and what no crash leaves.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>

#include "licensing/journal/segment.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

constexpr std::uint64_t kBytes = 64 << 10;
constexpr JournalId kJournal{0x1234'5678'9abc'def0};

// A segment with three commits of two entries each.
class RecoveryTest : public testing::Test {
 protected:
  RecoveryTest() {
    EXPECT_TRUE(prepare_segment(folder_ / "next", kBytes));
    auto segment = use_segment(folder_ / "next", kJournal, 100, real_disk());
    EXPECT_TRUE(segment);
    path_ = segment->path;
    std::uint64_t offset = kSegmentHeadBytes;
    FrameBuilder builder;
    for (std::uint64_t first = 100; first < 106; first += 2) {
      builder.clear();
      builder.add("entry " + std::to_string(first));
      builder.add(std::string(30, static_cast<char>('a' + first - 100)));
      const auto frame = builder.seal(kJournal, first);
      offsets_.push_back(offset);
      real_disk().write_durably(segment->file.fd(), frame.data(), frame.size(), static_cast<off_t>(offset));
      offset += frame.size();
    }
    offsets_.push_back(offset);
    whole_ = registry::file_bytes(path_);
  }

  // "next 104 at 2", or the reason.
  std::string recovered(const std::string& bytes) {
    registry::write_file(path_, bytes);
    const auto segment = open_segment(path_);
    if (!segment) return segment.error().reason;
    const auto found = recover(*segment, real_disk());
    if (!found) return found.error().reason;
    const std::string after = registry::file_bytes(path_);
    EXPECT_EQ(after.find_first_not_of('\0', found->offset), std::string::npos);
    EXPECT_EQ(after.substr(0, found->offset), bytes.substr(0, found->offset));
    const auto at = std::ranges::find(offsets_, found->offset) - offsets_.begin();
    return "next " + std::to_string(found->next) + " at " + std::to_string(at);
  }

  registry::TestFolder folder_;
  std::filesystem::path path_;
  std::string whole_;
  std::vector<std::uint64_t> offsets_;  // of each commit, and behind the last
};

TEST_F(RecoveryTest, GoesOnBehindTheLastCommit) { EXPECT_EQ(recovered(whole_), "next 106 at 3"); }

TEST_F(RecoveryTest, ALastCommitThatIsNotWholeNeverWas) {
  for (std::uint64_t cut = offsets_[2]; cut < offsets_[3]; ++cut) {
    std::string torn = whole_;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(cut), torn.end(), '\0');
    // Zeros at the end of what was written change nothing.
    const bool is_whole = torn == whole_;
    EXPECT_EQ(recovered(torn), is_whole ? "next 106 at 3" : "next 104 at 2") << cut;
  }
}

TEST_F(RecoveryTest, ALastCommitWhoseBeginningIsMissingNeverWas) {
  for (std::uint64_t cut = offsets_[2] + 1; cut < offsets_[3]; ++cut) {
    std::string torn = whole_;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(offsets_[2]), torn.begin() + static_cast<std::ptrdiff_t>(cut),
              '\0');
    EXPECT_EQ(recovered(torn), "next 104 at 2") << cut;
  }
}

TEST_F(RecoveryTest, DamageBeforeALaterCommitIsNoCrash) {
  for (std::uint64_t at = offsets_[0]; at < offsets_[2]; ++at) {
    std::string damaged = whole_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    const std::uint64_t next_commit = at < offsets_[1] ? offsets_[1] : offsets_[2];
    const bool is_padding = whole_[at] == 0 && at + kFrameAlignment > next_commit;
    if (is_padding) continue;
    EXPECT_EQ(recovered(damaged), "journal.damaged") << at;
  }
}

TEST_F(RecoveryTest, AnotherJournalsCommitCountsForNothing) {
  FrameBuilder builder;
  builder.add("forged");
  const auto forged = builder.seal(JournalId{7}, 106);
  std::string bytes = whole_;
  // As an entry of a torn commit would leave it.
  bytes[offsets_[3]] = 'x';
  std::copy(reinterpret_cast<const char*>(forged.data()), reinterpret_cast<const char*>(forged.data()) + forged.size(),
            bytes.begin() + static_cast<std::ptrdiff_t>(offsets_[3] + 64));
  EXPECT_EQ(recovered(bytes), "next 106 at 3");
}

TEST_F(RecoveryTest, SaysWhereReadingCanBegin) {
  const auto segment = open_segment(path_);
  ASSERT_TRUE(segment);
  const auto found = recover(*segment, real_disk());
  ASSERT_TRUE(found);
  ASSERT_EQ(found->marks.size(), 1u) << "they are far apart";
  EXPECT_EQ(found->marks[0].first, 100u);
  EXPECT_EQ(found->marks[0].offset, offsets_[0]);
}

TEST_F(RecoveryTest, WhatWasPreparedAndNotUsedIsTakenAsItIsWhereItIsWhole) {
  const auto next = folder_ / "next";
  const auto number_of = [&] {
    struct stat status{};
    EXPECT_EQ(::stat(next.c_str(), &status), 0);
    return status.st_mtim.tv_sec * 1'000'000'000 + status.st_mtim.tv_nsec;
  };
  ASSERT_TRUE(prepare_segment(next, kBytes));
  const auto before = number_of();
  ASSERT_TRUE(prepare_segment(next, kBytes));
  EXPECT_EQ(number_of(), before) << "it was written again";
  for (const std::string& other : {std::string(kBytes - 1, '\0'), std::string(kBytes, '\0') + '\0',
                                   std::string(kBytes - 1, '\0') + 'x', std::string("STOAJRN1")}) {
    registry::write_file(next, other);
    ASSERT_TRUE(prepare_segment(next, kBytes));
    EXPECT_EQ(registry::file_bytes(next), std::string(kBytes, '\0'));
  }
}

TEST_F(RecoveryTest, AHeadThatIsNotWholeOpensNothing) {
  for (std::size_t at = 0; at < 28; ++at) {
    std::string damaged = whole_;
    damaged[at] = static_cast<char>(damaged[at] ^ 1);
    EXPECT_EQ(recovered(damaged), "journal.damaged") << at;
  }
  EXPECT_EQ(recovered(whole_.substr(0, 100)), "journal.damaged");
}

}  // namespace
}  // namespace stoa::licensing
