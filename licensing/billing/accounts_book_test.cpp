// accounts_book_test.cpp: a call's price, its shares, and the same again from its entries.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/accounts_book.hpp"

#include <gtest/gtest.h>

#include <random>

#include "licensing/billing/test_billing.hpp"

namespace stoa::licensing {
namespace {

class AccountsBookTest : public testing::Test {
 protected:
  Nano available(std::string_view account) const {
    const Balances* const balances = book_.balances(kEuro);
    return balances ? balances->available(account) : 0;
  }
  BillingTerms terms_ = some_terms();
  AccountsBook book_{terms_};
};

TEST_F(AccountsBookTest, ACallIsPricedSharedOutAndBooked) {
  ASSERT_TRUE(book_.book(top_up("cus_ahead", kNanoPerUnit)));
  // 1,400 tokens: 400 of them at 2.50 a million are 0.001. With the call 0.011, with tax 0.01309.
  const std::string customer = "cus_ahead";
  const SomeCall call(customer, 1'400);
  const auto entry = book_.settle(call, nullptr, kNowMs + 5);
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->usage->gross, 11'000'000);
  EXPECT_EQ(entry->usage->tax, 2'090'000);
  EXPECT_EQ(to_entry(*entry).postings, (std::vector<Posting>{{"payable:publisher/acme", -7'700'000},
                                                             {"payable:data/corpus", -2'200'000},
                                                             {"income:share", -1'100'000},
                                                             {"tax:DE", -2'090'000},
                                                             {"wallet:cus_ahead", 13'090'000}}));
  EXPECT_EQ(available("wallet:cus_ahead"), kNanoPerUnit - 13'090'000);
  EXPECT_EQ(book_.used("cus_ahead", "pri_1/1", "token.out", kNowMs), 1'400u);
  // A new day has its own free tokens.
  constexpr std::int64_t kDay = 86'400'000;
  EXPECT_EQ(book_.settle(SomeCall(customer, 1'000, kNowMs + kDay), nullptr, kNowMs)->usage->gross, 10'000'000);
  EXPECT_EQ(book_.used("cus_ahead", "pri_1/1", "token.out", kNowMs + kDay), 1'000u);
}

TEST_F(AccountsBookTest, AHoldIsTheMostThatACallCanCostAndComesBack) {
  ASSERT_TRUE(book_.book(top_up("cus_ahead", 40'000'000)));
  const Quantity most[] = {{"call", 1}, {"token.out", 2'000}};
  // 0.0125 and 19 per cent.
  const auto hold = book_.hold("cus_ahead", "acme/vision", most, kNowMs);
  ASSERT_TRUE(hold);
  EXPECT_EQ(available("wallet:cus_ahead"), 40'000'000 - 14'875'000);
  // Of both together 3,000 tokens are not free: 0.0275 and 19 per cent.
  const auto second = book_.hold("cus_ahead", "acme/vision", most, kNowMs);
  ASSERT_TRUE(second);
  EXPECT_EQ(available("wallet:cus_ahead"), 40'000'000 - 32'725'000);
  EXPECT_EQ(book_.hold("cus_ahead", "acme/vision", most, kNowMs).error().reason, "billing.no_funds");
  const std::string customer = "cus_ahead";
  ASSERT_TRUE(book_.settle(SomeCall(customer, 10), &*hold, kNowMs));
  EXPECT_EQ(available("wallet:cus_ahead"), 40'000'000 - 11'900'000 - 14'904'750);
  book_.release(*second);
  EXPECT_EQ(available("wallet:cus_ahead"), 40'000'000 - 11'900'000);
}

TEST_F(AccountsBookTest, MoreUnitsThanAnybodyCanCountHoldNothing) {
  ASSERT_TRUE(book_.book(top_up("cus_ahead", 40'000'000)));
  PriceList list{.id = "pri_2", .publisher = "acme", .currency = kEuro};
  list.meters = {{"token.out", PriceModel::per_unit, 1'000'000, {{std::nullopt, 0, 5'000'000}}}};
  terms_.add(std::make_shared<const PriceList>(list));
  terms_.charge("acme/vision", "pri_2/1", "agr_1/1");
  const Quantity half[] = {{"token.out", UINT64_MAX / 2 + 2}};
  const auto hold = book_.hold("cus_ahead", "acme/vision", half, kNowMs);
  ASSERT_TRUE(hold) << hold.error().message;
  EXPECT_EQ(available("wallet:cus_ahead"), 40'000'000 - 5'950'000);
  EXPECT_EQ(book_.hold("cus_ahead", "acme/vision", half, kNowMs).error().reason, "meter.overflow");
  EXPECT_EQ(available("wallet:cus_ahead"), 40'000'000 - 5'950'000);
  book_.release(*hold);
  EXPECT_EQ(available("wallet:cus_ahead"), 40'000'000);
}

TEST_F(AccountsBookTest, ACallThatEndsInTheNextPeriodCountsThere) {
  ASSERT_TRUE(book_.book(top_up("cus_ahead", kNanoPerUnit)));
  const std::string customer = "cus_ahead";
  const std::int64_t midnight_ms = start_of_period(Period::day, kNowMs) + 86'400'000;
  ASSERT_TRUE(book_.settle(SomeCall(customer, 900, midnight_ms + 1), nullptr, midnight_ms + 1));
  // It came before midnight and ends after the first call of the new day: 800 of its 900 tokens are paid for.
  EXPECT_EQ(book_.settle(SomeCall(customer, 900, midnight_ms - 1), nullptr, midnight_ms + 2)->usage->gross,
            10'000'000 + 2'000'000);
  EXPECT_EQ(book_.used("cus_ahead", "pri_1/1", "token.out", midnight_ms), 1'800u);
  EXPECT_EQ(book_.settle(SomeCall(customer, 100, midnight_ms + 3), nullptr, midnight_ms + 3)->usage->gross,
            10'000'000 + 250'000);
}

TEST_F(AccountsBookTest, WhoPaysAfterwardsMayOweUpToALimit) {
  const Quantity one[] = {{"call", 1}};
  std::vector<AccountsBook::CallHold> holds;
  for (;;) {
    const auto hold = book_.hold("cus_after", "acme/vision", one, kNowMs);
    if (!hold) {
      EXPECT_EQ(hold.error().reason, "billing.no_funds");
      break;
    }
    holds.push_back(*hold);
  }
  EXPECT_EQ(holds.size(), 100u);
  const std::string customer = "cus_after";
  for (const auto& hold : holds) ASSERT_TRUE(book_.settle(SomeCall(customer, 0), &hold, kNowMs));
  EXPECT_EQ(book_.hold("cus_after", "acme/vision", one, kNowMs).error().reason, "billing.no_funds");
  EXPECT_EQ(available("recv:cus_after"), kNanoPerUnit);
}

TEST_F(AccountsBookTest, ACallIsChargedByTheTermsItWasHeldBy) {
  ASSERT_TRUE(book_.book(top_up("cus_ahead", kNanoPerUnit)));
  const Quantity one[] = {{"call", 1}};
  const auto hold = book_.hold("cus_ahead", "acme/vision", one, kNowMs);
  ASSERT_TRUE(hold);
  BillingTerms dearer = terms_;
  PriceList list{.id = "pri_2", .publisher = "acme", .currency = kEuro};
  list.meters = {{"call", PriceModel::per_unit, 1, {{std::nullopt, 90'000'000, 0}}}};
  dearer.add(std::make_shared<const PriceList>(list));
  dearer.charge("acme/vision", "pri_2/1", "agr_1/1");
  dearer.add(PayingCustomer{.id = "cus_ahead", .currency = kEuro, .tax_ppm = 500'000, .tax_office = "FR"});
  book_.set_terms(dearer);
  const std::string customer = "cus_ahead";
  const SomeCall call(customer, 0);
  const auto entry = book_.settle(call, &*hold, kNowMs);
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->usage->price, "pri_1/1");
  EXPECT_EQ(entry->usage->gross, 10'000'000);
  EXPECT_EQ(entry->usage->tax, 1'900'000);
  EXPECT_EQ(available("wallet:cus_ahead"), kNanoPerUnit - 11'900'000);
  const auto next = book_.settle(call, nullptr, kNowMs);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->usage->gross, 90'000'000);
  EXPECT_EQ(next->usage->tax, 45'000'000);
}

TEST_F(AccountsBookTest, WithoutAPriceOrACustomerNothingIsHeld) {
  constexpr std::span<const Quantity> kNothing;
  EXPECT_EQ(book_.hold("cus_ahead", "acme/other", kNothing, kNowMs).error().reason, "billing.no_price");
  EXPECT_EQ(book_.hold("cus_none", "acme/vision", kNothing, kNowMs).error().reason, "billing.no_customer");
}

TEST_F(AccountsBookTest, AVolumePriceThatFallsIsMadeUpForByTheNextCalls) {
  PriceList list{.id = "pri_2", .publisher = "acme", .currency = kEuro};
  list.meters = {{"call", PriceModel::volume, 1, {{10, 100, 0}, {std::nullopt, 50, 0}}}};
  terms_.add(std::make_shared<const PriceList>(list));
  terms_.charge("acme/vision", "pri_2/1", "agr_1/1");
  Nano charged = 0;
  const std::string customer = "cus_after";
  for (int call = 1; call <= 30; ++call) {
    charged += book_.settle(SomeCall(customer, 0), nullptr, kNowMs)->usage->gross;
    EXPECT_EQ(charged, call <= 10 ? call * 100 : std::max(1'000, call * 50)) << call;
  }
}

TEST_F(AccountsBookTest, ReadAgainFromItsEntriesItIsTheSame) {
  std::mt19937_64 random(9);
  std::vector<Entry> entries{top_up("cus_ahead", 50 * kNanoPerUnit)};
  ASSERT_TRUE(book_.book(entries[0]));
  for (int i = 0; i < 3'000; ++i) {
    const std::string customer = random() % 2 ? "cus_ahead" : "cus_after";
    const SomeCall call(customer, random() % 3'000, kNowMs + i * 60'000);
    const auto entry = book_.settle(call, nullptr, kNowMs + i * 60'000);
    ASSERT_TRUE(entry) << entry.error().message;
    entries.push_back(to_entry(*entry));
  }
  AccountsBook again(terms_);
  for (const Entry& entry : entries) ASSERT_TRUE(again.replay(entry));
  EXPECT_EQ(again.balances(kEuro)->all(), book_.balances(kEuro)->all());
  EXPECT_EQ(*again.waterfall("agr_1/1"), *book_.waterfall("agr_1/1"));
  EXPECT_TRUE(again.balances(kEuro)->verify());
}

TEST_F(AccountsBookTest, WhatACustomerWasGivenIsUsedBeforeItsWalletAndComesBackLikewise) {
  Entry gift{.currency = kEuro};
  gift.postings = {{"expense:promo", 20'000'000}, {"promo:cus_ahead", -20'000'000}};
  const Entry paid = top_up("cus_ahead", 15'000'000);
  ASSERT_TRUE(book_.book(gift));
  ASSERT_TRUE(book_.book(paid));
  const std::string customer = "cus_ahead";
  const Quantity one[] = {{"call", 1}};
  // A call costs 11'900'000 with tax: the second takes what is left of the gift, and the rest out of the wallet.
  const auto first = book_.hold(customer, "acme/vision", one, kNowMs),
             second = book_.hold(customer, "acme/vision", one, kNowMs);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(available("promo:cus_ahead"), 0);
  EXPECT_EQ(available("wallet:cus_ahead"), 15'000'000 - 3'800'000);
  EXPECT_EQ(book_.hold(customer, "acme/vision", one, kNowMs).error().reason, "billing.no_funds");
  std::vector<Entry> calls{to_entry(*book_.settle(SomeCall(customer, 0), &*second, kNowMs)),
                           to_entry(*book_.settle(SomeCall(customer, 0), &*first, kNowMs))};
  EXPECT_EQ(calls[0].postings[4], (Posting{"promo:cus_ahead", 11'900'000}));
  EXPECT_EQ(calls[1].postings[4], (Posting{"promo:cus_ahead", 8'100'000}));
  EXPECT_EQ(calls[1].postings[5], (Posting{"wallet:cus_ahead", 3'800'000}));

  AccountsBook again(terms_);
  for (const Entry& entry : {gift, paid, calls[0], calls[1]}) ASSERT_TRUE(again.replay(entry));
  EXPECT_EQ(again.balances(kEuro)->all(), book_.balances(kEuro)->all());
  Entry changed = calls[1];
  changed.postings.pop_back();
  changed.postings[4] = {"wallet:cus_ahead", 11'900'000};
  AccountsBook other(terms_);
  for (const Entry& entry : {gift, paid}) ASSERT_TRUE(other.replay(entry));
  EXPECT_TRUE(other.replay(changed)) << "how much each pays is the entry's to say";
  changed.postings[4] = {"promo:cus_ahead", 11'900'001};
  EXPECT_EQ(other.replay(changed).error().reason, "audit.differs");

  for (std::uint64_t number = 2; number < 4; ++number) {
    ASSERT_TRUE(book_.refund(number, calls[number - 2], 1'234'567, "a part", kNowMs));
    ASSERT_TRUE(book_.refund(number, calls[number - 2], 11'900'000 - 1'234'567, "the rest", kNowMs));
  }
  EXPECT_EQ(available("promo:cus_ahead"), 20'000'000);
  EXPECT_EQ(available("wallet:cus_ahead"), 15'000'000);
  EXPECT_EQ(available("payable:publisher/acme"), 0);
}

// A tax that was raised, a customer that pays afterwards now: what was charged before stays as it was charged.
TEST_F(AccountsBookTest, EntriesOfACustomerThatPaidOtherwiseAreReadByItsTermsThen) {
  std::vector<Entry> entries{top_up("cus_ahead", 10 * kNanoPerUnit)};
  ASSERT_TRUE(book_.book(entries[0]));
  const auto serve = [&] {
    const SomeCall call("cus_ahead", 3'000);
    const auto entry = book_.settle(call, nullptr, kNowMs);
    ASSERT_TRUE(entry) << entry.error().message;
    entries.push_back(to_entry(*entry));
  };
  serve();
  terms_.add(PayingCustomer{.id = "cus_ahead",
                            .version = 2,
                            .currency = kEuro,
                            .pays_ahead = false,
                            .credit_limit = kNanoPerUnit,
                            .tax_ppm = 250'000,
                            .tax_office = "SE"});
  book_.set_terms(terms_);
  serve();
  EXPECT_EQ(entries[1].usage->payer_terms, 1u);
  EXPECT_EQ(entries[2].usage->payer_terms, 2u);
  EXPECT_GT(entries[2].usage->tax, entries[1].usage->tax);
  AccountsBook again(terms_);
  for (const Entry& entry : entries) {
    const auto read = again.replay(entry);
    EXPECT_TRUE(read) << read.error().message;
  }
  EXPECT_EQ(again.balances(kEuro)->balance("recv:cus_ahead").debits,
            book_.balances(kEuro)->balance("recv:cus_ahead").debits);
  Entry forged = entries[2];
  forged.usage->payer_terms = 3;
  EXPECT_EQ(AccountsBook(terms_).replay(forged).error().reason, "audit.differs");
}

TEST_F(AccountsBookTest, AnEntryThatItsTermsDoNotComeToIsFound) {
  ASSERT_TRUE(book_.book(top_up("cus_ahead", kNanoPerUnit)));
  const std::string customer = "cus_ahead";
  const SomeCall call(customer, 5'000);
  const Entry entry = to_entry(*book_.settle(call, nullptr, kNowMs));
  const auto found = [&](const Entry& changed) {
    AccountsBook other(terms_);
    EXPECT_TRUE(other.book(top_up("cus_ahead", kNanoPerUnit)));
    const auto replayed = other.replay(changed);
    return replayed ? std::string("equal") : replayed.error().reason + " " + replayed.error().message.substr(0, 9);
  };
  EXPECT_EQ(found(entry), "equal");
  Entry changed = entry;
  changed.usage->quantities[1].units += 1'000;
  EXPECT_EQ(found(changed), "audit.differs gross: th");
  changed = entry;
  changed.usage->payer = terms_.payer({"cus_after", "acme"});
  EXPECT_EQ(found(changed), "audit.differs payer: th");
  changed = entry;
  changed.usage->tax += 1;
  EXPECT_EQ(found(changed), "audit.differs tax: the ");
  changed = entry;
  std::swap(changed.postings[1].amount, changed.postings[2].amount);
  EXPECT_EQ(found(changed), "audit.differs posting 2");
  changed = entry;
  changed.usage->price = "pri_9/1";
  EXPECT_EQ(found(changed), "audit.differs entry: mo");
}

}  // namespace
}  // namespace stoa::licensing
