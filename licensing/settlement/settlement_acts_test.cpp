// settlement_acts_test.cpp: money that is paid, given, moved and given back; once, whatever happens meanwhile.
// SPDX-License-Identifier: Apache-2.0
#include <random>

#include "licensing/settlement/test_settlement.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

TEST_F(SettlementTest, ATopUpIsBookedOnceForItsToken) {
  open();
  const auto paid = settlement_->top_up(by_fred("transfer 7", "t-1"), euros(30 * kNanoPerUnit));
  ASSERT_TRUE(paid) << paid.error().message;
  EXPECT_EQ(paid->state, ActState::booked);
  EXPECT_EQ(settlement_->top_up(by_fred("transfer 7", "t-1"), euros(30 * kNanoPerUnit))->entry, paid->entry);
  EXPECT_EQ(outcome(settlement_->top_up(by_fred("transfer 8", "t-1"), euros(30 * kNanoPerUnit))),
            "request.token_reused");
  open();
  EXPECT_EQ(settlement_->top_up(by_fred("transfer 7", "t-1"), euros(30 * kNanoPerUnit))->entry, paid->entry);
  EXPECT_EQ(accounts(),
            (std::map<std::string, Nano>{{"cash:bank", 30 * kNanoPerUnit}, {"wallet:cus_ahead", -30 * kNanoPerUnit}}));
  // Who pays afterwards pays off what it owes.
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 9"), euros(5, "cus_after")));
  EXPECT_EQ(accounts().at("recv:cus_after"), -5);
}

// The act was written down, and the process ended before or after its entry was.
TEST_F(SettlementTest, WhatWasIntendedIsBookedByTheNextStartAndOnce) {
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7", "t-1"), euros(30 * kNanoPerUnit)));
  const auto refund_of = call("cus_ahead");
  ASSERT_TRUE(settlement_->refund(by_fred("it was slow", "t-2"), {.call = refund_of, .bearer = Bearer::platform}));
  const auto before = accounts();
  const std::uint64_t entries = journal_->durable();
  for (const char* sql : {"UPDATE acts SET state = 'intended'", "UPDATE acts SET state = 'intended', entry = NULL",
                          "UPDATE acts SET state = 'intended', entry = NULL, bearing_entry = NULL"}) {
    close();
    {
      auto file = database::Connection::open(folder_ / "settlement.db", database::Access::write);
      ASSERT_TRUE(file && file->run_script(sql));
    }
    open();
    EXPECT_EQ(journal_->durable(), entries) << sql;
    EXPECT_EQ(accounts(), before) << sql;
    for (const MoneyAct& act : *settlement_->acts({}, {})) EXPECT_EQ(act.state, ActState::booked) << sql;
  }
  // Without its entries it is booked now.
  close();
  {
    auto file = database::Connection::open(folder_ / "settlement.db", database::Access::write);
    ASSERT_TRUE(file &&
                file->run_script("UPDATE acts SET state = 'intended', entry = NULL, id = id || 'x', read_from = 0 "
                                 "WHERE kind = 'top_up'"));
  }
  open();
  EXPECT_EQ(journal_->durable(), entries + 1);
  EXPECT_EQ(accounts().at("cash:bank"), 60 * kNanoPerUnit);
}

TEST_F(SettlementTest, ARefundIsBorneByWhoIsToBearIt) {
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(30 * kNanoPerUnit)));
  const auto before = accounts();
  // Of 10'000'000: 70, 20 and 10 per cent, and 1'900'000 of tax.
  const auto all = settlement_->refund(by_fred("it was wrong"), {.call = call("cus_ahead")});
  ASSERT_TRUE(all) << all.error().message;
  EXPECT_EQ(all->amount, 11'900'000);
  EXPECT_EQ(all->customer, "cus_ahead");
  EXPECT_EQ(accounts(), before);

  ASSERT_TRUE(settlement_->refund(by_fred("our fault"), {.call = call("cus_ahead"), .bearer = Bearer::platform}));
  auto after = before;
  after.insert({{"payable:publisher/acme", -7'000'000},
                {"payable:data/corpus", -2'000'000},
                {"expense:refund_absorbed", 9'000'000}});
  EXPECT_EQ(accounts(), after);

  ASSERT_TRUE(settlement_->refund(by_fred("acme's fault"), {.call = call("cus_ahead"), .bearer = Bearer::publisher}));
  after["payable:publisher/acme"] += 3'000'000;
  after["payable:data/corpus"] -= 2'000'000;
  after["income:share"] -= 1'000'000;
  EXPECT_EQ(accounts(), after);
}

TEST_F(SettlementTest, WhatMakesNoSenseIsRefusedAndMovesNothing) {
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(30 * kNanoPerUnit)));
  const std::uint64_t a_call = call("cus_ahead");
  const auto refunded = settlement_->refund(by_fred("a part"), {.call = a_call, .amount = 1});
  ASSERT_TRUE(refunded);
  const auto before = accounts();
  const auto refund = [&](std::uint64_t number, std::optional<Nano> amount) {
    return outcome(settlement_->refund(by_fred("why"), {.call = number, .amount = amount}));
  };
  const auto adjust = [&](std::vector<Posting> postings) {
    return outcome(settlement_->adjust(by_fred("why"), {.currency = kEuro, .postings = std::move(postings)}));
  };
  EXPECT_EQ(refund(*refunded->entry, {}), "refund.not_a_call");
  EXPECT_EQ(refund(0, {}), "refund.not_a_call");
  EXPECT_EQ(refund(999, {}), "ledger.no_entry");
  EXPECT_EQ(refund(UINT64_MAX, {}), "ledger.no_entry");
  EXPECT_EQ(refund(a_call, 0), "act.amount");
  EXPECT_EQ(refund(a_call, -1), "act.amount");
  EXPECT_EQ(refund(a_call, 11'900'000), "refund.too_much");
  EXPECT_EQ(refund(a_call, INT64_MAX), "refund.too_much");
  EXPECT_EQ(outcome(settlement_->top_up(by_fred("why"), euros(0))), "act.amount");
  EXPECT_EQ(outcome(settlement_->top_up(by_fred("why"), euros(-5))), "act.amount");
  EXPECT_EQ(outcome(settlement_->top_up(by_fred(""), euros(5))), "act.reason");
  EXPECT_EQ(outcome(settlement_->top_up(by_fred("why"), euros(INT64_MAX))), "money.overflow");
  EXPECT_EQ(outcome(settlement_->top_up(by_fred("why"), euros(5, "cus_none"))), "billing.no_customer");
  EXPECT_EQ(outcome(settlement_->top_up(by_fred("why"), {"cus_ahead", "no bank", {kEuro, 5}})), "ledger.account");
  EXPECT_EQ(outcome(settlement_->top_up(by_fred("why"), {"cus_ahead", "bank", {*Currency::parse("USD"), 5}})),
            "ledger.currency");
  EXPECT_EQ(outcome(settlement_->give_credit(by_fred("why"), {"cus_ahead", {kEuro, 5}, now_ms_})), "credit.expires");
  EXPECT_EQ(outcome(settlement_->give_credit(by_fred("why"), {"cus_ahead", {kEuro, -5}, now_ms_ + 1})), "act.amount");
  EXPECT_EQ(adjust({{"cash:bank", 5}}), "ledger.postings");
  EXPECT_EQ(adjust({{"cash:bank", 5}, {"income:breakage", -4}}), "ledger.sum");
  EXPECT_EQ(adjust({{"cash:bank", 5}, {"cash:bank", -5}}), "ledger.postings");
  EXPECT_EQ(adjust({{"cash:bank", 0}, {"income:breakage", 0}}), "ledger.postings");
  EXPECT_EQ(adjust({{"gold:bank", 5}, {"income:breakage", -5}}), "ledger.account");
  EXPECT_EQ(adjust({{"cash:bank", INT64_MAX}, {"cash:other", 1}, {"income:x", INT64_MIN}}), "money.overflow");
  EXPECT_EQ(adjust({{"wallet:cus_ahead", 31 * kNanoPerUnit}, {"income:breakage", -31 * kNanoPerUnit}}),
            "ledger.overdraft");
  EXPECT_EQ(accounts(), before);
  // What the ledger refused stays in the list, and is no more done when it is asked for again.
  EXPECT_EQ(outcome(settlement_->refund(by_fred("why", "t-9"), {.call = a_call, .amount = 11'900'000})),
            "refund.too_much");
  EXPECT_EQ(outcome(settlement_->refund(by_fred("why", "t-9"), {.call = a_call, .amount = 11'900'000})), "act.refused");
  open();
  EXPECT_EQ(accounts(), before);
  EXPECT_TRUE(settlement_->examine());
}

TEST_F(SettlementTest, ACreditIsUsedFirstAndWhatIsLeftOfItExpires) {
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(kNanoPerUnit)));
  ASSERT_TRUE(settlement_->give_credit(by_fred("welcome"), {"cus_ahead", {kEuro, 20'000'000}, now_ms_ + kDayMs}));
  ASSERT_TRUE(settlement_->give_credit(by_fred("sorry"), {"cus_ahead", {kEuro, 5'000'000}, now_ms_ + 2 * kDayMs}));
  call("cus_ahead");
  EXPECT_EQ(accounts().at("promo:cus_ahead"), -13'100'000);
  ASSERT_TRUE(settlement_->tick());
  EXPECT_EQ(accounts().at("promo:cus_ahead"), -13'100'000);
  now_ms_ += kDayMs;
  // A call under way keeps what it holds; the rest of what expired is gone.
  const Quantity one[] = {{"call", 1}};
  const auto hold = teller_->hold("cus_ahead", "acme/vision", one);
  ASSERT_TRUE(hold);
  ASSERT_TRUE(settlement_->tick());
  EXPECT_EQ(accounts().at("promo:cus_ahead"), -11'900'000);
  teller_->release(*hold);
  ASSERT_TRUE(settlement_->tick());
  EXPECT_EQ(accounts().at("promo:cus_ahead"), -5'000'000);
  EXPECT_EQ(settlement_->wallet("cus_ahead")->credits.size(), 1u);
  now_ms_ += kDayMs;
  open();
  ASSERT_TRUE(settlement_->tick());
  ASSERT_TRUE(settlement_->tick());
  EXPECT_FALSE(accounts().contains("promo:cus_ahead"));
  EXPECT_EQ(accounts().at("expense:promo"), 11'900'000);
  EXPECT_TRUE(settlement_->wallet("cus_ahead")->credits.empty());
}

// Whoever calls in the moment in which its credit ends keeps what it holds, and no more: at each moment in which that
// may be, what is left is written off once it is free.
TEST_F(SettlementTest, ACreditThatEndsWhileItsCustomerCallsIsWrittenOff) {
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(kNanoPerUnit)));
  constexpr int kMoments = 3;  // until its credit is written off
  for (int moment = 1; moment <= kMoments; ++moment) {
    SCOPED_TRACE(moment);
    ASSERT_TRUE(settlement_->give_credit(by_fred("welcome"), {"cus_ahead", {kEuro, 20'000'000}, now_ms_ + kDayMs}));
    now_ms_ += kDayMs;
    const Quantity one[] = {{"call", 1}};
    std::optional<AccountsBook::CallHold> hold;
    on_clock_ = [&, asked = 0]() mutable {
      if (++asked == moment) hold = *teller_->hold("cus_ahead", "acme/vision", one);
    };
    ASSERT_TRUE(settlement_->tick());
    on_clock_ = nullptr;
    ASSERT_TRUE(hold) << "the time is not asked for so often any more";
    EXPECT_EQ(settlement_->wallet("cus_ahead")->credits.size(), 1u);
    ASSERT_TRUE(settlement_->tick());
    EXPECT_EQ(accounts().at("promo:cus_ahead"), -11'900'000);
    teller_->release(*hold);
    ASSERT_TRUE(settlement_->tick());
    EXPECT_FALSE(accounts().contains("promo:cus_ahead"));
    EXPECT_TRUE(settlement_->wallet("cus_ahead")->credits.empty());
  }
  EXPECT_TRUE(settlement_->examine());
}

// Calls that customers pay ahead, afterwards and out of credits, refunded in pieces down to a billionth, borne by
// anybody.
TEST_F(SettlementTest, ARefundOfEverythingLeavesNothingBehindButWhatTheBearerGave) {
  open();
  std::mt19937_64 random(6);
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(30 * kNanoPerUnit)));
  ASSERT_TRUE(settlement_->give_credit(by_fred("welcome"), {"cus_ahead", {kEuro, 300'000'001}, now_ms_ + kDayMs}));
  const auto before = accounts();
  std::vector<std::uint64_t> calls;
  for (int i = 0; i < 60; ++i) calls.push_back(call(random() % 2 ? "cus_ahead" : "cus_after", random() % 4'000));
  for (const std::uint64_t one : calls)
    for (const std::optional<Nano> amount :
         {std::optional<Nano>(1), std::optional(static_cast<Nano>(random() % 9'000'000 + 1)), std::optional<Nano>()})
      ASSERT_TRUE(settlement_->refund(by_fred("why"), {.call = one, .amount = amount}));
  EXPECT_EQ(accounts(), before);
  teller_->look([](const AccountsBook& book) {
    EXPECT_TRUE(book.balances(kEuro)->verify());
    return 0;
  });
  const std::uint64_t last = call("cus_ahead", 3'000);
  Nano refunded = 0;
  for (const Bearer bearer : {Bearer::platform, Bearer::publisher, Bearer::all})
    refunded += settlement_->refund(by_fred("why"), {.call = last, .amount = 3'333'333, .bearer = bearer})->amount;
  EXPECT_EQ(refunded, 3 * 3'333'333);
  ASSERT_TRUE(settlement_->refund(by_fred("why"), {.call = last}));
  EXPECT_EQ(accounts().at("wallet:cus_ahead"), before.at("wallet:cus_ahead"));
  Nano sum = 0;
  for (const auto& [account, amount] : accounts()) sum += amount;
  EXPECT_EQ(sum, 0);
}

}  // namespace
}  // namespace stoa::licensing
