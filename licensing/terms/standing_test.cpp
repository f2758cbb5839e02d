// standing_test.cpp: rows 15 to 20 of the table of refusals, in their order, and when an answer changes.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/standing.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <random>

namespace stoa::licensing {
namespace {

constexpr std::int64_t kMinute = 60'000, kHour = 60 * kMinute, kDay = 24 * kHour;
constexpr std::int64_t kStart = 1'709'164'800'000;  // 2024-02-29: valid from here
constexpr std::int64_t kEnd = kStart + 30 * kDay;

HeldLicence a_month() {
  HeldLicence held;
  held.licence.id = {"lic_1"};
  held.licence.issuer = "platform";
  held.licence.not_before_ms = kStart;
  held.licence.expires_ms = kEnd;
  return held;
}

struct StandingRow {
  const char* what;
  std::function<void(HeldLicence&, HostFacts&)> change;
  std::int64_t now_ms;
  Refusal refusal;
  Refusal warned_of;
  std::optional<std::int64_t> changes_at_ms;
};

constexpr Refusal kNone = Refusal::none;

void is_revoked(HeldLicence& held, HostFacts&) { held.revoked_ms = kStart; }
void of_other_node(HeldLicence& held, HostFacts&) { held.licence.node = "other"; }
void with_floor(HostFacts& host, std::int64_t floor_ms) { host.trusted_floor_ms = floor_ms; }
void with_grace(HeldLicence& held, Policy on_expiry, std::int64_t grace_ms) {
  held.licence.on_expiry = on_expiry;
  held.licence.grace_ms = grace_ms;
}

TEST(Standing, IsWhatTheTableSays) {
  const auto as_it_is = [](HeldLicence&, HostFacts&) {};
  const auto for_ever = [](HeldLicence& held, HostFacts&) { held.licence.expires_ms.reset(); };
  const auto grace = [](HeldLicence& held, HostFacts&) { with_grace(held, Policy::grace, kDay); };
  const auto advisory = [](HeldLicence& held, HostFacts&) { with_grace(held, Policy::advisory, 0); };
  const auto offline = [](HeldLicence& held, HostFacts&) {
    held.licence.offline_ms = 3 * kDay;
    held.confirmed_ms = kStart;
  };
  const auto floor_at = [](std::int64_t at_ms, Policy on_clock, std::int64_t grace_ms = 0) {
    return [=](HeldLicence& held, HostFacts& host) {
      with_floor(host, at_ms);
      held.licence.on_clock = on_clock;
      held.licence.grace_ms = grace_ms;
    };
  };
  const StandingRow rows[] = {
      {"the last moment before", as_it_is, kStart - 1, Refusal::licence_not_yet, kNone, kStart},
      {"the first moment", as_it_is, kStart, kNone, kNone, kEnd},
      {"the last moment", as_it_is, kEnd - 1, kNone, kNone, kEnd},
      {"the first one after", as_it_is, kEnd, Refusal::licence_expired, kNone, {}},
      {"without an end", for_ever, kEnd + 1000 * kDay, kNone, kNone, {}},
      {"grace begins", grace, kEnd, kNone, Refusal::licence_expired, kEnd + kDay},
      {"grace ends", grace, kEnd + kDay, Refusal::licence_expired, kNone, {}},
      {"advisory", advisory, kEnd + 1000 * kDay, kNone, Refusal::licence_expired, {}},
      {"revoked", is_revoked, kStart, Refusal::licence_revoked, kNone, {}},
      {"revoked, before it",
       [](HeldLicence& h, HostFacts&) { h.revoked_ms = kEnd; },
       kStart,
       Refusal::licence_revoked,
       kNone,
       {}},
      {"other node", of_other_node, kStart, Refusal::licence_other_node, kNone, {}},
      {"this node", [](HeldLicence& h, HostFacts& f) { f.node = h.licence.node = "this"; }, kStart, kNone, kNone, kEnd},
      {"a host without a key",
       [](HeldLicence& h, HostFacts&) { h.licence.node = "this"; },
       kStart,
       Refusal::licence_other_node,
       kNone,
       {}},
      {"heard of", offline, kStart + 3 * kDay - 1, kNone, kNone, kStart + 3 * kDay},
      {"not heard of", offline, kStart + 3 * kDay, Refusal::licence_offline, kNone, kEnd},
      {"needs no word", [](HeldLicence& h, HostFacts&) { h.licence.offline_ms = kDay; }, kStart + 9 * kDay, kNone,
       kNone, kEnd},
      // The clock, against what was seen.
      {"as seen", floor_at(kStart + kDay, Policy::deny), kStart + kDay, kNone, kNone, kEnd},
      {"within tolerance", floor_at(kStart + kDay, Policy::deny), kStart + kDay - kClockToleranceMs, kNone, kNone,
       kEnd},
      {"behind", floor_at(kStart + kDay, Policy::deny), kStart + kDay - kClockToleranceMs - 1, Refusal::licence_clock,
       kNone, kStart + kDay - kClockToleranceMs},
      {"behind, advisory", floor_at(kStart + kDay, Policy::advisory), kStart, kNone, Refusal::licence_clock,
       kStart + kDay - kClockToleranceMs},
      {"behind by the grace", floor_at(kStart + kDay, Policy::grace, kHour), kStart + kDay - kHour, kNone,
       Refusal::licence_clock, kStart + kDay - kClockToleranceMs},
      {"behind by more", floor_at(kStart + kDay, Policy::grace, kHour), kStart + kDay - kHour - 1,
       Refusal::licence_clock, kNone, kStart + kDay - kHour},
      {"expired stays expired", floor_at(kEnd, Policy::advisory), kStart, Refusal::licence_expired, kNone,
       kEnd - kClockToleranceMs},
      {"also within tolerance", floor_at(kEnd, Policy::deny), kEnd - 1, Refusal::licence_expired, kNone, {}},
      {"what has begun has begun", floor_at(kStart, Policy::deny), kStart - 1, kNone, kNone, kEnd},
      {"both broken, both forgiven",
       [](HeldLicence& h, HostFacts& f) {
         with_floor(f, kEnd + kDay);
         h.licence.on_clock = h.licence.on_expiry = Policy::advisory;
       },
       kStart, kNone, Refusal::licence_clock, kEnd + kDay - kClockToleranceMs},
      {"behind what its issuer signed", [](HeldLicence& h, HostFacts&) { h.licence.issued_ms = kStart + kDay; }, kStart,
       Refusal::licence_clock, kNone, kStart + kDay - kClockToleranceMs},
      {"behind its issuer's list", [](HeldLicence& h, HostFacts&) { h.confirmed_ms = kStart + kDay; }, kStart,
       Refusal::licence_clock, kNone, kStart + kDay - kClockToleranceMs},
      // The end of time.
      {"numbers at their ends",
       [](HeldLicence& h, HostFacts& f) {
         with_floor(f, INT64_MIN);
         with_grace(h, Policy::grace, INT64_MAX);
         h.licence.expires_ms = INT64_MAX - 1;
         h.licence.offline_ms = INT64_MAX;
         h.confirmed_ms = INT64_MAX - 1;
       },
       INT64_MAX - 1,
       kNone,
       Refusal::licence_expired,
       {}},
  };
  for (const StandingRow& row : rows) {
    HeldLicence held = a_month();
    HostFacts host;
    row.change(held, host);
    const Standing standing = standing_of(held, host, row.now_ms);
    EXPECT_EQ(standing.refusal, row.refusal) << row.what;
    EXPECT_EQ(standing.warned_of, row.warned_of) << row.what;
    EXPECT_EQ(standing.warning.empty(), row.warned_of == kNone) << row.what << standing.warning;
    EXPECT_EQ(standing.changes_at_ms, row.changes_at_ms) << row.what;
  }
}

// From the last to the first: each is broken besides all those that come after it, and is the one that is told.
TEST(Standing, TellsTheFirstOfTheTable) {
  HeldLicence held = a_month();
  HostFacts host;
  held.licence.offline_ms = kDay;
  held.confirmed_ms = kStart - 100 * kDay;
  EXPECT_EQ(standing_of(held, host, kStart).refusal, Refusal::licence_offline);
  held.licence.expires_ms = kStart - kDay;
  EXPECT_EQ(standing_of(held, host, kStart).refusal, Refusal::licence_expired);
  held.licence.not_before_ms = kEnd + kDay;
  EXPECT_EQ(standing_of(held, host, kStart).refusal, Refusal::licence_not_yet);
  with_floor(host, kEnd);
  EXPECT_EQ(standing_of(held, host, kStart).refusal, Refusal::licence_clock);
  of_other_node(held, host);
  EXPECT_EQ(standing_of(held, host, kStart).refusal, Refusal::licence_other_node);
  is_revoked(held, host);
  EXPECT_EQ(standing_of(held, host, kStart).refusal, Refusal::licence_revoked);
}

TEST(Standing, WarnsInOneLineOfAscii) {
  HeldLicence held = a_month();
  held.licence.on_clock = Policy::advisory;
  with_grace(held, Policy::grace, 7 * kDay);
  EXPECT_EQ(standing_of(held, {.node = "", .trusted_floor_ms = kEnd + kDay}, kEnd).warning,
            "the clock of this host says 2024-03-30T00:00:00.000Z, and 2024-03-31T00:00:00.000Z was seen before; the "
            "licence expired at 2024-03-30T00:00:00.000Z, and its grace ends at 2024-04-06T00:00:00.000Z");
}

// Walked from change to change: nothing changes in between, which is tried at every boundary there can be.
TEST(Standing, ChangesExactlyWhenItSays) {
  std::mt19937 random(5);
  const auto pick = [&](std::int64_t most) { return std::uniform_int_distribution<std::int64_t>(0, most)(random); };
  constexpr Policy kPolicies[] = {Policy::deny, Policy::grace, Policy::advisory};
  constexpr std::int64_t kStep = kMinute;  // everything lies on whole minutes: what lies between them is alike
  int changes = 0;
  for (int round = 0; round < 400; ++round) {
    HeldLicence held = a_month();
    HostFacts host;
    held.licence.not_before_ms = kStart + pick(60) * kStep;
    held.licence.expires_ms = held.licence.not_before_ms + (1 + pick(60)) * kStep;
    held.licence.grace_ms = pick(40) * kStep;
    held.licence.on_expiry = kPolicies[pick(2)];
    held.licence.on_clock = kPolicies[pick(2)];
    if (pick(1)) held.licence.offline_ms = (1 + pick(60)) * kStep;
    if (pick(1)) held.confirmed_ms = kStart + pick(60) * kStep;
    if (pick(1)) host.trusted_floor_ms = kStart + pick(120) * kStep;
    Standing last = standing_of(held, host, kStart);
    for (std::int64_t at = kStart + kStep; at < kStart + 300 * kStep; at += kStep) {
      const Standing now = standing_of(held, host, at);
      const bool is_other = now.refusal != last.refusal || now.warned_of != last.warned_of;
      if (is_other) {
        ASSERT_EQ(last.changes_at_ms, at) << "round " << round;
        ++changes;
      }
      ASSERT_TRUE(!last.changes_at_ms || *last.changes_at_ms >= at) << "round " << round;
      const Standing before = standing_of(held, host, at - 1);
      ASSERT_TRUE(before.refusal == last.refusal && before.warned_of == last.warned_of) << "round " << round;
      last = now;
    }
  }
  EXPECT_GT(changes, 400);
}

}  // namespace
}  // namespace stoa::licensing
