// split_test.cpp: nothing is lost between parties, whatever is split, and a refund mirrors it.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/money/split.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace stoa::licensing {
namespace {

// Shares that sum to a million; some of them zero.
std::vector<std::uint32_t> some_shares(std::mt19937_64& random, std::size_t parties) {
  std::vector<std::uint32_t> cuts(parties - 1);
  for (auto& cut : cuts) cut = static_cast<std::uint32_t>(random() % (kPpm + 1));
  std::ranges::sort(cuts);
  cuts.push_back(kPpm);
  std::uint32_t before = 0;
  for (auto& cut : cuts) cut -= std::exchange(before, cut);
  return cuts;
}

Nano some_amount(std::mt19937_64& random) { return static_cast<Nano>(random() >> (1 + random() % 63)); }

TEST(RevenueSplit, RemainderNeverLeaks) {
  std::mt19937_64 random(20'260);
  for (int round = 0; round < 400; ++round) {
    const auto ppm = some_shares(random, 1 + random() % 8);
    auto split = Split::make(ppm);
    ASSERT_TRUE(split);
    std::vector<Nano> parts(ppm.size());
    std::vector<std::int64_t> drift(ppm.size(), 0);  // posted less exact, in millionths
    for (int event = 0; event < 500; ++event) {
      const Nano amount = some_amount(random) % 1'000'000'000'000;
      split->divide(amount, parts);
      ASSERT_EQ(std::accumulate(parts.begin(), parts.end(), Nano{0}), amount);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        ASSERT_GE(parts[i], 0);
        drift[i] += parts[i] * kPpm - static_cast<std::int64_t>(amount) * ppm[i];
        ASSERT_LT(std::abs(drift[i]), 1'030'000) << "party " << i << " of " << ppm.size();
        ASSERT_EQ(split->remainders()[i], -drift[i]);
      }
    }
  }
}

TEST(RevenueSplit, OfSingleBillionthsStaysWithinAUnitAndALittle) {
  std::mt19937_64 random(20'261);
  for (int round = 0; round < 300; ++round) {
    const auto ppm = some_shares(random, 8);
    auto split = Split::make(ppm);
    std::vector<Nano> parts(ppm.size());
    for (int event = 0; event < 1'000; ++event) {
      split->divide(1, parts);
      for (const std::int64_t owed : split->remainders()) ASSERT_LT(std::abs(owed), 1'150'000);
    }
  }
}

TEST(RevenueSplit, TakesTheLargestAmountThereIs) {
  auto split = Split::make({333'333, 333'333, 333'334});
  std::vector<Nano> parts(3);
  split->divide(INT64_MAX, parts);
  EXPECT_EQ(parts[0] + parts[1] + parts[2], INT64_MAX);
}

TEST(RevenueSplit, GoesOnWhereItStopped) {
  auto whole = Split::make({700'000, 200'000, 100'000});
  auto first = Split::make({700'000, 200'000, 100'000});
  std::vector<Nano> parts(3), others(3);
  for (const Nano amount : {1, 1, 3, 7}) {
    whole->divide(amount, parts);
    first = Split::resume({700'000, 200'000, 100'000}, first->remainders());
    first->divide(amount, others);
    EXPECT_EQ(parts, others);
  }
}

TEST(RevenueSplit, RefusesSharesThatAreNoWhole) {
  EXPECT_EQ(Split::make({}).error().reason, "split.shares");
  EXPECT_EQ(Split::make({999'999}).error().reason, "split.shares");
  EXPECT_EQ(Split::make({kPpm, 1}).error().reason, "split.shares");
  EXPECT_EQ(Split::make(std::vector<std::uint32_t>(17, 0)).error().reason, "split.shares");
  EXPECT_EQ(Split::resume({kPpm}, {1}).error().reason, "split.remainders");
  EXPECT_EQ(Split::resume({500'000, 500'000}, {0}).error().reason, "split.remainders");
  EXPECT_EQ(Split::resume({500'000, 500'000}, {INT64_MIN, INT64_MIN}).error().reason, "split.remainders");
}

TEST(RefundOfASplit, OfEverythingMirrorsItHoweverItIsCut) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2'000; ++round) {
    const auto ppm = some_shares(random, 1 + random() % 8);
    std::vector<Nano> parts(ppm.size());
    Split::make(ppm)->divide(some_amount(random) % 10'000, parts);
    std::vector<Nano> returned(parts.size(), 0);
    for (;;) {
      Refund refund(parts, returned);
      const Nano left = refund.left();
      const Nano amount = random() % 4 == 0 ? left
                          : left == 0       ? 0
                                            : static_cast<Nano>(random() % static_cast<std::uint64_t>(left + 1));
      const auto step = refund.take(amount);
      ASSERT_TRUE(step);
      ASSERT_EQ(std::accumulate(step->begin(), step->end(), Nano{0}), amount);
      for (std::size_t i = 0; i < parts.size(); ++i) {
        returned[i] += (*step)[i];
        ASSERT_GE((*step)[i], 0);
        ASSERT_LE(returned[i], parts[i]);
      }
      if (amount == left) break;
    }
    EXPECT_EQ(returned, parts);
  }
}

TEST(RefundOfASplit, IsNeverMoreThanWasPaid) {
  Refund refund({7, 2, 1}, {7, 0, 0});
  EXPECT_EQ(refund.left(), 3);
  EXPECT_EQ(refund.take(4).error().reason, "refund.too_much");
  EXPECT_EQ(refund.take(-1).error().reason, "refund.too_much");
  EXPECT_EQ(*refund.take(3), (std::vector<Nano>{0, 2, 1}));
  EXPECT_EQ(refund.left(), 0);
}

}  // namespace
}  // namespace stoa::licensing
