// trusted_time_test.cpp: clocks set back and forward, noticed and kept. SPDX-License-Identifier: Apache-2.0
#include "licensing/document/trusted_time.hpp"

#include <gtest/gtest.h>

#include "licensing/terms/standing.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kNoon = 1'767'268'800'000, kHour = 3'600'000, kSecond = 1'000;

class TrustedTimeTest : public ::testing::Test {
 protected:
  TrustedTime open() {
    auto opened = TrustedTime::open(folder_ / "trusted_time.json");
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  std::string kept() { return registry::file_bytes(folder_ / "trusted_time.json"); }
  registry::TestFolder folder_;
};

TEST_F(TrustedTimeTest, NoticesAClockSetBack) {
  TrustedTime time = open();
  EXPECT_FALSE(time.floor_ms());
  EXPECT_FALSE(time.read({kNoon, 0}).is_behind);
  // A correction is none.
  ClockReading reading = time.read({kNoon - kClockToleranceMs, kSecond});
  EXPECT_FALSE(reading.is_behind);
  EXPECT_EQ(reading.floor_ms, kNoon);
  reading = time.read({kNoon - kClockToleranceMs - 1, 2 * kSecond});
  EXPECT_TRUE(reading.is_behind);
  EXPECT_TRUE(reading.is_new);
  reading = time.read({kNoon - kHour, 3 * kSecond});
  EXPECT_TRUE(reading.is_behind);
  EXPECT_FALSE(reading.is_new);
  EXPECT_EQ(reading.floor_ms, kNoon);
  reading = time.read({kNoon + kSecond, 4 * kSecond});
  EXPECT_FALSE(reading.is_behind);
  EXPECT_TRUE(reading.is_new);
}

TEST_F(TrustedTimeTest, OutlivesTheProcess) {
  {
    TrustedTime time = open();
    time.read({kNoon, 0});
    ASSERT_TRUE(time.keep());
    EXPECT_EQ(kept(), "{\"latest\":\"2026-01-01T12:00:00.000Z\"}\n");
    time.read({kNoon + TrustedTime::kKeepEveryMs - 1, 0});
    ASSERT_TRUE(time.keep());
    EXPECT_EQ(kept(), "{\"latest\":\"2026-01-01T12:00:00.000Z\"}\n");
    time.read({kNoon + TrustedTime::kKeepEveryMs, 0});
    ASSERT_TRUE(time.keep());
    EXPECT_EQ(kept(), "{\"latest\":\"2026-01-01T12:01:00.000Z\"}\n");
    time.note(kNoon + 2 * kHour);
    ASSERT_TRUE(time.keep(true));
  }
  TrustedTime time = open();
  EXPECT_EQ(time.floor_ms(), kNoon + 2 * kHour);
  EXPECT_TRUE(time.read({kNoon, 0}).is_behind);
}

TEST_F(TrustedTimeTest, NeverFalls) {
  TrustedTime one = open(), other = open();
  other.read({kNoon + kHour, 0});
  ASSERT_TRUE(other.keep());
  one.read({kNoon, 0});
  ASSERT_TRUE(one.keep()) << "a process that was started before";
  EXPECT_EQ(open().floor_ms(), kNoon + kHour);
  one.note(5);
  EXPECT_EQ(one.floor_ms(), kNoon + kHour);
}

TEST_F(TrustedTimeTest, NotesAClockSetForward) {
  TrustedTime time = open();
  EXPECT_EQ(time.read({kNoon, 0}).forward_ms, 0);
  EXPECT_EQ(time.read({kNoon + kSecond, kSecond}).forward_ms, 0);
  EXPECT_EQ(time.read({kNoon + kHour, 2 * kSecond}).forward_ms, kHour - 2 * kSecond);
  // Time that passed while the machine slept is none.
  EXPECT_EQ(time.read({kNoon + 9 * kHour, 8 * kHour + 2 * kSecond}).forward_ms, 0);
  // And back: what was seen forward stays seen.
  EXPECT_TRUE(time.read({kNoon, 9 * kHour}).is_behind);
}

TEST_F(TrustedTimeTest, ClocksBeyondEveryYearAreTheLastOne) {
  TrustedTime time = open();
  time.read({INT64_MIN, 0});
  EXPECT_EQ(time.floor_ms(), 0);
  time.read({INT64_MAX, 0});
  ASSERT_TRUE(time.keep());
  EXPECT_EQ(kept(), "{\"latest\":\"9999-12-31T23:59:59.999Z\"}\n");
}

TEST_F(TrustedTimeTest, ADamagedFileIsToldOf) {
  for (const char* text :
       {"", "{}", "{\"latest\":\"2026-01-01T12:00:00.000Z\"}", "{\"latest\":\"2026-01-01T12:00:00Z\"}\n",
        "{\"latest\":\"2026-13-01T12:00:00.000Z\"}\n", "{\"latest\":\"2026-01-01T12:00:00.000Z\"}\n\n"}) {
    registry::write_file(folder_ / "trusted_time.json", text);
    const auto opened = TrustedTime::open(folder_ / "trusted_time.json");
    ASSERT_FALSE(opened) << text;
    EXPECT_EQ(opened.error().reason, "trusted_time.file");
  }
}

}  // namespace
}  // namespace stoa::licensing
