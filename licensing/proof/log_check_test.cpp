// log_check_test.cpp: every leaf of logs of many sizes is found in their tiles, and nothing else is.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/log_check.hpp"

#include <gtest/gtest.h>

#include <map>

namespace stoa::licensing {
namespace {

std::string leaf_text(std::uint64_t index) { return "leaf " + std::to_string(index); }

// A log's tiles in memory, as C2SP lays them out.
class LogCheckTest : public testing::Test {
 protected:
  void grow(std::uint64_t size) {
    while (log_.size() < size)
      log_.append(leaf_hash(leaf_text(log_.size())), [&](NodePlace place, const Sha256& hash) {
        if (place.level % kTileHeight == 0) rows_[place.level / kTileHeight].append(hash.begin(), hash.end());
      });
  }
  TreeHead head() const { return {log_.size(), log_.root()}; }
  ReadTile reader() {
    return [this](const TilePlace& place) -> Result<std::string> {
      ++reads_;
      return rows_[place.level].substr(place.index * kTileWidth * 32, place.width * 32u);
    };
  }

  Frontier log_;
  std::map<unsigned, std::string> rows_;
  int reads_ = 0;
};

TEST_F(LogCheckTest, FindsEveryLeafAndNoOther) {
  for (const std::uint64_t size : {1, 2, 255, 256, 257, 511, 512, 1'000, 65'535, 65'536, 65'537, 70'000}) {
    grow(size);
    auto check = LogCheck::open(head(), reader());
    ASSERT_TRUE(check) << size << ": " << check.error().message;
    const std::uint64_t step = size > 2'000 ? 97 : 1;
    for (std::uint64_t i = 0; i < size; i += step) {
      const auto fine = check->check_leaf({leaf_hash(leaf_text(i)), i});
      ASSERT_TRUE(fine) << size << ": " << fine.error().message;
    }
    EXPECT_EQ(check->check_leaf({leaf_hash("another"), size / 2}).error().reason, "log.not_in");
    EXPECT_EQ(check->check_leaf({leaf_hash(leaf_text(size)), size}).error().reason, "log.not_in");
    EXPECT_TRUE(check->check_leaf({leaf_hash(leaf_text(0)), 0}));  // backwards, too
  }
}

TEST_F(LogCheckTest, ReadsEachTileOnceInOrder) {
  grow(3'000);
  auto check = LogCheck::open(head(), reader());
  for (std::uint64_t i = 0; i < 3'000; ++i) ASSERT_TRUE(check->check_leaf({leaf_hash(leaf_text(i)), i}));
  EXPECT_EQ(reads_, 13);  // twelve of the lowest level, one above
}

TEST_F(LogCheckTest, GoesOnFromEveryOlderHeadAndNoOther) {
  std::map<std::uint64_t, TreeHead> heads;
  for (std::uint64_t size = 0; size <= 600; size += 37) {
    grow(size);
    heads[size] = head();
    auto check = LogCheck::open(head(), reader());
    for (auto [older, was] : heads) {
      EXPECT_TRUE(check->check_goes_on_from(was)) << older << " to " << size;
      was.root[5] ^= 1;
      EXPECT_EQ(check->check_goes_on_from(was).error().reason, "log.forked") << older;
    }
    EXPECT_EQ(check->check_goes_on_from({size + 1, {}}).error().reason, "log.rolled_back");
  }
}

TEST_F(LogCheckTest, AChangedTileIsFoundWhereverItIs) {
  grow(70'000);
  const auto whole = rows_;
  const auto found = [&](unsigned level, std::size_t byte) {
    rows_ = whole;
    rows_[level][byte] = static_cast<char>(rows_[level][byte] ^ 1);
    auto check = LogCheck::open(head(), reader());
    if (!check) return check.error().reason;
    for (const std::uint64_t i : {std::uint64_t{0}, std::uint64_t{300}, std::uint64_t{69'999}})
      if (const auto fine = check->check_leaf({leaf_hash(leaf_text(i)), i}); !fine) return fine.error().reason;
    return std::string("fine");
  };
  EXPECT_EQ(found(0, 0), "log.broken");
  EXPECT_EQ(found(0, 32 * 511), "log.broken");
  EXPECT_EQ(found(0, 32 * 69'999), "log.broken");
  EXPECT_EQ(found(1, 0), "log.broken");
  EXPECT_EQ(found(1, 32 * 272), "log.broken");
  EXPECT_EQ(found(2, 0), "log.broken");
  EXPECT_EQ(found(0, 32 * 5'000), "fine");  // nobody asked for it
}

}  // namespace
}  // namespace stoa::licensing
