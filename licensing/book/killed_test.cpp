// killed_test.cpp: kill -9 at any moment of issuing, leasing, rotating and revoking (A13).
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>

#include "licensing/book/test_book.hpp"
#include "registry/document/test_child.hpp"

namespace stoa::licensing {
namespace {

constexpr int kKills = 100;  // STOA_KILLS: another number
constexpr int kKillsPerFile = 20;
constexpr std::int64_t kLongestUs = 60'000;
constexpr std::uint32_t kSeats = 3;

// What a child reports after each act: it was acknowledged with this.
struct Acknowledged {
  std::int64_t revision;
  AuditHead head;
  std::uint64_t reserved;  // of the one quota
  char lease[32];          // of the last one taken or renewed that was not released since; empty: none
};
static_assert(sizeof(Acknowledged) <= 512, "goes into a pipe whole or not at all");

class Work {
 public:
  Work() {
    on_.close();
    std::filesystem::copy_file(on_.file(), on_.folder / "begin.db");
  }

  void begin_anew() {
    on_.close();
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(on_.file().string() + end);
    std::filesystem::copy_file(on_.folder / "begin.db", on_.file());
    seen_ = {};
  }

  // The child: one act after the other, without an end.
  int act_for_ever(unsigned seed, int pipe) {
    random_.seed(seed);
    if (!on_.try_open()) return 1;
    Acknowledged done = seen_;
    for (;;) {
      ++on_.now_ms;
      if (!act(done)) continue;
      const auto line = on_->audit(0, 1, "");
      const auto revision = on_->revision();
      if (!line || !revision) return 2;
      done.revision = *revision;
      done.head = {line->front().line, line->front().sha256};
      if (::write(pipe, &done, sizeof done) != sizeof done) return 3;
    }
  }

  void kill_once(unsigned seed, std::chrono::nanoseconds after) {
    registry::TestChild child([&](int pipe) { return act_for_ever(seed, pipe); });
    std::string said = child.said_within(after);
    said += child.kill();
    ASSERT_EQ(said.size() % sizeof(Acknowledged), 0u);
    acts += said.size() / sizeof(Acknowledged);
    if (!said.empty()) std::memcpy(&seen_, said.data() + said.size() - sizeof seen_, sizeof seen_);
    on_.now_ms += 100;  // later than anything of the child, and within every lease's time
    const auto opened = on_.try_open();
    ASSERT_TRUE(opened) << opened.error().message;
    const auto whole = on_->examine(seen_.head);
    ASSERT_TRUE(whole) << whole.error().message;
    const auto revision = on_->revision();
    if (seen_.head.lines > 0) {
      ASSERT_GE(*revision, seen_.revision);
      ASSERT_LE(*revision, seen_.revision + 1) << "at most the act that was under way";
      ASSERT_GE(*on_->reserved("lic_x", "call", 0), seen_.reserved);
      ASSERT_LE(*on_->reserved("lic_x", "call", 0), seen_.reserved + 1);
    }
    check_leases();
    seen_.revision = *revision;
    seen_.head = *whole;
    seen_.reserved = *on_->reserved("lic_x", "call", 0);
    on_.close();
  }

  std::size_t acts = 0;

 private:
  // What is held is what the seat table was filled with; never more than seats; the last one acknowledged is there,
  // unless the act under way released it or revoked its licence.
  void check_leases() {
    const auto leases = on_->leases({}, {}, {.after = "", .most = 1'000});
    ASSERT_TRUE(leases);
    ASSERT_EQ(leases->size(), on_.held.size());
    std::map<std::string, std::uint32_t> held;
    for (const Lease& lease : *leases) ASSERT_LE(++held[lease.licence.text], kSeats);
    if (seen_.lease[0] == '\0') return;
    const bool is_there = std::ranges::any_of(*leases, [&](const Lease& one) { return one.id.text == seen_.lease; });
    const auto lines = on_->audit(0, 10, seen_.lease);
    ASSERT_TRUE(lines && !lines->empty());
    ASSERT_EQ(is_there, lines->front().action == "lease.take") << lines->front().action;
    if (!is_there) seen_.lease[0] = '\0';
  }

  int up_to(int most) { return static_cast<int>(random_() % static_cast<unsigned>(most)); }

  bool act(Acknowledged& done) {
    const auto customers = on_->customers({.after = "", .most = 50});
    if (!customers) return false;
    if (customers->empty() || (customers->size() < 4 && up_to(20) == 0))
      return on_->create_customer(on_.alice, "c" + std::to_string(customers->size()), "").has_value();
    const Customer& customer = (*customers)[static_cast<std::size_t>(up_to(static_cast<int>(customers->size())))];
    switch (up_to(9)) {
      case 8:
        return billing(customer);
      case 0:
        return keys(customer);
      case 1:
      case 2:
        return licences(customer, done);
      case 3: {
        const Reservation one[] = {{"lic_x", "call", 0, *on_->reserved("lic_x", "call", 0) + 1}};
        if (!on_->reserve(one)) return false;
        ++done.reserved;
        return on_->revision().value_or(0) > 0;
      }
      default:
        return leases(customer, done);
    }
  }

  bool keys(const Customer& customer) {
    const auto known = on_->keys(customer.id, {.after = "", .most = 100});
    if (!known) return false;
    for (const ApiKey& key : *known) {
      if (key.revoked_ms) continue;
      if (key.rotated_until_ms || up_to(3) == 0) return on_->revoke_key(on_.alice, key.id, "so").has_value();
      return on_->rotate_key(on_.alice, key.id, 10).has_value();
    }
    NewKey wanted;
    wanted.name = "k";
    return on_->create_key(on_.alice, customer.id, wanted).has_value();
  }

  bool billing(const Customer& customer) {
    const auto lists = on_->price_lists("", {});
    const auto agreements = on_->agreements({}, {});
    if (!lists || !agreements) return false;
    if (lists->empty()) return on_->create_prices(on_.alice, TestBook::some_prices()).has_value();
    if (agreements->empty()) return on_->propose(on_.alice, TestBook::some_shares()).has_value();
    const HeldAgreement& newest = agreements->back();
    const auto missing = newest.missing_signatures();
    switch (up_to(5)) {
      case 0:
        return on_->replace_prices(on_.alice, {lists->front().list.id}, TestBook::some_prices()).has_value();
      case 1:
        return on_->set_customer_billing(on_.alice, customer.id, TestBook::some_payer()).has_value();
      default:
        if (missing.empty())
          return on_->propose(on_.alice, TestBook::some_shares(), AgreementId{newest.agreement.id}).has_value();
        return on_->sign_agreement(on_.alice, Signers::signing_by(newest, missing.front(), key_)).has_value();
    }
  }

  bool licences(const Customer& customer, Acknowledged& done) {
    const auto known = on_->licences({.customer = customer.id, .publisher = {}}, {});
    if (!known) return false;
    if (known->size() < 3) return on_->issue(on_.alice, TestBook::terms_for(customer.id, kSeats)).has_value();
    const LicenceId& id = known->front().licence.id;
    if (up_to(2) == 0) return on_->replace(on_.alice, id, TestBook::terms_for({}, kSeats)).has_value();
    const auto gone = on_->leases({}, id, {});
    if (!gone || !on_->revoke(on_.alice, id, "so")) return false;
    for (const Lease& lease : *gone)
      if (lease.id.text == done.lease) done.lease[0] = '\0';
    return true;
  }

  bool leases(const Customer& customer, Acknowledged& done) {
    const Actor by{Actor::Kind::customer, customer.name, customer.id, {"key_x"}, TestBook::kAllScopes};
    const auto held = on_->leases(customer.id, {}, {});
    if (!held) return false;
    const int what = up_to(3);
    if (what == 0 && !held->empty()) {
      const Lease& lease = held->front();
      if (!on_->do_lease(by, TestBook::about(LeaseWish::Kind::release, lease.id))) return false;
      if (lease.id.text == done.lease) done.lease[0] = '\0';
      return true;
    }
    LeaseWish wish =
        what == 1 && !held->empty() ? TestBook::about(LeaseWish::Kind::renew, held->back().id) : LeaseWish{};
    if (wish.kind == LeaseWish::Kind::take) wish.model = "acme/vision";
    const auto outcome = on_->do_lease(by, wish);
    if (!outcome) return false;
    std::memset(done.lease, 0, sizeof done.lease);
    outcome->lease.id.text.copy(done.lease, sizeof done.lease - 1);
    return true;
  }

  const registry::PrivateKey key_ = registry::PrivateKey::generate();
  TestBook on_;
  Acknowledged seen_{};
  std::mt19937 random_{1};
};

TEST(BookKilled, AtAnyMomentLosesNothingThatWasAcknowledgedAndLeavesNothingHalf) {
  const char* asked = std::getenv("STOA_KILLS");
  const int kills = asked ? std::atoi(asked) : kKills;
  Work work;
  std::mt19937 random(7);
  for (int i = 0; i < kills; ++i) {
    if (i % kKillsPerFile == 0) work.begin_anew();
    SCOPED_TRACE("kill " + std::to_string(i));
    work.kill_once(static_cast<unsigned>(i), std::chrono::microseconds(random() % kLongestUs));
    if (testing::Test::HasFatalFailure()) return;
  }
  std::printf("%d kills, %zu acknowledged acts\n", kills, work.acts);
  EXPECT_GT(work.acts, 0u);
}

TEST(BookKilled, WhileAFileIsMadeLeavesOneThatOpens) {
  constexpr int kMade = 40;
  std::chrono::nanoseconds longest{};
  TestBook on;
  for (int i = -1; i < kMade; ++i) {
    on.close();
    for (const char* end : {"", "-wal", "-shm", "-journal"}) std::filesystem::remove(on.file().string() + end);
    const auto began = std::chrono::steady_clock::now();
    registry::TestChild child([&](int) { return on.try_open() ? 0 : 1; });
    if (i < 0) {
      ASSERT_EQ(child.wait(), 0);
      longest = std::chrono::steady_clock::now() - began;
    } else {
      (void)child.said_within(longest * i / kMade);
      (void)child.kill();
    }
    const auto opened = on.try_open();
    ASSERT_TRUE(opened) << i << ": " << opened.error().message;
    ASSERT_TRUE(on->create_customer(on.alice, "northwind", ""));
    const auto whole = on->examine();
    ASSERT_TRUE(whole) << whole.error().message;
  }
}

}  // namespace
}  // namespace stoa::licensing
