// scores_test.cpp: figures held against ones that were published or worked out by hand, and against what holds of any
// outcomes. SPDX-License-Identifier: Apache-2.0
#include "registry/evaluation/scores.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "registry/evaluation/test_outcomes.hpp"

namespace stoa::registry {
namespace {

// scikit-learn's documentation of f1_score: y_true 0 1 2 0 1 2, y_pred 0 2 1 0 0 1; f1 0.8 0 0, macro 0.2666, micro
// 0.3333. The second row is worked out on paper: cat 2 of 3 right, one answer "bird" that is no label, one failure.
TEST(Scores, OfClassesAreThePublishedOnes) {
  struct Row {
    std::vector<LabelPair> pairs;
    std::uint64_t right, foreign, failed;
    double accuracy, macro_f1, micro_f1;
    std::vector<ClassCount> classes;
  };
  const Row rows[] = {
      {{{"0", "0"}, {"1", "2"}, {"2", "1"}, {"0", "0"}, {"1", "0"}, {"2", "1"}},
       2,
       0,
       0,
       2.0 / 6,
       0.8 / 3,
       1.0 / 3,
       {{"0", 2, 3, 2}, {"1", 2, 2, 0}, {"2", 2, 1, 0}}},
      {{{"cat", "cat"}, {"cat", "cat"}, {"cat", "dog"}, {"dog", "dog"}, {"dog", "bird"}, {"dog", ""}},
       3,
       1,
       1,
       0.5,
       (2 * 2.0 / 5 + 2 * 1.0 / 5) / 2,
       2 * 3.0 / 10,
       {{"cat", 3, 2, 2}, {"dog", 3, 2, 1}}},
      {{{"a", ""}}, 0, 0, 1, 0, 0, 0, {{"a", 1, 0, 0}}},
      {{{"a", "a"}}, 1, 0, 0, 1, 1, 1, {{"a", 1, 1, 1}}},
  };
  for (const Row& row : rows) {
    const Scores scores = score(labels(row.pairs));
    EXPECT_EQ(scores.examples, row.pairs.size());
    EXPECT_EQ(scores.right(), row.right);
    EXPECT_EQ(scores.foreign, row.foreign);
    EXPECT_EQ(scores.failed(), row.failed);
    EXPECT_DOUBLE_EQ(scores.accuracy(), row.accuracy);
    EXPECT_NEAR(scores.macro_f1(), row.macro_f1, 1e-15);
    EXPECT_DOUBLE_EQ(scores.micro_f1(), row.micro_f1);
    EXPECT_EQ(scores.classes, row.classes);
  }
  const ClassCount zero = score(labels(rows[0].pairs)).classes[0];
  EXPECT_DOUBLE_EQ(zero.f1(), 0.8);
  EXPECT_DOUBLE_EQ(zero.precision(), 2.0 / 3);
  EXPECT_DOUBLE_EQ(zero.recall(), 1);
}

// R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17 (1998), table
// I, method 3: Wilson's without continuity correction.
TEST(Scores, IntervalsAreNewcombes) {
  struct Row {
    std::uint64_t hits, of;
    double low, high;
  };
  constexpr Row kRows[] = {
      {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}};
  for (const Row& row : kRows) {
    const Interval interval = wilson_95(row.hits, row.of);
    EXPECT_NEAR(interval.low, row.low, 5e-5);
    EXPECT_NEAR(interval.high, row.high, 5e-5);
    const Interval mirrored = wilson_95(row.of - row.hits, row.of);
    EXPECT_NEAR(mirrored.low, 1 - interval.high, 1e-12);
    EXPECT_NEAR(mirrored.high, 1 - interval.low, 1e-12);
  }
  EXPECT_EQ(wilson_95(0, 0), (Interval{0, 1}));
  EXPECT_EQ(wilson_95(5, 5).high, 1);
}

// scikit-learn's documentation of mean_absolute_error: y_true 3 -0.5 2 7, y_pred 2.5 0.0 2 8: 0.5; of
// mean_squared_error: 0.375. Half the width of the interval: 1.96 sqrt(1/6) / 2.
TEST(Scores, OfNumbersAreThePublishedOnes) {
  const Scores scores = score(numbers({{3, 2.5}, {-0.5, 0}, {2, 2}, {7, 8}}));
  ASSERT_TRUE(scores.errors);
  EXPECT_DOUBLE_EQ(scores.errors->mean_absolute, 0.5);
  EXPECT_DOUBLE_EQ(scores.errors->root_mean_square, std::sqrt(0.375));
  EXPECT_NEAR(scores.errors->mean_absolute_95.high, 0.5 + 1.959963984540054 * std::sqrt(1.0 / 6) / 2, 1e-12);
  EXPECT_NEAR(scores.errors->mean_absolute_95.low, 0.5 - 1.959963984540054 * std::sqrt(1.0 / 6) / 2, 1e-12);
}

// An error that was not made is none; but it is told beside the mean that an answer is missing.
TEST(Scores, OfNumbersTellWhatWasNotAnswered) {
  const Scores scores = score(numbers({{3, 4}, {1, 0, true}, {1, 0, true}}));
  EXPECT_EQ(scores.failed(), 2u);
  EXPECT_DOUBLE_EQ(scores.coverage(), 1.0 / 3);
  EXPECT_DOUBLE_EQ(scores.errors->mean_absolute, 1);
  EXPECT_FALSE(score(numbers({{1, 0, true}})).errors);
}

TEST(Scores, LatencyIsTheNearestRankOfWhatWasAnswered) {
  std::vector<LabelPair> pairs(200, {"a", "a"});  // took 100, 200, … 20000
  EXPECT_EQ(score(labels(pairs)).latency, (Latency{10'000, 19'800, 20'000}));
  pairs.back().answer = "";
  EXPECT_EQ(score(labels(pairs)).latency.max_us, 19'900u);
  EXPECT_EQ(score(labels({{"a", "a"}})).latency, (Latency{100, 100, 100}));
  EXPECT_EQ(score(labels({{"a", ""}})).latency, Latency{});
}

// Whatever the outcomes are: their order does not matter, sums add up, a wrong answer turned into a failure never makes
// a figure better, and a right one made wrong makes it worse.
TEST(Scores, KeepTheirRulesForAnyOutcomes) {
  std::mt19937 random(20'260'101);
  const std::vector<std::string> words{"a", "b", "c", "d", "zebra"};  // the last is never expected
  for (int round = 0; round < 200; ++round) {
    std::vector<LabelPair> pairs(1 + random() % 60);
    for (LabelPair& pair : pairs) pair = {words[random() % 4], random() % 8 == 0 ? "" : words[random() % 5]};
    Outcomes outcomes = labels(pairs);
    const Scores scores = score(outcomes);
    std::uint64_t expected = 0, answered = scores.foreign;
    for (const ClassCount& one : scores.classes) {
      expected += one.expected, answered += one.answered;
      EXPECT_LE(one.right, std::min(one.expected, one.answered));
    }
    EXPECT_EQ(expected, scores.examples);
    EXPECT_EQ(answered, scores.answered());
    EXPECT_LE(scores.accuracy_95().low, scores.accuracy());
    EXPECT_GE(scores.accuracy_95().high, scores.accuracy());
    EXPECT_GE(scores.micro_f1(), 0);
    EXPECT_LE(scores.macro_f1(), 1);
    for (Outcome& row : outcomes.rows) {
      if (row.is_failure() || row.answer == row.label) continue;
      Outcomes silent = outcomes;
      silent.rows[static_cast<std::size_t>(&row - outcomes.rows.data())].failure = "request.deadline";
      EXPECT_LE(score(silent).accuracy(), scores.accuracy());
      break;
    }
    for (Outcome& row : outcomes.rows)
      if (row.answer == row.label && !row.is_failure()) {
        Outcomes worse = outcomes;
        worse.rows[static_cast<std::size_t>(&row - outcomes.rows.data())].answer = "zebra";
        EXPECT_LT(score(worse).accuracy(), scores.accuracy());
        EXPECT_LT(score(worse).micro_f1(), scores.micro_f1());
        break;
      }
    std::ranges::shuffle(outcomes.rows, random);
    EXPECT_EQ(score(outcomes), scores);
  }
}

}  // namespace
}  // namespace stoa::registry
