// balances_test.cpp: entries that sum to zero, accounts that never run dry, holds. SPDX-License-Identifier: Apache-2.0
#include "licensing/ledger/balances.hpp"

#include <gtest/gtest.h>

#include <random>

#include "licensing/ledger/test_entries.hpp"

namespace stoa::licensing {
namespace {

Entry top_up(Nano amount) { return booking({{"cash:bank", amount}, {"wallet:cus_1", -amount}}, EntryKind::top_up); }

class BalancesTest : public testing::Test {
 protected:
  Balances balances_{*Currency::parse("EUR")};
};

TEST_F(BalancesTest, AreWhatTheEntriesComeTo) {
  ASSERT_TRUE(balances_.apply(top_up(5'000)));
  ASSERT_TRUE(balances_.apply(call_entry()));
  EXPECT_EQ(balances_.available("wallet:cus_1"), 3'810);
  EXPECT_EQ(balances_.available("payable:publisher/acme"), 700);
  EXPECT_EQ(balances_.available("cash:bank"), 5'000);
  EXPECT_EQ(balances_.balance("wallet:cus_1"), (Balance{1'190, 5'000, 0}));
  EXPECT_EQ(balances_.balance("wallet:nobody"), Balance{});
  EXPECT_TRUE(balances_.verify());
}

TEST_F(BalancesTest, RefuseAnEntryForItsOwnReasonAndStayAsTheyWere) {
  struct Row {
    const char* reason;
    Entry entry;
  };
  Entry in_dollars = top_up(1);
  in_dollars.currency = *Currency::parse("USD");
  Entry nameless = call_entry();
  nameless.party.reset();
  const Row rows[] = {
      {"ledger.sum", booking({{"cash:bank", 5}, {"wallet:cus_1", -4}})},
      {"ledger.postings", booking({{"cash:bank", 0}})},
      {"ledger.postings", booking({{"cash:bank", 0}, {"wallet:cus_1", 0}})},
      {"ledger.postings", booking({{"cash:bank", 1}, {"cash:bank", -1}})},
      {"ledger.postings", nameless},
      {"ledger.account", booking({{"cash", 1}, {"wallet:cus_1", -1}})},
      {"ledger.account", booking({{"suspense:x", 1}, {"wallet:cus_1", -1}})},
      {"ledger.account", booking({{"bribes:x", 1}, {"wallet:cus_1", -1}})},
      {"ledger.account", booking({{"cash:a b", 1}, {"wallet:cus_1", -1}})},
      {"ledger.currency", in_dollars},
      {"ledger.overdraft", call_entry()},
      {"money.overflow", booking({{"cash:a", INT64_MAX}, {"cash:b", 1}, {"wallet:cus_1", INT64_MIN}})},
  };
  ASSERT_TRUE(balances_.apply(top_up(1'189)));
  const auto before = balances_.all();
  for (const Row& row : rows) {
    const auto applied = balances_.apply(row.entry);
    ASSERT_FALSE(applied) << row.reason;
    EXPECT_EQ(applied.error().reason, row.reason);
    for (const auto& [account, balance] : before) EXPECT_EQ(balances_.balance(account), balance);
  }
}

TEST_F(BalancesTest, NeverPostMoreThanFits) {
  ASSERT_TRUE(balances_.apply(top_up(INT64_MAX)));
  EXPECT_EQ(balances_.apply(top_up(1)).error().reason, "money.overflow");
  EXPECT_EQ(balances_.available("wallet:cus_1"), INT64_MAX);
}

TEST_F(BalancesTest, AHoldIsTakenOnceAndComesBack) {
  ASSERT_TRUE(balances_.apply(top_up(2'000)));
  const auto hold = balances_.hold(*balances_.open("wallet:cus_1"), 1'500);
  ASSERT_TRUE(hold);
  EXPECT_EQ(balances_.hold(*balances_.open("wallet:cus_1"), 501).error().reason, "ledger.overdraft");
  EXPECT_EQ(balances_.apply(call_entry()).error().reason, "ledger.overdraft");
  // The call's own hold pays for it; what it did not need is free again.
  ASSERT_TRUE(balances_.apply(call_entry(), &*hold));
  EXPECT_EQ(balances_.available("wallet:cus_1"), 810);
  const auto other = balances_.hold(*balances_.open("wallet:cus_1"), 810);
  ASSERT_TRUE(other);
  EXPECT_EQ(balances_.available("wallet:cus_1"), 0);
  balances_.release(*other);
  EXPECT_EQ(balances_.available("wallet:cus_1"), 810);
  EXPECT_EQ(balances_.hold(*balances_.open("wallet:stranger"), 1).error().reason, "ledger.overdraft");
  EXPECT_TRUE(balances_.verify());
}

TEST_F(BalancesTest, AHoldGrowsWhereThereIsEnoughAndShrinksAlways) {
  ASSERT_TRUE(balances_.apply(top_up(2'000)));
  Hold hold{*balances_.open("wallet:cus_1"), 0};
  ASSERT_TRUE(balances_.resize(hold, 1'500));
  EXPECT_EQ(balances_.available("wallet:cus_1"), 500);
  EXPECT_EQ(balances_.resize(hold, 2'001).error().reason, "ledger.overdraft");
  EXPECT_EQ(hold.amount, 1'500);
  ASSERT_TRUE(balances_.resize(hold, 2'000));
  ASSERT_TRUE(balances_.resize(hold, 7));
  EXPECT_EQ(balances_.available("wallet:cus_1"), 1'993);
  balances_.release(hold);
  EXPECT_EQ(balances_.available("wallet:cus_1"), 2'000);
}

TEST_F(BalancesTest, StayWholeInAnyOrderOfEntriesAndHolds) {
  std::mt19937_64 random(4);
  std::vector<Hold> open;
  const char* accounts[] = {"wallet:a", "wallet:b", "promo:a", "payable:x", "cash:bank", "income:fee", "reserve:x"};
  for (int i = 0; i < 200'000; ++i) {
    const auto amount = static_cast<Nano>(random() % 1'000 + 1);
    const char *from = accounts[random() % std::size(accounts)], *to = accounts[random() % std::size(accounts)];
    switch (random() % 4) {
      case 0:
        if (const auto hold = balances_.hold(*balances_.open(from), amount)) open.push_back(*hold);
        break;
      case 1:
        if (!open.empty()) {
          balances_.release(open.back());
          open.pop_back();
        }
        break;
      case 2:
        if (!open.empty() && from != to && balances_.apply(booking({{from, amount}, {to, -amount}}), &open.back()))
          open.pop_back();
        break;
      default:
        (void)balances_.apply(booking({{from, amount}, {to, -amount}}));
    }
    if (i % 1'000 == 0) ASSERT_TRUE(balances_.verify()) << i;
  }
  for (const Hold& hold : open) balances_.release(hold);
  for (const auto& [account, balance] : balances_.all()) EXPECT_EQ(balance.held, 0) << account;
}

}  // namespace
}  // namespace stoa::licensing
