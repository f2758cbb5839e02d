// teller_test.cpp: many threads, one order; a restart; a disk that fails. SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/teller.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/test_journal.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {
namespace {

constexpr JournalOptions kSmall{.segment_bytes = 2 * kFrameBodyBytesMax};

class TellerTest : public testing::Test {
 protected:
  void open(Disk& disk = real_disk()) {
    teller_.reset();
    journal_.reset();
    auto journal = Journal::open(folder_ / "journal", kSmall, disk);
    ASSERT_TRUE(journal) << journal.error().message;
    journal_ = std::move(*journal);
    auto teller = Teller::open(*journal_, terms_, [] { return kNowMs; });
    ASSERT_TRUE(teller) << teller.error().message;
    teller_ = std::move(*teller);
  }
  std::map<std::string, Balance> balances() const {
    return teller_->look([](const AccountsBook& book) {
      std::map<std::string, Balance> all;
      if (const Balances* const balances = book.balances(kEuro))
        for (const auto& [name, balance] : balances->all())
          if (balance != Balance{}) all.emplace(name, balance);
      return all;
    });
  }

  BillingTerms terms_ = some_terms();
  registry::TestFolder folder_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Teller> teller_;
};

TEST_F(TellerTest, ABudgetIsNeverExceededByAnyNumberOfThreadsAndARestartChangesNothing) {
  open();
  // A call costs 0.0119 with tax: 2,521 of them out of 30.
  ASSERT_TRUE(teller_->book(top_up("cus_ahead", 30 * kNanoPerUnit)));
  const std::string customer = "cus_ahead";
  const Quantity one[] = {{"call", 1}};
  std::atomic<int> settled{0}, refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 500; ++i) {
        const auto hold = teller_->hold("cus_ahead", "acme/vision", one);
        if (!hold) {
          EXPECT_EQ(hold.error().reason, "billing.no_funds");
          ++refused;
        } else if (i % 10 == 9) {
          teller_->release(*hold);
        } else {
          EXPECT_TRUE(teller_->settle(SomeCall(customer, 0), *hold));
          ++settled;
        }
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(settled, 2'521);
  EXPECT_GT(refused, 0);
  ASSERT_TRUE(settle(*journal_));
  EXPECT_EQ(journal_->durable(), 2'522u);
  const auto before = balances();
  EXPECT_EQ(before.at("wallet:cus_ahead").debits, 2'521 * Nano{11'900'000});
  open();
  EXPECT_EQ(balances(), before);
}

TEST_F(TellerTest, ARefundOfEverythingReturnsEveryAccountToWhatItWas) {
  open();
  ASSERT_TRUE(teller_->book(top_up("cus_ahead", 30 * kNanoPerUnit)));
  const auto before = balances();
  const std::string customer = "cus_ahead";
  const Quantity one[] = {{"call", 1}, {"token.out", 5'000}};
  std::vector<std::uint64_t> calls;
  for (std::uint64_t i = 0; i < 50; ++i)
    calls.push_back(teller_->settle(SomeCall(customer, i * 77), *teller_->hold(customer, "acme/vision", one))->number);
  ASSERT_TRUE(settle(*journal_));
  EXPECT_EQ(teller_->refund(0, {}, "").error().reason, "refund.not_a_call");
  EXPECT_EQ(teller_->refund(99, {}, "").error().reason, "ledger.no_entry");
  for (const std::uint64_t call : calls) {
    EXPECT_TRUE(teller_->refund(call, 1, "a little"));
    EXPECT_TRUE(teller_->refund(call, 3'333'333, "some more"));
    if (call == calls[20]) open();  // what was given back is known after a restart
    EXPECT_EQ(teller_->refund(call, 20'000'000, "too much").error().reason, "refund.too_much");
    EXPECT_TRUE(teller_->refund(call, {}, "the rest"));
    EXPECT_EQ(teller_->refund(call, {}, "nothing is left").error().reason, "refund.too_much");
    EXPECT_EQ(teller_->refund(call, 1, "nothing is left").error().reason, "refund.too_much");
  }
  teller_->look([&](const AccountsBook& book) {
    for (const auto& [name, balance] : book.balances(kEuro)->all()) {
      const auto was = before.find(std::string(name));
      const Nano then = was == before.end() ? 0 : was->second.debits - was->second.credits;
      EXPECT_EQ(balance.debits - balance.credits, then) << name;
    }
    return 0;
  });
}

TEST_F(TellerTest, WhereTheDiskFailsNothingIsServedAnyMore) {
  FailingDisk disk(8);
  open(disk);
  ASSERT_TRUE(teller_->book(top_up("cus_ahead", kNanoPerUnit)));
  const std::string customer = "cus_ahead";
  const Quantity one[] = {{"call", 1}};
  std::uint64_t acknowledged = settle(*journal_) ? 1 : 0;
  for (int i = 0; i < 20; ++i) {
    const auto hold = teller_->hold("cus_ahead", "acme/vision", one);
    if (!hold) {
      EXPECT_EQ(hold.error().reason, "journal.failed");
      continue;
    }
    const auto settled = teller_->settle(SomeCall(customer, 0), *hold);
    if (settled && settle(*journal_)) acknowledged = settled->number + 1;
  }
  EXPECT_TRUE(journal_->has_failed());
  EXPECT_EQ(teller_->hold("cus_ahead", "acme/vision", one).error().reason, "journal.failed");
  open();
  EXPECT_GE(journal_->durable(), acknowledged);
  EXPECT_LE(journal_->durable(), acknowledged + 1);
  EXPECT_TRUE(teller_->hold("cus_ahead", "acme/vision", one));
}

TEST_F(TellerTest, WhereTheDiskStallsWhoeverWasLetInIsChargedAndTheNextAreAskedToWait) {
  constexpr int kCalls = 30'000;  // whose entries are more than twice what one commit takes
  ShutDisk disk;
  open(disk);
  ASSERT_TRUE(teller_->book(top_up("cus_ahead", 1'000 * kNanoPerUnit)));
  const std::string customer = "cus_ahead";
  const Quantity one[] = {{"call", 1}};
  std::vector<AccountsBook::CallHold> holds;
  for (int i = 0; i < kCalls; ++i) {
    auto hold = teller_->hold("cus_ahead", "acme/vision", one);
    ASSERT_TRUE(hold) << hold.error().message;
    holds.push_back(std::move(*hold));
  }
  disk.shut(true);
  for (const auto& hold : holds) {
    const auto settled = teller_->settle(SomeCall(customer, 0), hold);
    ASSERT_TRUE(settled) << settled.error().message;
  }
  EXPECT_GT(journal_->waiting(), 0u);
  EXPECT_EQ(teller_->hold("cus_ahead", "acme/vision", one).error().reason, "journal.behind");
  EXPECT_TRUE(teller_->book(top_up("cus_ahead", 1))) << "what is paid in is taken";
  EXPECT_FALSE(teller_->has_stopped());
  disk.shut(false);
  ASSERT_TRUE(settle(*journal_));
  EXPECT_EQ(journal_->durable(), kCalls + 2u);
  EXPECT_TRUE(teller_->hold("cus_ahead", "acme/vision", one));
  const auto before = balances();
  open();
  EXPECT_EQ(balances().at("wallet:cus_ahead").debits, before.at("wallet:cus_ahead").debits);
}

TEST_F(TellerTest, AJournalThatWasBookedByOtherTermsIsNotTakenForTheirs) {
  open();
  ASSERT_TRUE(teller_->book(top_up("cus_ahead", kNanoPerUnit)));
  const std::string customer = "cus_ahead";
  const Quantity one[] = {{"call", 1}};
  ASSERT_TRUE(teller_->settle(SomeCall(customer, 0), *teller_->hold("cus_ahead", "acme/vision", one)));
  teller_.reset();
  journal_.reset();
  BillingTerms dearer;
  PriceList list{.id = "pri_1", .publisher = "acme", .currency = kEuro};
  list.meters = {{"call", PriceModel::per_unit, 1, {{std::nullopt, 20'000'000, 0}}}};
  dearer.add(std::make_shared<const PriceList>(list));
  dearer.add(std::make_shared<const Agreement>(*terms_.agreement("agr_1/1")));
  dearer.add(*terms_.customer("cus_ahead"));
  auto journal = Journal::open(folder_ / "journal", kSmall);
  ASSERT_TRUE(journal);
  const auto teller = Teller::open(**journal, dearer, [] { return kNowMs; });
  ASSERT_FALSE(teller);
  EXPECT_EQ(teller.error().reason, "audit.differs");
  EXPECT_EQ(teller.error().message, "entry 1: gross: the entry says 0.01, its terms come to 0.02");
}

}  // namespace
}  // namespace stoa::licensing
