// adaptive_spin_test.cpp SPDX-License-Identifier: Apache-2.0
#include "host/thread/adaptive_spin.hpp"

#include <gtest/gtest.h>

namespace stoa::thread {
namespace {

// Moves by a step each time it is asked.
struct StepClock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<StepClock>;
  static inline duration step{1'000}, at{0};
  static inline int asked = 0;
  static time_point now() {
    ++asked;
    return time_point(at += step);
  }
};

class AdaptiveSpinTest : public ::testing::Test {
 protected:
  AdaptiveSpinTest() {
    StepClock::step = std::chrono::nanoseconds(1'000);
    StepClock::asked = 0;
  }
  void SetUp() override {
    if (std::thread::hardware_concurrency() < 2) GTEST_SKIP() << "one core only: it never waits there";
  }
  // How many times the clock was asked in one wait for what does not come.
  int wait_in_vain() {
    const int before = StepClock::asked;
    EXPECT_FALSE(spin.wait([] { return false; }));
    return StepClock::asked - before;
  }
  AdaptiveSpin<StepClock> spin;
};

TEST_F(AdaptiveSpinTest, TakesWhatIsThereWithoutAskingTheClock) {
  EXPECT_TRUE(spin.wait([] { return true; }));
  EXPECT_EQ(StepClock::asked, 0);
}

TEST_F(AdaptiveSpinTest, TakesWhatComesInTimeAndGivesUpAtItsBudget) {
  int looks = 0;
  EXPECT_TRUE(spin.wait([&] { return ++looks > 50; }));
  EXPECT_EQ(wait_in_vain(), 1 + 26) << "25 us in steps of one, and one more to see it";
}

TEST_F(AdaptiveSpinTest, EachLookInVainLetsTwiceAsManyWaitsGoBy) {
  for (const int skipped : {1, 3, 7, 15, 31, 63, 127, 255, 255}) {
    EXPECT_GT(wait_in_vain(), 0);
    for (int i = 0; i < skipped; ++i) ASSERT_EQ(wait_in_vain(), 0) << i << " of " << skipped;
  }
}

TEST_F(AdaptiveSpinTest, OneThatWasOfUseForgetsThoseInVain) {
  for (int i = 0; i < 1 + 1 + 1 + 3; ++i) wait_in_vain();
  int looks = 0;
  EXPECT_TRUE(spin.wait([&] { return ++looks > 3; }));
  EXPECT_GT(wait_in_vain(), 0);
  EXPECT_EQ(wait_in_vain(), 0);
  EXPECT_GT(wait_in_vain(), 0);
}

TEST_F(AdaptiveSpinTest, WhatIsReadyIsTakenWhileItSkips) {
  wait_in_vain();
  EXPECT_TRUE(spin.wait([] { return true; }));
}

TEST_F(AdaptiveSpinTest, EndsWhenItsThreadWasPutAside) {
  StepClock::step = AdaptiveSpin<>::kPutAside + std::chrono::nanoseconds(1);
  EXPECT_EQ(wait_in_vain(), 2);
  EXPECT_EQ(wait_in_vain(), 0);
}

}  // namespace
}  // namespace stoa::thread
