// judgement_test.cpp: verdicts over counts, and how often chance alone makes one. SPDX-License-Identifier: Apache-2.0
#include "host/rollout/judgement.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace stoa::rollout {
namespace {

constexpr std::uint64_t kMs = 1'000'000;

void record(inference::LatencySnapshot& latency, std::uint64_t ns, std::uint64_t times) {
  inference::LatencyHistogram one;
  one.record(ns);
  const auto seen = one.snapshot();
  for (std::size_t i = 0; i < seen.counts.size(); ++i) latency.counts[i] += seen.counts[i] * times;
}

Performance performance(std::uint64_t requests, std::uint64_t failed, std::uint64_t fast_ns, std::uint64_t slow = 0,
                        std::uint64_t slow_ns = 0) {
  Performance made{.requests = requests, .failed = failed, .latency = {}};
  record(made.latency, fast_ns, requests - slow);
  record(made.latency, slow_ns, slow);
  return made;
}

TEST(Judgement, OfFailures) {
  struct Row {
    std::uint64_t stable_n, stable_failed, n, failed;
    Finding expected;
  };
  const Row rows[] = {
      {99, 0, 1000, 1000, Finding::too_few},               // the stable one is not known well enough
      {1000, 0, 99, 99, Finding::too_few},                 // nor the other
      {100, 0, 100, 0, Finding::fine},                     //
      {100, 0, 100, 1, Finding::fine},                     // one failure is no proof
      {100, 0, 100, 5, Finding::fine},                     // nor are five of a hundred, at this z
      {100, 0, 100, 20, Finding::worse},                   //
      {1000, 0, 1000, 30, Finding::worse},                 // 3 % of a thousand are
      {1000, 30, 1000, 30, Finding::fine},                 // as bad as before is not worse
      {1000, 300, 1000, 310, Finding::fine},               //
      {1000, 300, 1000, 400, Finding::worse},              //
      {1000, 500, 1000, 0, Finding::fine},                 // better
      {1'000'000, 1000, 1'000'000, 1500, Finding::fine},   // surely more, but within the margin of 0.5 %
      {1'000'000, 1000, 1'000'000, 9000, Finding::worse},  //
      {1'000'000, 0, 100, 100, Finding::worse},            // unequal sides
  };
  RollbackLimits limits;
  limits.p99_ratio_max = 0;
  for (const Row& row : rows) {
    const Judgement found =
        judge(performance(row.stable_n, row.stable_failed, kMs), performance(row.n, row.failed, kMs), limits);
    EXPECT_EQ(found.finding, row.expected) << found.numbers;
    EXPECT_EQ(found.reason, row.expected == Finding::worse ? "rollout.errors" : "") << found.numbers;
  }
}

TEST(Judgement, OfLatency) {
  struct Row {
    std::uint64_t stable_ns, fast_ns, slow_ns, slow;  // of 1,000 each
    double ratio;
    Finding expected;
  };
  const Row rows[] = {
      {kMs, kMs, kMs, 0, 2.0, Finding::fine},
      {kMs, 2 * kMs, kMs, 0, 2.0, Finding::fine},                // twice is allowed
      {kMs, 20 * kMs, kMs, 0, 2.0, Finding::worse},              // all of them
      {kMs, kMs, 100 * kMs, 50, 2.0, Finding::worse},            // five in a hundred
      {kMs, kMs, 100 * kMs, 10, 2.0, Finding::fine},             // one in a hundred is what a p99 leaves out
      {kMs, kMs, 100 * kMs, 15, 2.0, Finding::fine},             // chance
      {kMs, 20 * kMs, kMs, 0, 0, Finding::fine},                 // not looked at
      {20 * kMs, kMs, kMs, 0, 1.0, Finding::fine},               // faster
      {60'000 * kMs, 60'000 * kMs, kMs, 0, 2.0, Finding::fine},  // beyond the last bound nothing is known
  };
  RollbackLimits limits;
  for (const Row& row : rows) {
    limits.p99_ratio_max = row.ratio;
    const Judgement found =
        judge(performance(1000, 0, row.stable_ns), performance(1000, 0, row.fast_ns, row.slow, row.slow_ns), limits);
    EXPECT_EQ(found.finding, row.expected) << found.numbers;
  }
}

TEST(Judgement, P99IsWithinItsBucket) {
  inference::LatencySnapshot latency;
  EXPECT_EQ(p99_ns(latency), 0);
  record(latency, 3 * kMs, 98);
  record(latency, 40 * kMs, 2);
  EXPECT_GT(p99_ns(latency), 25e6);
  EXPECT_LE(p99_ns(latency), 50e6);
  record(latency, 60'000 * kMs, 1000);
  EXPECT_TRUE(std::isinf(p99_ns(latency)));
}

// Two equal releases, looked at every 100 requests up to 10,000: chance must not take one back.
TEST(Judgement, EqualReleasesAreSeldomTakenBack) {
  std::mt19937_64 random(4);
  std::bernoulli_distribution fails(0.02);
  RollbackLimits limits;
  limits.p99_ratio_max = 0;
  limits.error_margin_ppm = 0;  // the hardest case
  int taken_back = 0;
  for (int run = 0; run < 200; ++run) {
    Performance stable, release;
    bool is_worse = false;
    for (int look = 0; look < 100 && !is_worse; ++look) {
      for (int i = 0; i < 100; ++i) {
        stable.failed += fails(random) ? 1 : 0;
        release.failed += fails(random) ? 1 : 0;
      }
      stable.requests += 100;
      release.requests += 100;
      is_worse = judge(stable, release, limits).finding == Finding::worse;
    }
    taken_back += is_worse ? 1 : 0;
  }
  EXPECT_LE(taken_back, 4) << "of 200 runs";
}

TEST(Judgement, CountsWhatTheModelFailed) {
  inference::ModelStatistics from, to;
  from.success_count = 10;
  to.success_count = 110;
  to.fail_count = 9;       // of these
  to.cancelled_count = 5;  // ended early,
  to.deadline_count = 2;   // two of them because the model was too slow
  to.rejected_count = 3;
  const Performance seen = performance_between(from, to);
  EXPECT_EQ(seen.failed, 4u + 2u + 3u);
  EXPECT_EQ(seen.requests, 109u);
  EXPECT_EQ(performance_between(to, from).requests, 0u) << "never below zero";
}

}  // namespace
}  // namespace stoa::rollout
