// statement_test.cpp: a publisher's statement is what its halves of the entries come to, to the unit.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/statement/statement.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "licensing/billing/accounts_book.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/statement/statement_text.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kDayMs = 86'400'000;

// A journal of three days of calls, with a refund and a payout in it, as a publisher sees it.
class StatementTest : public testing::Test {
 protected:
  StatementTest() {
    EXPECT_TRUE(book_.book(top_up("cus_ahead", 100 * kNanoPerUnit)));
    for (std::uint64_t i = 0; i < 300; ++i) {
      const std::int64_t at_ms = kNowMs + static_cast<std::int64_t>(i) * kDayMs / 100;
      const SomeCall call("cus_ahead", i * 50, at_ms);
      keep(to_entry(*book_.settle(call, nullptr, at_ms)));
      if (i == 150) keep(*book_.refund(7, whole_[7], 5'000'001, "it was wrong", at_ms));
      if (i == 200) {
        Entry payout{.currency = kEuro};
        payout.kind = EntryKind::payout;
        payout.booked_ms = payout.happened_ms = at_ms;
        payout.postings = {{"payable:publisher/acme", 1'000'000}, {"cash:bank", -1'000'000}};
        EXPECT_TRUE(book_.book(payout));
        keep(payout);
      }
    }
  }
  void keep(const Entry& entry) {
    const std::string record = encode(entry, {});
    halves_.emplace_back(open_record(record)->public_half);
    whole_.push_back(entry);
  }
  // Of the day, from the halves in the clear alone.
  Statement of_day(int day, const std::vector<std::string>& halves) const {
    StatementBuilder builder("publisher/acme", kEuro, kNowMs + day * kDayMs, kNowMs + (day + 1) * kDayMs);
    for (std::size_t i = 0; i < halves.size(); ++i) EXPECT_TRUE(builder.add(i, *decode_public(halves[i])));
    return builder.finish({halves.size(), {}});
  }

  BillingTerms terms_ = some_terms();
  AccountsBook book_{terms_};
  std::vector<Entry> whole_;
  std::vector<std::string> halves_;
};

TEST_F(StatementTest, IsTheBalanceOfTheLedgerDayAfterDay) {
  Nano opening = 0;
  for (int day = 0; day < 3; ++day) {
    const Statement statement = of_day(day, halves_);
    EXPECT_EQ(statement.opening, opening);
    Nano sum = opening;
    for (const StatementLine& line : statement.lines) sum += line.amount;
    EXPECT_EQ(statement.closing, sum);
    opening = statement.closing;
  }
  EXPECT_EQ(opening, book_.balances(kEuro)->available("payable:publisher/acme"));
}

TEST_F(StatementTest, WorkedOutFromWholeEntriesItIsTheSame) {
  StatementBuilder builder("publisher/acme", kEuro, kNowMs + kDayMs, kNowMs + 2 * kDayMs);
  for (std::size_t i = 0; i < whole_.size(); ++i) ASSERT_TRUE(builder.add(i, whole_[i]));
  const Statement statement = builder.finish({whole_.size(), {}});
  EXPECT_TRUE(compare(statement, of_day(1, halves_)));
  ASSERT_EQ(statement.lines.size(), 2u);
  EXPECT_EQ(statement.lines[0].entries, 100u);
  EXPECT_EQ(statement.lines[0].units.at("call"), 100u);
  EXPECT_EQ(statement.lines[1].kind, EntryKind::refund);
}

TEST_F(StatementTest, EachDifferenceIsFound) {
  const Statement issued = of_day(1, halves_);
  const auto found = [&](const std::function<void(Statement&)>& change) {
    Statement changed = issued;
    change(changed);
    const auto compared = compare(changed, issued);
    return compared ? std::string("equal") : compared.error().message.substr(0, 7);
  };
  EXPECT_EQ(found([](Statement&) {}), "equal");
  EXPECT_EQ(found([](Statement& s) { s.party = "publisher/other"; }), "party: ");
  EXPECT_EQ(found([](Statement& s) { s.lines[0].amount -= 1; }), "line 1:");
  EXPECT_EQ(found([](Statement& s) { s.lines[0].units["call"] += 1; }), "line 1:");
  EXPECT_EQ(found([](Statement& s) { s.lines.pop_back(); }), "line 2:");
  EXPECT_EQ(found([](Statement& s) { s.opening += 1; }), "opening");
  EXPECT_EQ(found([](Statement& s) { s.closing += 1; }), "closing");
  EXPECT_EQ(found([](Statement& s) { s.head.size += 1; }), "period,");
}

TEST_F(StatementTest, IsReadable) {
  const Statement statement = of_day(2, halves_);
  const std::string csv = statement_csv(statement), page = statement_page(statement);
  EXPECT_EQ(std::ranges::count(csv, '\n'), static_cast<std::ptrdiff_t>(3 + statement.lines.size()));
  EXPECT_NE(csv.find("payout,,,,1,,0.000000000,-0.001000000,EUR\r\n"), std::string::npos) << csv;
  EXPECT_NE(page.find("acme/vision (100 entries)"), std::string::npos) << page;
  EXPECT_EQ(registry::utc_text(1'709'210'096'789), "2024-02-29T12:34:56.789Z");
}

TEST(StatementCsv, NothingBecomesAFormula) {
  Statement statement{"publisher/acme", *Currency::parse("EUR")};
  statement.lines.push_back({.model = "=cmd|' /C calc'!A0", .price = "a,\"b\"", .agreement = "x"});
  EXPECT_NE(statement_csv(statement).find("usage,\"'=cmd|' /C calc'!A0\",\"a,\"\"b\"\"\",x,"), std::string::npos)
      << statement_csv(statement);
}

}  // namespace
}  // namespace stoa::licensing
