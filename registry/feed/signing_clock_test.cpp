// signing_clock_test.cpp: whatever is done to the machine's clock, what is signed counts, and comes later than before.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "registry/feed/catalogue_feed.hpp"
#include "registry/feed/signing_clock.hpp"
#include "registry/package/test_package.hpp"

namespace stoa::registry {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

constexpr TufTime kTrue{seconds(1'800'000'000)};

struct Machine {
  TufTime wall = kTrue;
  std::chrono::nanoseconds monotonic{0};
  void pass(seconds time) { wall += time, monotonic += time; }
  SigningClock::Sources sources() {
    return {[this] { return wall; }, [this] { return monotonic; }};
  }
};

TEST(SigningClock, GoesWithTheMachinesAndNeverBack) {
  Machine machine;
  SigningClock clock(machine.sources(), {});
  EXPECT_EQ(clock.now(), kTrue);
  machine.pass(seconds(60));
  EXPECT_EQ(clock.now(), kTrue + seconds(60));
  EXPECT_EQ(clock.behind(), seconds(0));
  machine.wall -= days(3);
  EXPECT_EQ(clock.now(), kTrue + seconds(60));
  EXPECT_EQ(clock.behind(), days(3));
  machine.pass(hours(25));
  EXPECT_EQ(clock.now(), kTrue + seconds(60) + hours(25)) << "time passes all the same";
  machine.wall += days(3) + hours(1);
  EXPECT_EQ(clock.now(), machine.wall) << "set right, it is believed";
  EXPECT_EQ(clock.behind(), seconds(0));
}

TEST(SigningClock, BeginsNoEarlierThanWhatWasSignedLast) {
  Machine machine;
  machine.wall -= days(3);
  SigningClock clock(machine.sources(), kTrue);
  EXPECT_EQ(clock.now(), kTrue);
  machine.pass(seconds(30));
  EXPECT_EQ(clock.now(), kTrue + seconds(30));
}

// Whoever else signs: a rotation, a host of before.
TEST(SigningClock, NoTimestampExpiresBeforeAnEarlierOne) {
  TestFolder folder;
  const FeedOptions options{.folder = folder / "registry", .bins = 4};
  auto feed = CatalogueFeed::open(options, kTrue);
  ASSERT_TRUE(feed) << feed.error().message;
  const TufTime expires = feed->expires();
  EXPECT_EQ(feed->signed_at(), kTrue);
  ASSERT_TRUE(feed->refresh(kTrue - days(3)));
  EXPECT_EQ(feed->version(), 2u);
  EXPECT_EQ(feed->signed_at(), kTrue);
  EXPECT_GE(feed->expires(), expires);
}

}  // namespace
}  // namespace stoa::registry
