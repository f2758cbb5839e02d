// rate_limiter_test.cpp: a rate to one call, however many threads ask. SPDX-License-Identifier: Apache-2.0
#include "licensing/admission/rate_limiter.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace stoa::licensing {
namespace {

constexpr std::uint64_t kNowNs = 1'000'000'000'000;

std::uint64_t take(RateLimiter& rate, std::uint64_t now_ns) {
  RateLimiter::Change change;
  return rate.take(now_ns, change);
}

std::uint64_t admitted_of(RateLimiter& rate, std::uint64_t now_ns, std::uint64_t asked) {
  std::uint64_t admitted = 0;
  for (std::uint64_t i = 0; i < asked; ++i) admitted += take(rate, now_ns) == 0 ? 1 : 0;
  return admitted;
}

TEST(RateLimiter, AdmitsItsCallsAtOnceAndThenOneAStep) {
  struct Row {
    Rate terms;
    std::uint64_t step_ns;
  };
  const Row rows[] = {
      {{10, 1'000}, 100'000'000},   {{1, 1}, 1'000'000},         {{3, 1'000}, 333'333'334},
      {{7, 60'000}, 8'571'428'572}, {{1'000, 1'000}, 1'000'000}, {{1, 86'400'000}, 86'400'000'000'000},
  };
  for (const Row& row : rows) {
    RateLimiter rate(row.terms);
    EXPECT_EQ(admitted_of(rate, kNowNs, row.terms.calls + 5), row.terms.calls);
    EXPECT_EQ(take(rate, kNowNs), row.step_ns) << "the wait is one step, and not refused calls'";
    EXPECT_EQ(admitted_of(rate, kNowNs + row.step_ns - 1, 1), 0u);
    EXPECT_EQ(admitted_of(rate, kNowNs + row.step_ns, 3), 1u);
    EXPECT_EQ(rate.left(kNowNs + row.step_ns), 0u);
    // Full again after as many steps, and no fuller after more.
    const std::uint64_t later = kNowNs + row.step_ns * (row.terms.calls + 1);
    EXPECT_EQ(rate.full_after_ns(later), 0u);
    EXPECT_EQ(rate.left(later + row.step_ns * 100), row.terms.calls);
    EXPECT_EQ(admitted_of(rate, later + row.step_ns * 100, row.terms.calls + 5), row.terms.calls);
  }
}

TEST(RateLimiter, WhatIsGivenBackWasNeverTaken) {
  RateLimiter rate({5, 1'000});
  EXPECT_EQ(admitted_of(rate, kNowNs, 4), 4u);
  RateLimiter::Change change;
  EXPECT_EQ(rate.take(kNowNs, change), 0u);
  rate.give_back(change);
  EXPECT_EQ(rate.left(kNowNs), 1u);
  // Another call came between: then it stays taken, or an idle bucket would be given more than it holds.
  RateLimiter idle({5, 1'000});
  ASSERT_EQ(idle.take(kNowNs, change), 0u);
  ASSERT_EQ(admitted_of(idle, kNowNs + 10'000'000'000, 1), 1u);
  idle.give_back(change);
  EXPECT_EQ(admitted_of(idle, kNowNs + 10'000'000'000, 9), 4u);
}

TEST(RateLimiter, IsExactForManyThreads) {
  constexpr std::uint64_t kCalls = 10'000, kThreads = 8, kSteps = 500;
  RateLimiter rate({kCalls, 10'000});  // a step is a millisecond
  std::atomic<std::uint64_t> admitted{0};
  const auto race = [&](std::uint64_t now_ns) {
    std::vector<std::thread> threads;
    for (std::uint64_t i = 0; i < kThreads; ++i)
      threads.emplace_back([&, now_ns] { admitted += admitted_of(rate, now_ns, kCalls / 4); });
    for (std::thread& thread : threads) thread.join();
  };
  race(kNowNs);
  EXPECT_EQ(admitted, kCalls);
  race(kNowNs + kSteps * 1'000'000);
  EXPECT_EQ(admitted, kCalls + kSteps);
}

}  // namespace
}  // namespace stoa::licensing
