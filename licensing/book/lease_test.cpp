// lease_test.cpp: never more holders than seats, and a seat comes back (A8). SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <random>
#include <thread>
#include <vector>

#include "licensing/book/lease_desk.hpp"
#include "licensing/book/test_book.hpp"
#include "licensing/terms/lease.hpp"

namespace stoa::licensing {
namespace {

using Kind = LeaseWish::Kind;

std::string reason_of(const Result<LeaseOutcome>& outcome) { return outcome ? "done" : outcome.error().reason; }

TEST(Leases, AreNeverMoreThanSeatsAndComeBackWithinTheirTtl) {
  ReadyBook on;  // two seats, one held
  const auto take = [&] { return on->do_lease(on.customer, TestBook::take(on.floating.id)); };
  const auto second = TestBook::good(take());
  EXPECT_EQ(second.free_seats, 0u);
  EXPECT_EQ(second.seats, 2u);
  EXPECT_TRUE(is_well_formed_lease(second.secret));
  const auto full = take();
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().reason, "lease.no_seat");
  EXPECT_EQ(full.error().retry_after_ms, 60'000u);
  on.now_ms += 30'000;
  ASSERT_TRUE(on->do_lease(on.customer, TestBook::about(Kind::renew, second.lease.id)));
  on.now_ms += 29'999;
  EXPECT_EQ(reason_of(take()), "lease.no_seat");
  on.now_ms += 1;  // the first one's ttl is over
  EXPECT_EQ(reason_of(on->do_lease(on.customer, TestBook::about(Kind::renew, on.lease.lease.id))), "lease.expired");
  EXPECT_EQ(reason_of(take()), "done");
  EXPECT_EQ(reason_of(take()), "lease.no_seat");
  EXPECT_EQ(reason_of(on->do_lease(on.customer, TestBook::about(Kind::renew, on.lease.lease.id))), "lease.unknown");
  EXPECT_EQ(on.held.size(), 2u);
  EXPECT_EQ(on->audit(0, 1, on.lease.lease.id.text)->front().action, "lease.expire");
  ASSERT_TRUE(on->do_lease(on.customer, TestBook::about(Kind::release, second.lease.id)));
  EXPECT_FALSE(on.held.contains(second.lease.hash));
  EXPECT_EQ(reason_of(take()), "done");
}

TEST(Leases, AreRefusedForTheirOwnReason) {
  ReadyBook on;
  const auto reason = [&](const Actor& by, const LeaseWish& wish) {
    return on.refusal([&] { return on->do_lease(by, wish); });
  };
  LeaseWish nothing, both = TestBook::take(on.floating.id), of_model, unknown_model;
  both.model = "acme/vision";
  of_model.model = "acme/vision";
  unknown_model.model = "acme/other";
  EXPECT_EQ(reason(on.customer, nothing), "lease.what");
  EXPECT_EQ(reason(on.customer, both), "lease.what");
  EXPECT_EQ(reason(on.customer, unknown_model), "licence.none");
  EXPECT_EQ(reason(on.customer, TestBook::take(on.licence.id)), "licence.none") << "is not floating";
  EXPECT_EQ(reason(on.stranger, TestBook::take(on.floating.id)), "licence.none");
  EXPECT_EQ(reason(on.stranger, TestBook::about(Kind::renew, on.lease.lease.id)), "lease.other_customer");
  EXPECT_EQ(reason(on.plain, TestBook::about(Kind::release, on.lease.lease.id)), "key.scope");
  EXPECT_EQ(reason(on.customer, TestBook::about(Kind::renew, {"lea_no"})), "lease.unknown");
  EXPECT_EQ(reason(on.alice, of_model), "account.not_allowed");
  EXPECT_EQ(reason(on.plain, of_model), "done") << "a key may hold what it takes itself";
  on.put_back();
  ASSERT_TRUE(on->revoke(on.alice, on.floating.id, "so"));
  EXPECT_TRUE(on.held.empty()) << "the leases of a revoked licence end with it";
  EXPECT_EQ(reason(on.customer, of_model), "licence.revoked");
  on.put_back();
  Licence ended = TestBook::terms_for({}, 2);
  ended.expires_ms = on.now_ms + 1'000;
  ASSERT_TRUE(on->replace(on.alice, on.floating.id, ended));
  on.now_ms += 1'000;
  EXPECT_EQ(reason(on.customer, of_model), "licence.expired");
  EXPECT_EQ(reason(on.customer, TestBook::about(Kind::renew, on.lease.lease.id)), "licence.expired");
  on.put_back();
  Licence later = TestBook::terms_for({}, 2);
  later.not_before_ms = on.now_ms + 100'000;
  ASSERT_TRUE(on->replace(on.alice, on.floating.id, later));
  EXPECT_EQ(reason(on.customer, of_model), "licence.not_yet");
}

TEST(Leases, OfFewerSeatsEndWithTheOnesTakenLast) {
  ReadyBook on;
  ASSERT_TRUE(on->replace(on.alice, on.floating.id, TestBook::terms_for({}, 3)));
  std::vector<LeaseOutcome> taken = {on.lease};
  for (int i = 0; i < 2; ++i) {
    on.now_ms += 1;
    taken.push_back(TestBook::good(on->do_lease(on.customer, TestBook::take(on.floating.id))));
  }
  const auto renew = [&](std::size_t i) {
    return reason_of(on->do_lease(on.customer, TestBook::about(Kind::renew, taken[i].lease.id)));
  };
  for (std::size_t i = 0; i < taken.size(); ++i) ASSERT_EQ(renew(i), "done");
  ASSERT_TRUE(on->replace(on.alice, on.floating.id, TestBook::terms_for({}, 2)));
  EXPECT_FALSE(on.held.contains(taken[2].lease.hash)) << "whoever admits calls is told";
  EXPECT_EQ(on->audit(0, 1, taken[2].lease.id.text)->front().action, "lease.end");
  EXPECT_EQ(renew(2), "lease.unknown");
  EXPECT_EQ(renew(0), "done");
  EXPECT_EQ(renew(1), "done");
  EXPECT_EQ(reason_of(on->do_lease(on.customer, TestBook::take(on.floating.id))), "lease.no_seat");
  ASSERT_TRUE(on->replace(on.alice, on.floating.id, TestBook::terms_for({}, 1)));
  EXPECT_EQ(renew(1), "lease.unknown");
  EXPECT_EQ(renew(0), "done");
  EXPECT_EQ(on.held.size(), 1u);
  on.open();
  EXPECT_EQ(on.held.size(), 1u);
  EXPECT_TRUE(on->examine());
  ASSERT_TRUE(on->replace(on.alice, on.floating.id, TestBook::terms_for({})));
  EXPECT_TRUE(on.held.empty()) << "a licence without seats has no holders";
  EXPECT_EQ(renew(0), "lease.unknown");
}

// Whatever is done, and whichever way the clock goes: examined after each act.
TEST(Leases, AreNeverMoreThanSeatsWhateverIsDoneAndWheneverTheClockIsSet) {
  std::mt19937 random(11);
  const auto up_to = [&](std::size_t most) { return static_cast<std::size_t>(random() % most); };
  ReadyBook on;
  std::vector<LeaseId> taken;
  std::size_t cuts = 0;
  std::uint32_t seats = 2;
  for (int step = 0; step < 600; ++step) {
    switch (up_to(6)) {
      case 0: {
        const auto next = static_cast<std::uint32_t>(up_to(6));  // 0: no floating licence any more
        cuts += next < seats;
        seats = next;
        ASSERT_TRUE(on->replace(on.alice, on.floating.id, TestBook::terms_for({}, seats)));
        break;
      }
      case 1:
        on.now_ms += static_cast<std::int64_t>(up_to(70'000));
        break;
      case 2:
        on.now_ms -= static_cast<std::int64_t>(up_to(40'000));
        break;
      case 3:
        if (!taken.empty()) (void)on->do_lease(on.customer, TestBook::about(Kind::renew, taken[up_to(taken.size())]));
        break;
      default:
        if (const auto outcome = on->do_lease(on.customer, TestBook::take(on.floating.id)))
          taken.push_back(outcome->lease.id);
    }
    ASSERT_LE(TestBook::good(on->leases({}, on.floating.id, {.after = "", .most = 100})).size(), seats) << step;
    const auto whole = on->examine();
    ASSERT_TRUE(whole) << step << ": " << whole.error().message;
  }
  EXPECT_GT(cuts, 10u);
}

// What no act leaves, the doctor finds, at whichever serial.
TEST(Leases, ThatAreMoreThanSeatsAreFoundAtAnySerial) {
  for (const std::uint32_t serials : {1u, 2u, 3u}) {
    ReadyBook on;
    for (std::uint32_t serial = 1; serial < serials; ++serial)
      ASSERT_TRUE(on->replace(on.alice, on.floating.id, TestBook::terms_for({}, serial == 1 ? 3 : 2)));
    ASSERT_TRUE(on->examine());
    on.close();
    registry::run_on(
        on.file(), "UPDATE licences SET seats = NULL WHERE replaced_ms IS NULL AND id = '" + on.floating.id.text + "'");
    on.open();
    const auto whole = on->examine();
    ASSERT_FALSE(whole) << serials;
    EXPECT_EQ(whole.error().reason, "book.broken") << serials;
  }
}

// It would hold what nobody can call with, and what another key of the customer could.
TEST(Leases, AreTakenByNobodyWhoMayNotCallWithThem) {
  ReadyBook on;
  NewKey wanted;
  wanted.name = "narrow";
  struct Row {
    std::vector<std::string> models;
    std::string licence, model, reason;
  };
  const std::string id = on.floating.id.text;  // for acme/vision and acme/talk
  const Row rows[] = {
      {{"acme/other"}, id, "", "key.model"},
      {{"acme/other"}, "", "acme/vision", "key.model"},
      {{"rival/*"}, id, "", "key.model"},
      {{"acme/talk"}, "", "acme/vision", "key.model"},
      {{"acme/talk"}, id, "", "done"},
      {{"acme/*"}, "", "acme/vision", "done"},
      {{"acme/*"}, id, "", "done"},
      {{"rival/x", "acme/vision"}, id, "", "done"},
      {{"acme/other"}, "lic_no", "", "licence.none"},
  };
  for (const Row& row : rows) {
    on.put_back();
    wanted.models = row.models;
    const Actor actor = on.actor_of(TestBook::good(on->create_key(on.alice, on.northwind.id, wanted)).secret);
    LeaseWish wish;
    wish.licence = row.licence;
    wish.model = row.model;
    EXPECT_EQ(on.refusal([&] { return on->do_lease(actor, wish); }), row.reason)
        << row.models.front() << ' ' << row.licence << row.model;
  }
  on.put_back();
  Licence elsewhere = TestBook::terms_for({}, 2);
  elsewhere.node = "another-host";
  ASSERT_TRUE(on->replace(on.alice, on.floating.id, elsewhere));
  EXPECT_EQ(on.refusal([&] { return on->do_lease(on.customer, TestBook::take(on.floating.id)); }),
            "licence.other_node");
  EXPECT_EQ(reason_of(on->do_lease(on.customer, TestBook::about(Kind::renew, on.lease.lease.id))),
            "licence.other_node");
}

TEST(Leases, TakenAgainWithTheirTokenAreOneSeatWithAnotherSecret) {
  ReadyBook on;
  LeaseWish wish = TestBook::take(on.floating.id);
  wish.request = {"job-7", {}};
  const auto first = TestBook::good(on->do_lease(on.customer, wish));
  const auto second = TestBook::good(on->do_lease(on.customer, wish));
  EXPECT_EQ(first.lease.id, second.lease.id);
  EXPECT_FALSE(on.held.contains(first.lease.hash));
  EXPECT_TRUE(on.held.contains(second.lease.hash));
  EXPECT_EQ(TestBook::good(on->leases({}, {}, {})).size(), 2u);
  ASSERT_TRUE(on->do_lease(on.customer, TestBook::about(Kind::release, first.lease.id)));
  EXPECT_EQ(reason_of(on->do_lease(on.customer, wish)), "lease.over");
}

// Through the desk: what comes at once shares a transaction, and no order of them gives an eleventh.
TEST(Leases, RacedForByManyThreadsAreNeverMoreThanSeats) {
  constexpr int kThreads = 32, kRounds = 30;
  constexpr std::uint32_t kSeats = 10;
  ReadyBook on;
  const auto licence = TestBook::good(on->issue(on.alice, TestBook::terms_for(on.northwind.id, kSeats))).licence;
  std::atomic<std::uint32_t> held{0}, most{0}, taken{0}, refused{0};
  {
    LeaseDesk desk(*on);
    const auto ask = [&](const LeaseWish& wish) {
      std::optional<Result<LeaseOutcome>> outcome;
      std::latch is_done(1);
      EXPECT_TRUE(desk.post(on.customer, wish, [&](Result<LeaseOutcome> said) {
        outcome = std::move(said);
        is_done.count_down();
      }));
      is_done.wait();
      return std::move(*outcome);
    };
    std::latch begin(kThreads);
    std::vector<std::jthread> threads;  // joined before the latch goes
    for (int i = 0; i < kThreads; ++i)
      threads.emplace_back([&] {
        begin.arrive_and_wait();
        for (int round = 0; round < kRounds; ++round) {
          const auto lease = ask(TestBook::take(licence.id));
          if (!lease) {
            EXPECT_EQ(lease.error().reason, "lease.no_seat");
            ++refused;
            continue;
          }
          const std::uint32_t now = ++held;
          std::uint32_t before = most.load();
          while (before < now && !most.compare_exchange_weak(before, now)) {
          }
          ++taken;
          --held;
          EXPECT_EQ(reason_of(ask(TestBook::about(Kind::release, lease->lease.id))), "done");
        }
      });
  }
  EXPECT_LE(most.load(), kSeats);
  EXPECT_GT(taken.load(), 0u);
  EXPECT_EQ(taken + refused, static_cast<std::uint32_t>(kThreads * kRounds));
  EXPECT_TRUE(on->examine());
}

TEST(LeaseDesk, DoesWhatWaitsBeforeItCloses) {
  ReadyBook on;
  std::atomic<int> done{0};
  LeaseDesk desk(*on);
  for (int i = 0; i < 20; ++i)
    ASSERT_TRUE(desk.post(on.customer, TestBook::take(on.floating.id), [&](const Result<LeaseOutcome>&) { ++done; }));
  desk.close();
  EXPECT_EQ(done, 20);
  EXPECT_FALSE(desk.post(on.customer, TestBook::take(on.floating.id), [&](const Result<LeaseOutcome>&) { ++done; }));
}

}  // namespace
}  // namespace stoa::licensing
