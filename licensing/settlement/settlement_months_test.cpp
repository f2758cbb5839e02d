// settlement_months_test.cpp: statements and invoices of a month, what its end brings, and what is not closed.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/issued_statement_store.hpp"
#include "licensing/settlement/test_settlement.hpp"
#include "licensing/statement/document_text.hpp"

namespace stoa::licensing {
namespace {

// kNowMs lies in November 2023.
constexpr const char *kMonth = "2023-11", *kNext = "2023-12";

class MonthsTest : public SettlementTest {
 protected:
  Settlement::Closing close_month(const char* name) {
    now_ms_ = std::max(now_ms_, month_of(name)->until_ms + 300'000);
    const auto closed = settlement_->close_month(by_fred("the month is over"), *month_of(name));
    EXPECT_TRUE(closed) << closed.error().message;
    return closed ? *closed : Settlement::Closing{};
  }
  std::vector<IssuedDocument> documents(IssuedKind kind, const std::string& party = "") {
    auto listed = *settlement_->documents({.kind = kind, .party = party}, {});
    std::vector<IssuedDocument> whole;
    for (auto one = listed.rbegin(); one != listed.rend(); ++one)
      whole.push_back(*settlement_->document(kind, one->number));
    return whole;
  }
  Nano owed(const std::string& account) const {
    const auto all = accounts();
    return all.contains(account) ? -all.at(account) : 0;
  }
};

TEST_F(MonthsTest, AreNamedAsTheCalendarHasThem) {
  const Month month = *month_of("2024-02");
  EXPECT_EQ(month.until_ms - month.from_ms, 29 * 86'400'000ll);
  EXPECT_EQ(month_at(month.until_ms - 1).name, "2024-02");
  EXPECT_EQ(month_at(month.until_ms).name, "2024-03");
  for (const char* name : {"", "2024", "2024-13", "2024-00", "2024-2", "2024-02-01", "24-02", "2024/02", "next"})
    EXPECT_EQ(month_of(name).error().reason, "month.name") << name;
}

TEST_F(MonthsTest, IssueStatementsAndInvoicesThatTheLedgerAndTheEntriesComeTo) {
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(30 * kNanoPerUnit)));
  for (std::uint64_t i = 0; i < 20; ++i) call(i % 3 ? "cus_ahead" : "cus_after", i * 100);
  ASSERT_TRUE(settlement_->refund(by_fred("it was wrong"), {.call = 3}));
  const Nano owed_then = owed("payable:publisher/acme"), receivable = -owed("recv:cus_after");
  now_ms_ = month_of(kMonth)->until_ms + 10'000;
  call("cus_ahead");  // this month's
  const auto closing = close_month(kMonth);
  EXPECT_EQ(closing.statements, 2u);
  EXPECT_EQ(closing.invoices, 2u);
  EXPECT_EQ(closing.acts, 0u);

  const auto statements = documents(IssuedKind::statement, "publisher/acme");
  ASSERT_EQ(statements.size(), 1u);
  EXPECT_EQ(statements[0].sha256, registry::sha256_of(statements[0].note));
  const auto note = open_note(statements[0].note, std::vector{verifier_});
  ASSERT_TRUE(note) << note.error().message;
  const auto read = parse_statement(note->text);
  ASSERT_TRUE(read) << statements[0].note;
  EXPECT_EQ(read->statement.closing, owed_then);
  EXPECT_EQ(read->statement.head, log_->checkpoint().head);
  StatementBuilder again("publisher/acme", kEuro, read->statement.from_ms, read->statement.until_ms);
  std::uint64_t number = 0;
  for (const std::string& record : entries_from(*journal_, 0))
    ASSERT_TRUE(again.add(number++, *decode_public(open_record(record)->public_half)));
  EXPECT_TRUE(compare(read->statement, again.finish(read->statement.head)));

  const auto invoices = documents(IssuedKind::invoice, "cus_after");
  ASSERT_EQ(invoices.size(), 1u);
  EXPECT_EQ(invoices[0].closing, -receivable);

  // The next month goes on where this one ended.
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 8"), euros(receivable, "cus_after")));
  open();
  close_month(kNext);
  const auto later = documents(IssuedKind::statement, "publisher/acme");
  ASSERT_EQ(later.size(), 2u);
  EXPECT_EQ(later[1].opening, owed_then);
  EXPECT_EQ(later[1].closing, owed("payable:publisher/acme"));
  EXPECT_EQ(documents(IssuedKind::invoice, "cus_after")[1].closing, 0);
  EXPECT_TRUE(settlement_->examine());
}

TEST_F(MonthsTest, AreClosedOnceInTheirOrderAndNotBeforeTheyAreOver) {
  open();
  const auto tried = [&](const char* name) {
    return outcome(settlement_->close_month(by_fred("why"), *month_of(name)));
  };
  EXPECT_EQ(tried(kMonth), "month.open");
  EXPECT_EQ(tried("2099-01"), "month.open");
  now_ms_ = month_of(kMonth)->until_ms + 299'999;
  EXPECT_EQ(tried(kMonth), "month.open");
  now_ms_ += 1;
  EXPECT_EQ(tried(kMonth), "done");
  EXPECT_EQ(tried(kMonth), "month.closed");
  EXPECT_EQ(tried("2023-10"), "month.closed");
  now_ms_ = month_of("2024-03")->from_ms;
  EXPECT_EQ(tried("2024-01"), "month.order");
  EXPECT_EQ(tried(kNext), "done");
  EXPECT_EQ(tried("2024-01"), "done");
  EXPECT_EQ(settlement_->months({})->size(), 3u);
  EXPECT_EQ(outcome(settlement_->document(IssuedKind::statement, 1)), "statement.unknown");
  EXPECT_EQ(outcome(settlement_->document(IssuedKind::invoice, 1)), "invoice.unknown");
}

TEST_F(MonthsTest, BringGuaranteeAndReserveAndGiveTheReserveBack) {
  Agreement guaranteed = *terms_->agreement("agr_1/1");
  guaranteed.version = 2;
  guaranteed.period = Period::month;
  guaranteed.guarantee = kNanoPerUnit;
  terms_->add(std::make_shared<const Agreement>(guaranteed));
  terms_->charge("acme/vision", "pri_1/1", "agr_1/2");
  rules_.reserve_ppm = 100'000;
  rules_.reserve_days = 30;
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(30 * kNanoPerUnit)));
  for (int i = 0; i < 10; ++i) call("cus_ahead");
  // 0.07 and 0.02 of ten calls: 0.91 less than the guarantee.
  const auto closing = close_month(kMonth);
  EXPECT_EQ(closing.acts, 3u);
  EXPECT_EQ(owed("expense:guarantee"), -910'000'000);
  EXPECT_EQ(owed("reserve:publisher/acme"), 7'000'000);
  EXPECT_EQ(owed("payable:publisher/acme"), 70'000'000 + 910'000'000 - 7'000'000);
  ASSERT_TRUE(settlement_->tick());
  EXPECT_EQ(owed("reserve:publisher/acme"), 7'000'000);
  now_ms_ += 30ll * 86'400'000;
  ASSERT_TRUE(settlement_->tick());
  ASSERT_TRUE(settlement_->tick());
  EXPECT_EQ(owed("reserve:publisher/acme"), 0);
  EXPECT_EQ(owed("payable:publisher/acme"), 70'000'000 + 910'000'000);
  // In a month without a call the guarantee is due as a whole; the statement tells of all steps.
  close_month(kNext);
  EXPECT_EQ(owed("expense:guarantee"), -1'910'000'000);
  const auto statement = parse_statement(
      open_note(documents(IssuedKind::statement, "publisher/acme")[1].note, std::vector{verifier_})->text);
  ASSERT_TRUE(statement);
  ASSERT_EQ(statement->statement.lines.size(), 2u);
  EXPECT_EQ(statement->statement.lines[0].kind, EntryKind::adjustment);
  EXPECT_EQ(statement->statement.lines[1].amount, 910'000'000);
}

TEST_F(MonthsTest, BringTheRestUpToAMinimumWithTaxSharedAsCallsAre) {
  PriceList list = *terms_->price_list("pri_1/1");
  list.version = 2;
  list.period = Period::month;
  list.minimum = kNanoPerUnit;
  terms_->add(std::make_shared<const PriceList>(list));
  terms_->charge("acme/vision", "pri_1/2", "agr_1/1");
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(2 * kNanoPerUnit)));
  for (int i = 0; i < 10; ++i) call("cus_ahead");
  for (int i = 0; i < 100; ++i) call("cus_after");  // one whole unit: as much as the minimum
  EXPECT_EQ(close_month(kMonth).acts, 1u);
  // 0.1 was paid: 0.9 more, and 19 per cent.
  EXPECT_EQ(owed("wallet:cus_ahead"), 2 * kNanoPerUnit - 1'190'000'000);
  EXPECT_EQ(owed("tax:DE"), 190'000'000);
  EXPECT_EQ(owed("payable:publisher/acme"), 1'400'000'000);
  EXPECT_EQ(settlement_->acts({.kind = "minimum"}, {})->front().customer, "cus_ahead");
  // An empty wallet pays none: the act stays as refused, and the month is closed all the same.
  call("cus_ahead");
  const auto closing = close_month(kNext);
  EXPECT_EQ(closing.acts, 1u);
  EXPECT_EQ(settlement_->acts({.kind = "minimum"}, {})->front().state, ActState::refused);
  EXPECT_EQ(owed("tax:DE"), 191'900'000);
}

// A price that changed within the month is one list still: the minimum is of both together, and not of each.
TEST_F(MonthsTest, AMinimumIsOfAllVersionsOfAList) {
  PriceList list = *terms_->price_list("pri_1/1");
  list.period = Period::month;
  list.minimum = kNanoPerUnit;
  for (const std::uint32_t version : {2u, 10u}) {
    list.version = version;
    terms_->add(std::make_shared<const PriceList>(list));
  }
  terms_->charge("acme/vision", "pri_1/2", "agr_1/1");
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(9 * kNanoPerUnit)));
  for (int i = 0; i < 60; ++i) call("cus_ahead");
  terms_->charge("acme/vision", "pri_1/10", "agr_1/1");
  open();
  for (int i = 0; i < 30; ++i) call("cus_ahead");
  EXPECT_EQ(close_month(kMonth).acts, 1u);
  EXPECT_EQ(settlement_->acts({.kind = "minimum"}, {})->front().amount, 119'000'000);  // 0.1 more, and 19 per cent
}

// Whoever brought the customers is owed it from the month's end on: it stands in the next statement, and is paid.
TEST_F(MonthsTest, BringWhatReferralsEarnedAndTakeBackWhatWasRefunded) {
  Agreement referred = *terms_->agreement("agr_1/1");
  referred.version = 2;
  referred.referral = Referral{.party = "partner/blog", .ppm = 100'000, .of_platform_fee = false, .until_ms = {}};
  terms_->add(std::make_shared<const Agreement>(referred));
  terms_->charge("acme/vision", "pri_1/1", "agr_1/2");
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(30 * kNanoPerUnit)));
  std::uint64_t last = 0;
  for (int i = 0; i < 10; ++i) last = call("cus_ahead");
  EXPECT_EQ(owed("referral:partner/blog"), 10'000'000);
  EXPECT_EQ(close_month(kMonth).acts, 1u);
  EXPECT_EQ(owed("referral:partner/blog"), 0);
  EXPECT_EQ(owed("payable:partner/blog"), 10'000'000);
  ASSERT_TRUE(settlement_->refund(by_fred("it was wrong"), {.call = last}));
  EXPECT_EQ(owed("referral:partner/blog"), -1'000'000);
  close_month(kNext);
  EXPECT_EQ(owed("referral:partner/blog"), 0);
  EXPECT_EQ(owed("payable:partner/blog"), 9'000'000);
  const auto statements = documents(IssuedKind::statement, "partner/blog");
  ASSERT_EQ(statements.size(), 1u);
  EXPECT_EQ(statements[0].closing, 10'000'000);
  std::vector<Statement> issued;
  for (const IssuedDocument& one : documents(IssuedKind::statement))
    issued.push_back(parse_statement(open_note(one.note, std::vector{verifier_})->text)->statement);
  EXPECT_EQ(*issued_statements(folder_ / kSettlementFile), issued);
  EXPECT_TRUE(issued_statements(folder_ / "none.db")->empty());
}

TEST_F(MonthsTest, ADebtIsNettedThenCoveredByTheReserveThenByThePlatform) {
  rules_.reserve_ppm = 100'000;
  rules_.reserve_days = 3'650;
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(30 * kNanoPerUnit)));
  const std::uint64_t refunded = call("cus_ahead");
  close_month(kMonth);
  EXPECT_EQ(owed("reserve:publisher/acme"), 700'000);
  // All that it had was paid, and then the call is given back.
  ASSERT_TRUE(settlement_->adjust(
      by_fred("paid by hand"),
      {.currency = kEuro, .postings = {{"payable:publisher/acme", 6'300'000}, {"cash:bank", -6'300'000}}}));
  ASSERT_TRUE(settlement_->refund(by_fred("it was wrong"), {.call = refunded}));
  EXPECT_EQ(owed("payable:publisher/acme"), -7'000'000);
  close_month(kNext);  // the first statement below zero: nothing happens but that the next earnings go against it
  EXPECT_EQ(owed("payable:publisher/acme"), -7'000'000);
  close_month("2024-01");
  EXPECT_EQ(owed("reserve:publisher/acme"), 0);
  EXPECT_EQ(owed("payable:publisher/acme"), -6'300'000);
  EXPECT_EQ(owed("expense:bad_debt"), 0);
  close_month("2024-02");
  EXPECT_EQ(owed("payable:publisher/acme"), 0);
  EXPECT_EQ(owed("expense:bad_debt"), -6'300'000);
  close_month("2024-03");
  EXPECT_EQ(documents(IssuedKind::statement, "publisher/acme").back().closing, 0);
}

TEST_F(MonthsTest, WhatItsEndBringsIsBookedOnceAlsoWhenTheProcessEndedAmidIt) {
  rules_.reserve_ppm = 500'000;
  open();
  ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(30 * kNanoPerUnit)));
  call("cus_ahead");
  close_month(kMonth);
  const auto before = accounts();
  close();
  {
    auto file = database::Connection::open(folder_ / "settlement.db", database::Access::write);
    ASSERT_TRUE(file && file->run_script("UPDATE acts SET state = 'intended', entry = NULL WHERE kind = 'reserve'"));
  }
  open();
  EXPECT_EQ(accounts(), before);
  EXPECT_EQ(settlement_->acts({.kind = "reserve"}, {})->size(), 2u);
}

}  // namespace
}  // namespace stoa::licensing
