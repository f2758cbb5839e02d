// settlement_payouts_test.cpp: who is paid what and when, and that it is paid once. SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "licensing/settlement/test_settlement.hpp"

namespace stoa::licensing {
namespace {

constexpr const char* kIban = "GB82WEST12345698765432";

// A real provider whose bank is closed now and then, and which counts.
class SometimesClosed final : public PayoutProvider {
 public:
  explicit SometimesClosed(std::filesystem::path folder) : files_(std::move(folder)) {}
  Result<std::string> submit(const PaymentFile& batch) override {
    if (is_closed) return failure(Code::unavailable, "bank.closed", "come back tomorrow");
    batches.push_back(batch.id);
    return files_.submit(batch);
  }
  bool is_closed = false;
  std::vector<std::string> batches;

 private:
  FilePayoutProvider files_;
};

class PayoutsTest : public SettlementTest {
 protected:
  PayoutsTest() {
    provider_ = &bank_;
    rules_.payout_min = 100'000'000;
  }
  // 20 calls: 0.14 for acme, 0.04 for corpus.
  void a_month_of_calls(const char* name = "2023-11", int calls = 20) {
    if (!settlement_) {
      open();
      ASSERT_TRUE(settlement_->top_up(by_fred("transfer 7"), euros(30 * kNanoPerUnit)));
    }
    for (int i = 0; i < calls; ++i) call("cus_ahead");
    now_ms_ = month_of(name)->until_ms + 300'000;
    ASSERT_TRUE(settlement_->close_month(by_fred("over"), *month_of(name)));
  }
  void bank_account(const std::string& party = "publisher/acme") {
    ASSERT_TRUE(settlement_->set_payee(by_fred("by letter"), {.party = party, .account = {"Acme Ltd", kIban}}));
  }
  std::string ran() {
    const auto run = settlement_->run_payouts(by_fred("monthly"));
    if (!run) return run.error().reason + ": " + run.error().message;
    std::string text;
    std::vector<std::string> lines;
    for (const PayoutRecord& payout : run->payouts)
      lines.push_back(payout.party + " " + amount_text(payout.amount) + " " + std::string(name_of(payout.state)) +
                      (payout.because.empty() ? "" : ": " + payout.because));
    std::ranges::sort(lines);
    for (const std::string& line : lines) text += line + "\n";
    for (const std::string& failed : run->failures) text += failed.substr(failed.find(':') + 2) + "\n";
    return text;
  }
  std::string id_of(const std::string& state) { return settlement_->payouts({.state = state}, {})->front().id; }
  std::filesystem::path bank_folder() { return folder_ / "payouts"; }

  SometimesClosed bank_{folder_ / "payouts"};
};

TEST_F(PayoutsTest, AreHeldForTheirReasonUntilItIsGone) {
  rules_.hold_days = 7;
  a_month_of_calls();
  EXPECT_EQ(ran(),
            "data/corpus 0.04 held: there is no bank account\npublisher/acme 0.14 held: there is no bank account\n");
  bank_account();
  bank_account("data/corpus");
  EXPECT_EQ(ran(),
            "data/corpus 0.04 held: is below 0.10\npublisher/acme 0.14 held: is due 7 days after its statement\n");
  ASSERT_TRUE(settlement_->hold_payee(by_fred("a letter came"), "publisher/acme", "it is disputed"));
  now_ms_ += 7ll * 86'400'000;
  EXPECT_EQ(ran(), "data/corpus 0.04 held: is below 0.10\npublisher/acme 0.14 held: it is disputed\n");
  ASSERT_TRUE(settlement_->hold_payee(by_fred("it is settled"), "publisher/acme", ""));
  EXPECT_EQ(ran(), "data/corpus 0.04 held: is below 0.10\npublisher/acme 0.14 submitted\n");
  EXPECT_EQ(ran(), "data/corpus 0.04 held: is below 0.10\n") << "asked twice";
  EXPECT_EQ(settlement_->payouts({.party = "publisher/acme"}, {})->size(), 1u);
  const std::string xml = registry::file_bytes(bank_folder() / settlement_->payout(id_of("submitted"))->reference);
  EXPECT_NE(xml.find("<InstdAmt Ccy=\"EUR\">0.14</InstdAmt>"), std::string::npos) << xml;
  EXPECT_NE(xml.find(kIban), std::string::npos);
}

TEST_F(PayoutsTest, MoveTheMoneyWhenTheBankHasPaidAndOnce) {
  a_month_of_calls();
  bank_account();
  EXPECT_NE(ran().find("publisher/acme 0.14 submitted"), std::string::npos);
  const std::string id = id_of("submitted");
  EXPECT_EQ(outcome(settlement_->return_payout(by_fred("why"), id)), "payout.state");
  const auto settled = settlement_->settle_payout(by_fred("paid on the 3rd", "t-1"), id);
  ASSERT_TRUE(settled) << settled.error().message;
  EXPECT_EQ(settled->state, PayoutState::settled);
  EXPECT_FALSE(accounts().contains("payable:publisher/acme"));
  EXPECT_EQ(settlement_->settle_payout(by_fred("paid on the 3rd", "t-1"), id)->act, settled->act);
  EXPECT_EQ(outcome(settlement_->settle_payout(by_fred("paid on the 3rd"), id)), "payout.state");
  EXPECT_EQ(outcome(settlement_->fail_payout(by_fred("why"), id)), "payout.state");
  EXPECT_EQ(outcome(settlement_->settle_payout(by_fred("why"), "pay_none")), "payout.unknown");
  const auto before = accounts();
  close();
  {
    auto file = database::Connection::open(folder_ / "settlement.db", database::Access::write);
    ASSERT_TRUE(file && file->run_script("UPDATE acts SET state = 'intended', entry = NULL WHERE kind = 'payout'"));
  }
  open();
  EXPECT_EQ(accounts(), before);
  EXPECT_EQ(ran(), "data/corpus 0.04 held: there is no bank account\n");

  // It came back: it is owed again, and paid again.
  ASSERT_TRUE(settlement_->return_payout(by_fred("account closed"), id));
  EXPECT_EQ(accounts().at("payable:publisher/acme"), -140'000'000);
  EXPECT_NE(ran().find("publisher/acme 0.14 submitted"), std::string::npos);
  ASSERT_TRUE(settlement_->fail_payout(by_fred("the bank refused it"), id_of("submitted")));
  EXPECT_NE(ran().find("publisher/acme 0.14 submitted"), std::string::npos);
  EXPECT_EQ(bank_.batches.size(), 3u);
  EXPECT_TRUE(settlement_->examine());
}

TEST_F(PayoutsTest, PayNoMoreThanTheStatementAndNoMoreThanThereIs) {
  rules_.payout_min = 10'000'000;
  a_month_of_calls();
  bank_account();
  const std::uint64_t given_back = call("cus_ahead");  // the next month's is not paid yet
  ASSERT_TRUE(settlement_->refund(by_fred("it was wrong"), {.call = 5}));
  ASSERT_TRUE(settlement_->refund(by_fred("it was wrong"), {.call = given_back}));
  EXPECT_NE(ran().find("publisher/acme 0.13 submitted"), std::string::npos) << "0.133 in whole cents";
  ASSERT_TRUE(settlement_->settle_payout(by_fred("paid"), id_of("submitted")));
  EXPECT_EQ(ran().find("acme"), std::string::npos);
  // The rest is carried: 0.003 and 10 calls at 0.007.
  a_month_of_calls("2023-12", 10);
  EXPECT_NE(ran().find("publisher/acme 0.07 submitted"), std::string::npos);
  EXPECT_EQ(accounts().at("payable:publisher/acme"), -73'000'000);
}

TEST_F(PayoutsTest, AReserveIsNotPaid) {
  rules_.reserve_ppm = 500'000;
  a_month_of_calls();
  rules_.payout_min = 10'000'000;
  open();
  bank_account();
  for (int i = 0; i < 20; ++i) call("cus_ahead");
  EXPECT_NE(ran().find("publisher/acme 0.07 submitted"), std::string::npos);
}

TEST_F(PayoutsTest, ABatchComesAgainAsItWasWhenTheBankWasClosedOrTheProcessEnded) {
  a_month_of_calls();
  bank_account();
  bank_.is_closed = true;
  EXPECT_EQ(ran(), "data/corpus 0.04 held: there is no bank account\nbank.closed: come back tomorrow\n");
  EXPECT_EQ(id_of("scheduled").substr(0, 4), "pay_");
  // The bank account that counts is the one of the time when it was scheduled.
  ASSERT_TRUE(settlement_->set_payee(by_fred("by letter"),
                                     {.party = "publisher/acme", .account = {"Acme Ltd", "DE89370400440532013000"}}));
  bank_.is_closed = false;
  open();
  EXPECT_NE(ran().find("publisher/acme 0.14 submitted"), std::string::npos);
  ASSERT_EQ(bank_.batches.size(), 1u);
  const auto file = bank_folder() / (bank_.batches[0] + ".xml");
  const std::string first = registry::file_bytes(file);
  // The bank has it, and the process ended before that was written down.
  close();
  {
    auto connection = database::Connection::open(folder_ / "settlement.db", database::Access::write);
    ASSERT_TRUE(connection &&
                connection->run_script("UPDATE payouts SET state = 'scheduled' WHERE state = 'submitted'"));
  }
  now_ms_ += 86'400'000;
  open();
  EXPECT_NE(ran().find("publisher/acme 0.14 submitted"), std::string::npos);
  EXPECT_EQ(registry::file_bytes(file), first);
  EXPECT_EQ(bank_.batches[0], bank_.batches[1]);
  EXPECT_EQ(registry::count_of(bank_folder()), 1u);
}

TEST_F(PayoutsTest, AnAccountThatIsNoneIsRefused) {
  open();
  const auto set = [&](const char* party, const char* name, const char* iban) {
    return outcome(settlement_->set_payee(by_fred("why"), {.party = party, .account = {name, iban}}));
  };
  EXPECT_EQ(set("publisher/acme", "Acme", "GB83WEST12345698765432"), "payout.iban");
  EXPECT_EQ(set("publisher/acme", "Acme", ""), "payout.iban");
  EXPECT_EQ(set("publisher/acme", "Acme", "GB82 WEST 1234 5698 7654 32"), "payout.iban");
  for (const char* const bic : {"COBADEF", "COBADEFFXX", "cobadeff", "COBA4EFF", "COBADE FF", "COBADEFFXXXX"})
    EXPECT_EQ(
        outcome(settlement_->set_payee(by_fred("why"), {.party = "publisher/acme", .account = {"Acme", kIban, bic}})),
        "payout.bic");
  EXPECT_EQ(set("publisher/acme", "", kIban), "payout.terms");
  EXPECT_EQ(set("", "Acme", kIban), "payee.party");
  EXPECT_EQ(set("a party", "Acme", kIban), "payee.party");
  EXPECT_EQ(set("acme", "Acme", kIban), "payee.party") << "whose statement there never is";
  EXPECT_EQ(set("platform", "Acme", kIban), "payee.party");
  EXPECT_EQ(outcome(settlement_->hold_payee(by_fred("why"), "publisher/acme", "because")), "payee.unknown");
  EXPECT_EQ(outcome(settlement_->set_payee(by_fred(""), {.party = "publisher/acme", .account = {"Acme", kIban}})),
            "act.reason");
}

}  // namespace
}  // namespace stoa::licensing
