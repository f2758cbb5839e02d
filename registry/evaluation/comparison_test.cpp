// comparison_test.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/evaluation/comparison.hpp"

#include <gtest/gtest.h>

#include "registry/evaluation/test_outcomes.hpp"

namespace stoa::registry {
namespace {

// Sums of binomial coefficients over 2^n, two-sided: that five of six fall one way, 2 (1 + 6) / 64. The large one is
// Python's, exact: min(1, 2 * sum(comb(10000, i) for i in range(4901)) / 2**10000).
TEST(SignTest, IsTheExactBinomialOne) {
  struct Row {
    std::uint64_t one, other;
    double p;
  };
  constexpr Row kRows[] = {{0, 0, 1},        {1, 0, 1},           {1, 1, 1},           {5, 1, 14.0 / 64},
                           {0, 5, 2.0 / 32}, {0, 10, 2.0 / 1024}, {3, 9, 598.0 / 4096}};
  for (const Row& row : kRows) {
    EXPECT_NEAR(sign_test(row.one, row.other), row.p, 1e-12) << row.one << ' ' << row.other;
    EXPECT_EQ(sign_test(row.one, row.other), sign_test(row.other, row.one));
  }
  EXPECT_NEAR(sign_test(4'900, 5'100), 0.04658552770494739, 1e-9);  // where 2^-n is no double any more
  EXPECT_NEAR(sign_test(500'000, 500'000), 1, 1e-9);
}

// Right and wrong, wrong and right, both right, both wrong, one failed.
TEST(Comparison, CountsWhoWasBetterOnEachExample) {
  const Outcomes old = labels({{"a", "a"}, {"a", "b"}, {"b", "b"}, {"b", "a"}, {"a", ""}, {"a", "b"}});
  const Outcomes fresh = labels({{"a", "b"}, {"a", "a"}, {"b", "b"}, {"b", "a"}, {"a", "a"}, {"a", ""}});
  const auto compared = compare(evaluation_of(old), old, evaluation_of(fresh), fresh);
  ASSERT_TRUE(compared) << compared.error().message;
  EXPECT_DOUBLE_EQ(compared->first, 2.0 / 6);
  EXPECT_DOUBLE_EQ(compared->second, 3.0 / 6);
  ASSERT_TRUE(compared->paired);
  EXPECT_EQ(compared->paired->first_better, 1u);
  EXPECT_EQ(compared->paired->second_better, 2u);
  EXPECT_EQ(compared->paired->even, 3u);
  EXPECT_EQ(compared->paired->p, 1);
}

TEST(Comparison, OfNumbersAFailureIsFartherOffThanAnyAnswer) {
  const Outcomes old = numbers({{1, 1.5}, {1, 1e300}, {1, 1, true}, {1, 0.5}});
  const Outcomes fresh = numbers({{1, 1.2}, {1, 1, true}, {1, 1, true}, {1, 1.5}});
  const auto compared = compare(evaluation_of(old), old, evaluation_of(fresh), fresh);
  ASSERT_TRUE(compared && compared->paired);
  EXPECT_EQ(compared->paired->first_better, 1u);
  EXPECT_EQ(compared->paired->second_better, 1u);
  EXPECT_EQ(compared->paired->even, 2u);
}

TEST(Comparison, IsRefusedWhereItWouldSayNothing) {
  const Outcomes outcomes = labels({{"a", "a"}, {"b", "a"}});
  const Evaluation good = evaluation_of(outcomes);
  Evaluation other_data = good, fewer = good, other_task = good;
  other_data.dataset.sha256 = sha256_of("other data");  // of the same name
  fewer.scores = score(labels({{"a", "a"}}));
  other_task.scores = score(numbers({{1, 1}, {2, 2}}));
  EXPECT_EQ(compare(good, other_data).error().reason, "comparison.dataset");
  EXPECT_EQ(compare(good, fewer).error().reason, "comparison.examples");
  EXPECT_EQ(compare(good, other_task).error().reason, "comparison.task");
  for (const char* what : {"id", "label", "row"}) {
    Outcomes others = outcomes;
    if (*what == 'i') others.rows[1].id = "x";
    if (*what == 'l') others.rows[1].label = "x";
    if (*what == 'r') others.rows.pop_back();
    EXPECT_EQ(compare(good, outcomes, good, others).error().reason, "comparison.outcomes") << what;
  }
  EXPECT_FALSE(compare(good, good)->paired);
}

}  // namespace
}  // namespace stoa::registry
