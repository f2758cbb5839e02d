// seat_table_test.cpp: who holds which seat, also while it changes hands. SPDX-License-Identifier: Apache-2.0
#include "licensing/admission/seat_table.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace stoa::licensing {
namespace {

registry::Sha256 lease_of(std::uint64_t n) { return registry::sha256_of("lease " + std::to_string(n)); }

// Licence, customer and expiry belong to the lease, so that a mixture is seen.
Seat seat_of(std::uint64_t n, std::int64_t expires_ms = 1) { return {lease_of(n), n * 3, n * 7, expires_ms}; }

TEST(SeatTable, AgreesWithAMapThroughEveryGrowth) {
  SeatTable table;
  std::map<std::uint64_t, std::int64_t> held;
  std::mt19937_64 random(7);
  for (std::uint64_t step = 0; step < 60'000; ++step) {
    const std::uint64_t n = random() % 5'000;
    if (random() % 3 == 0) {
      table.release(lease_of(n));
      held.erase(n);
    } else {
      const auto expires_ms = static_cast<std::int64_t>(step + 1);
      table.hold(seat_of(n, expires_ms));
      held[n] = expires_ms;
    }
  }
  for (std::uint64_t n = 0; n < 5'000; ++n) {
    const auto found = table.find(lease_of(n));
    const auto want = held.find(n);
    ASSERT_EQ(found.has_value(), want != held.end()) << n;
    if (!found) continue;
    EXPECT_EQ(found->expires_ms, want->second);
    EXPECT_EQ(found->licence, n * 3);
    EXPECT_EQ(found->customer, n * 7);
  }
}

TEST(SeatTable, NobodyFindsHalfOfTwoLeases) {
  SeatTable table;
  table.hold(seat_of(0, 5));
  std::atomic<bool> is_over{false};
  std::atomic<std::uint64_t> found{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!is_over.load(std::memory_order_relaxed)) {
        for (std::uint64_t n = 0; n < 50; ++n) {
          const auto seat = table.find(lease_of(n));
          if (!seat) {
            EXPECT_NE(n, 0u) << "a steady holder is always found";
            continue;
          }
          EXPECT_EQ(seat->licence, n * 3);
          EXPECT_EQ(seat->customer, n * 7);
          EXPECT_NE(seat->expires_ms, 0);
          found.fetch_add(1, std::memory_order_relaxed);
        }
      }
    });
  for (std::int64_t round = 1; round < 400; ++round) {
    table.hold(seat_of(0, round));  // a heartbeat
    for (std::uint64_t n = 1; n < 50; ++n) table.hold(seat_of(n, round));
    for (std::uint64_t n = 1; n < 50; ++n) table.release(lease_of(n));
  }
  is_over = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_GT(found, 0u);
}

}  // namespace
}  // namespace stoa::licensing
