// block_file_test.cpp: whatever is appended, the file has it, and zeros behind. SPDX-License-Identifier: Apache-2.0
#include "licensing/journal/block_file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

constexpr std::uint64_t kFileBytes = 1u << 20;

class BlockFileTest : public testing::Test {
 protected:
  registry::File open() {
    registry::File file(::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    EXPECT_GE(file.fd(), 0);
    return file;
  }
  void append(BlockAppender& end, const std::string& bytes) {
    ASSERT_TRUE(end.append(std::as_bytes(std::span(bytes)), real_disk(), path_));
    expected_.replace(end.offset() - bytes.size(), bytes.size(), bytes);
  }

  registry::TestFolder folder_;
  std::filesystem::path path_ = folder_ / "blocks";
  std::string expected_ = std::string(kFileBytes, '\0');
};

TEST_F(BlockFileTest, IsZerosInFullOnceItIsLaidOut) {
  ASSERT_TRUE(lay_out(open(), path_, kFileBytes));
  EXPECT_EQ(registry::file_bytes(path_), expected_);
}

TEST_F(BlockFileTest, HasWhatWasAppendedAndZerosBehindIt) {
  std::mt19937 random(7);
  const registry::File file = open();
  ASSERT_TRUE(lay_out(file, path_, kFileBytes));
  BlockAppender end;
  ASSERT_TRUE(end.begin(file, kDiskBlockBytes, kFileBytes));
  for (int i = 0; i < 300; ++i) {
    // Of less than a block mostly, some of many, some that end where a block does.
    const std::size_t rest = kDiskBlockBytes - end.offset() % kDiskBlockBytes;
    const std::size_t size = i % 7 == 0 ? rest : i % 11 == 0 ? 1 + random() % 20'000 : 1 + random() % 600;
    append(end, std::string(size, static_cast<char>('a' + i % 26)));
    if (i % 20 == 0) {
      ASSERT_EQ(registry::file_bytes(path_), expected_) << i;
    }
    // As after a start: with another appender, behind what there is.
    if (i % 50 == 49) {
      const std::uint64_t offset = end.offset();
      end = BlockAppender();
      const registry::File again = open();
      ASSERT_TRUE(end.begin(again, offset, kFileBytes));
      append(end, "again");
      ASSERT_TRUE(end.begin(file, end.offset(), kFileBytes));
    }
  }
  EXPECT_EQ(registry::file_bytes(path_), expected_);
}

TEST_F(BlockFileTest, EndsWhereTheFileDoesWithinABlock) {
  const std::uint64_t bytes = 3 * kDiskBlockBytes + 100;
  expected_.resize(bytes);
  const registry::File file = open();
  ASSERT_TRUE(lay_out(file, path_, bytes));
  BlockAppender end;
  ASSERT_TRUE(end.begin(file, 3 * kDiskBlockBytes - 10, bytes));
  append(end, std::string(60, 'x'));
  append(end, std::string(50, 'y'));
  EXPECT_EQ(end.offset(), bytes);
  EXPECT_EQ(registry::file_bytes(path_), expected_);
}

}  // namespace
}  // namespace stoa::licensing
