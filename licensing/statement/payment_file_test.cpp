// payment_file_test.cpp: payouts as a bank takes them. SPDX-License-Identifier: Apache-2.0
#include "licensing/statement/payment_file.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace stoa::licensing {
namespace {

// IBANs that the standard's registry shows as examples.
PaymentFile sample() {
  PaymentFile file{
      .id = "PAY-2024-02", .currency = *Currency::parse("EUR"), .from = {"Stoa Platform", "DE89370400440532013000"}};
  file.created_ms = file.execute_ms = 1'709'210'096'789;
  file.payouts = {
      {"P-1", "statement 2024-02", {"Acme & Sons <Ltd>", "GB82WEST12345698765432", "WESTGB2L"}, 12'340'000'000},
      {"P-2", "statement 2024-02", {"Corpus", "FR1420041010050500013M02606"}, 10'000'000}};
  return file;
}

TEST(PaymentFile, SaysWhatIsPaidToWhom) {
  const auto xml = payment_file_xml(sample());
  ASSERT_TRUE(xml) << xml.error().message;
  for (const char* part :
       {"<NbOfTxs>2</NbOfTxs><CtrlSum>12.35</CtrlSum>", "<InstdAmt Ccy=\"EUR\">12.34</InstdAmt>",
        "<InstdAmt Ccy=\"EUR\">0.01</InstdAmt>", "<Nm>Acme &amp; Sons &lt;Ltd&gt;</Nm>", "<BICFI>WESTGB2L</BICFI>",
        "<Dt>2024-02-29</Dt>", "<IBAN>FR1420041010050500013M02606</IBAN>"})
    EXPECT_NE(xml->find(part), std::string::npos) << part;
}

TEST(PaymentFile, EachThatMakesNoSenseIsRefused) {
  struct Row {
    const char* reason;
    std::function<void(PaymentFile&)> change;
  };
  const Row rows[] = {
      {"payout.terms", [](PaymentFile& f) { f.id.clear(); }},
      {"payout.terms", [](PaymentFile& f) { f.id.assign(36, 'x'); }},
      {"payout.terms", [](PaymentFile& f) { f.payouts.clear(); }},
      {"payout.terms", [](PaymentFile& f) { f.payouts[1].id = "P-1"; }},
      {"payout.terms", [](PaymentFile& f) { f.payouts[0].to.name.clear(); }},
      {"payout.terms", [](PaymentFile& f) { f.payouts[0].statement.assign(141, 'x'); }},
      {"payout.terms", [](PaymentFile& f) { f.payouts[0].amount = 0; }},
      {"payout.terms", [](PaymentFile& f) { f.payouts[0].amount = -10'000'000; }},
      {"payout.terms", [](PaymentFile& f) { f.payouts[0].amount = 12'345'000'000; }},
      {"payout.iban", [](PaymentFile& f) { f.from.iban = "DE88370400440532013000"; }},
      {"payout.iban", [](PaymentFile& f) { f.payouts[0].to.iban = "GB82 WEST 1234 5698 7654 32"; }},
      {"payout.iban", [](PaymentFile& f) { f.payouts[0].to.iban = "gb82west12345698765432"; }},
      {"payout.iban", [](PaymentFile& f) { f.payouts[0].to.iban = "GB82"; }},
      {"payout.bic", [](PaymentFile& f) { f.payouts[0].to.bic = "somewhere"; }},
      {"payout.bic", [](PaymentFile& f) { f.from.bic = "COBADEFFXX"; }},
  };
  for (const Row& row : rows) {
    PaymentFile file = sample();
    row.change(file);
    const auto xml = payment_file_xml(file);
    ASSERT_FALSE(xml) << row.reason;
    EXPECT_EQ(xml.error().reason, row.reason) << xml.error().message;
  }
}

TEST(Payout, IsOfWholeSmallestUnitsAndTheRestStaysOwed) {
  struct Row {
    const char* currency;
    Nano owed, paid;
  };
  for (const Row& row : {Row{"EUR", 12'345'678'901, 12'340'000'000}, Row{"JPY", 12'999'999'999, 12'000'000'000},
                         Row{"KWD", 12'345'678'901, 12'345'000'000}, Row{"EUR", 9'999'999, 0}, Row{"EUR", -5, 0}}) {
    const Payable payable = payable_of(row.owed, *Currency::parse(row.currency));
    EXPECT_EQ(payable.paid, row.paid) << row.currency;
    EXPECT_EQ(payable.paid + payable.rest, row.owed);
  }
}

}  // namespace
}  // namespace stoa::licensing
