// wake_batch_test.cpp SPDX-License-Identifier: Apache-2.0
#include "host/thread/wake_batch.hpp"

#include <gtest/gtest.h>

#include <thread>

namespace stoa::thread {
namespace {

class CountingSleeper final : public Sleeper {
 public:
  void wake() noexcept override { woken.fetch_add(1); }
  std::atomic<int> woken{0};
};

TEST(WakeBatch, WithoutOneAWakeIsDoneAtOnce) {
  const auto sleeper = std::make_shared<CountingSleeper>();
  WakeBatch::wake(sleeper);
  EXPECT_EQ(sleeper->woken, 1);
  EXPECT_FALSE(sleeper->is_put_off());
}

TEST(WakeBatch, ManyWakesOfOneSleeperBecomeOne) {
  const auto sleeper = std::make_shared<CountingSleeper>(), other = std::make_shared<CountingSleeper>();
  WakeBatch wakes;
  EXPECT_TRUE(wakes.is_empty());
  for (int i = 0; i < 100; ++i) WakeBatch::wake(sleeper);
  WakeBatch::wake(other);
  EXPECT_EQ(sleeper->woken, 0);
  EXPECT_TRUE(sleeper->is_put_off());
  EXPECT_FALSE(wakes.is_empty());
  wakes.flush();
  EXPECT_EQ(sleeper->woken, 1);
  EXPECT_EQ(other->woken, 1);
  EXPECT_TRUE(wakes.is_empty());
  EXPECT_FALSE(sleeper->is_put_off());
}

TEST(WakeBatch, ItsEndWakesWhatIsLeft) {
  const auto sleeper = std::make_shared<CountingSleeper>();
  {
    const WakeBatch wakes;
    WakeBatch::wake(sleeper);
  }
  EXPECT_EQ(sleeper->woken, 1);
  WakeBatch::wake(sleeper);
  EXPECT_EQ(sleeper->woken, 2) << "after a batch, wakes are done at once again";
}

TEST(WakeBatch, AThreadThatCannotWaitWakesWhatAnotherPutOff) {
  const auto sleeper = std::make_shared<CountingSleeper>();
  WakeBatch wakes;
  WakeBatch::wake(sleeper);
  std::thread([&] {
    if (sleeper->is_put_off()) WakeBatch::wake(sleeper);
  }).join();
  EXPECT_EQ(sleeper->woken, 1);
  wakes.flush();
  EXPECT_EQ(sleeper->woken, 1) << "it was woken already";
}

TEST(WakeBatch, HoldsBackAmongShortWorkOnly) {
  const auto sleeper = std::make_shared<CountingSleeper>();
  WakeBatch wakes(false);
  WakeBatch::wake(sleeper);
  EXPECT_EQ(sleeper->woken, 1) << "nothing is known of the work yet";
  wakes.note_work(1'000);
  WakeBatch::wake(sleeper);
  EXPECT_EQ(sleeper->woken, 1);
  wakes.note_work(1'000'000);
  EXPECT_EQ(sleeper->woken, 2) << "the next may be as long";
  WakeBatch::wake(sleeper);
  EXPECT_EQ(sleeper->woken, 3);
  wakes.note_work(1'000);
  WakeBatch::wake(sleeper);
  wakes.stop_holding();
  EXPECT_EQ(sleeper->woken, 4);
  wakes.note_work(1'000);
  WakeBatch::wake(sleeper);
  int pieces = 0;
  for (; sleeper->woken == 4 && pieces < 1'000; ++pieces) wakes.note_work(10'000);
  EXPECT_EQ(pieces, 10) << "short pieces add up to 100 us";
}

TEST(WakeBatch, MoreSleepersThanItHoldsAreWokenAtOnce) {
  std::vector<std::shared_ptr<CountingSleeper>> sleepers;
  for (int i = 0; i < 100; ++i) sleepers.push_back(std::make_shared<CountingSleeper>());
  WakeBatch wakes;
  for (const auto& sleeper : sleepers) WakeBatch::wake(sleeper);
  wakes.flush();
  for (const auto& sleeper : sleepers) EXPECT_EQ(sleeper->woken, 1);
}

TEST(WakeBatch, AThreadsWakesAreItsOwn) {
  const auto sleeper = std::make_shared<CountingSleeper>();
  const WakeBatch wakes;
  std::thread([&] { WakeBatch::wake(sleeper); }).join();
  EXPECT_EQ(sleeper->woken, 1);
}

class CountingExpected final : public Expected {
 public:
  void look() override { ++looks; }
  int looks = 0;
};

TEST(WakeBatch, LooksOnceForWhatIsExpectedLast) {
  const auto first = std::make_shared<CountingExpected>(), last = std::make_shared<CountingExpected>();
  WakeBatch::expect(first);  // without one nobody looks
  WakeBatch wakes;
  EXPECT_FALSE(wakes.is_expecting());
  WakeBatch::expect(first);
  WakeBatch::expect(last);
  EXPECT_TRUE(wakes.is_expecting());
  EXPECT_TRUE(wakes.is_empty());
  wakes.look();
  EXPECT_EQ(first->looks, 0);
  EXPECT_EQ(last->looks, 1);
  EXPECT_FALSE(wakes.is_expecting());
}

TEST(WakeBatch, WhoIsGoneIsNotLookedFor) {
  WakeBatch wakes;
  WakeBatch::expect(std::make_shared<CountingExpected>());
  wakes.look();
  EXPECT_FALSE(wakes.is_expecting());
}

}  // namespace
}  // namespace stoa::thread
