// settlement_killed_test.cpp: kill -9 at any moment: what was acknowledged is there, and nothing is booked twice.
// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <random>

#include "licensing/settlement/test_settlement.hpp"
#include "registry/document/test_child.hpp"

namespace stoa::licensing {
namespace {

// Enough for many calls: one that was killed before its refund is made again, its top-up is not.
constexpr Nano kTopUp = 1'000'000'000;

class SettlementKilled : public SettlementTest {
 protected:
  // Pays, calls and refunds for ever, each act by its token; writes each number that was acknowledged into the pipe.
  [[noreturn]] void act_for_ever(std::uint64_t next, int out) {
    open();
    if (!settlement_) ::_exit(3);
    for (;; ++next) {
      const std::string number = std::to_string(next);
      if (!settlement_->top_up(by_fred("transfer", "t-" + number), euros(kTopUp))) ::_exit(4);
      const Quantity one[] = {{"call", 1}};
      const std::string customer = "cus_ahead";
      const auto hold = teller_->hold(customer, "acme/vision", one);
      if (!hold) ::_exit(5);
      const auto settled = teller_->settle(SomeCall(customer, 0, now_ms_), *hold);
      if (!settled || !stoa::licensing::settle(*journal_)) ::_exit(6);
      if (!settlement_->refund(by_fred("slow", "r-" + number), {.call = settled->number, .bearer = Bearer::platform}))
        ::_exit(7);
      if (::write(out, &next, sizeof next) != sizeof next) ::_exit(8);
    }
  }

  // Entries by the act that they name.
  std::map<std::string, std::vector<Entry>> entries_by_act() {
    std::map<std::string, std::vector<Entry>> entries;
    for (const std::string& record : entries_from(*journal_, 0)) {
      const Entry entry = *decode(record);
      if (!entry.usage) entries[entry.party->request].push_back(entry);
    }
    return entries;
  }

  void check(std::uint64_t acknowledged) {
    const auto acts = settlement_->acts({}, {.after = "", .most = 1'000'000});
    ASSERT_TRUE(acts);
    auto entries = entries_by_act();
    std::uint64_t top_ups = 0, refunds = 0;
    for (const MoneyAct& act : *acts) {
      ASSERT_EQ(act.state, ActState::booked) << act.id;
      const bool is_refund = act.kind == ActKind::refund;
      ++(is_refund ? refunds : top_ups);
      ASSERT_EQ(entries[act.id].size(), is_refund ? 2u : 1u) << act.id;
      entries.erase(act.id);
    }
    ASSERT_TRUE(entries.empty()) << "an entry that no act made";
    ASSERT_GE(top_ups, acknowledged);
    ASSERT_LE(top_ups, acknowledged + 1);
    ASSERT_GE(refunds, acknowledged);
    ASSERT_LE(refunds, acknowledged + 1);
    const auto all = accounts();
    const auto paid = all.find("cash:bank");
    ASSERT_EQ(paid == all.end() ? 0 : paid->second, static_cast<Nano>(top_ups) * kTopUp);
    teller_->look([](const AccountsBook& book) {
      const Balances* const euros = book.balances(kEuro);  // none: it was killed before its first act
      EXPECT_TRUE(euros == nullptr || euros->verify());
      return 0;
    });
  }
};

TEST_F(SettlementKilled, AtAnyMomentBooksEachActOnce) {
  const char* const given = std::getenv("STOA_KILLS");
  const int kills = given ? std::atoi(given) : 25;
  std::mt19937_64 random(8);
  std::uint64_t acknowledged = 0;
  for (int kill = 0; kill < kills; ++kill) {
    std::string said;
    {
      close();
      registry::TestChild child([&](int out) -> int { act_for_ever(acknowledged, out); });
      said = child.said_within(std::chrono::microseconds(20'000 + random() % 100'000));
      said += child.kill();
    }
    for (std::size_t at = 0; at + sizeof acknowledged <= said.size(); at += sizeof acknowledged) ++acknowledged;
    open();
    check(acknowledged);
    if (HasFatalFailure()) return;
    EXPECT_TRUE(settlement_->examine());
  }
  std::printf("%d kills, %llu acts of each kind acknowledged, 0 lost, 0 doubled\n", kills,
              static_cast<unsigned long long>(acknowledged));
  EXPECT_GT(acknowledged, 0u);
}

}  // namespace
}  // namespace stoa::licensing
