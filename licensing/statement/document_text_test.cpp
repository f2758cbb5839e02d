// document_text_test.cpp: one document, one text; an invoice from entries. SPDX-License-Identifier: Apache-2.0
#include "licensing/statement/document_text.hpp"

#include <gtest/gtest.h>

#include "licensing/billing/accounts_book.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/log/signed_note.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kLaterMs = kNowMs + 3'600'000;

Invoice some_invoice() {
  const BillingTerms terms = some_terms();
  AccountsBook book(terms);
  std::vector<Entry> entries{top_up("cus_ahead", kNanoPerUnit)};
  Entry gift{.currency = kEuro};
  gift.booked_ms = kNowMs;
  gift.postings = {{"expense:promo", 5'000'000}, {"promo:cus_ahead", -5'000'000}};
  entries.push_back(gift);
  for (const Entry& entry : entries) EXPECT_TRUE(book.book(entry));
  for (const char* customer : {"cus_ahead", "cus_after", "cus_ahead"})
    entries.push_back(to_entry(*book.settle(SomeCall(customer, 2'000), nullptr, kNowMs)));
  entries.push_back(*book.refund(2, entries[2], 3'333'333, "why", kNowMs));
  InvoiceBuilder builder("cus_ahead", kEuro, kNowMs, kLaterMs, 7);
  for (std::size_t i = 0; i < entries.size(); ++i) EXPECT_TRUE(builder.add(i, entries[i]));
  return builder.finish({6, registry::sha256_of("root")});
}

TEST(InvoiceTest, SaysWhatWasUsedAndPaid) {
  const Invoice invoice = some_invoice();
  // 2,000 tokens of which 1,000 are free: 0.0125 and 19 per cent; then 2,000 that are not: 0.015.
  const Nano charged = 14'875'000 + 17'850'000;
  EXPECT_EQ(invoice.closing, 7 + kNanoPerUnit + 5'000'000 - charged + 3'333'333);
  ASSERT_EQ(invoice.lines.size(), 4u);
  EXPECT_EQ(invoice.lines[0].units.at("token.out"), 4'000u);
  EXPECT_EQ(invoice.lines[0].amount, -charged);
  EXPECT_EQ(invoice.lines[0].gross, 27'500'000);
  EXPECT_EQ(invoice.lines[1].kind, EntryKind::top_up);
  EXPECT_EQ(invoice.lines[2].amount, 3'333'333);
  EXPECT_EQ(invoice.lines[3].amount, 5'000'000);
  EXPECT_LT(invoice.tax, 27'500'000 * 19 / 100);
  EXPECT_EQ(invoice.first, 0u);
  EXPECT_EQ(invoice.last, 5u);
  EXPECT_EQ(invoice.due(), 0);
  Invoice owing = invoice;
  owing.closing = -12'345'678;
  EXPECT_EQ(owing.due(), 10'000'000) << "whole cents";
}

TEST(DocumentText, IsReadAsItWasWrittenAndNothingElseIs) {
  const NumberedInvoice invoice{3, some_invoice()};
  const std::string text = document_text(invoice);
  EXPECT_EQ(*parse_invoice(text), invoice) << text;
  Statement statement{"publisher/acme", kEuro, kNowMs, kLaterMs, -5, 9};
  statement.lines.push_back({.model = "acme/vision",
                             .price = "pri_1/1",
                             .agreement = "agr_1/1",
                             .entries = 2,
                             .units = {{"call", 2}, {"token.out", 7}},
                             .gross = 20,
                             .amount = 14});
  statement.last = 9;
  statement.head = {10, registry::sha256_of("root")};
  const NumberedStatement document{12, statement};
  const std::string written = document_text(document);
  EXPECT_EQ(*parse_statement(written), document) << written;
  EXPECT_EQ(parse_invoice(written).error().reason, "statement.form");
  for (std::size_t i = 0; i < written.size(); ++i) {
    std::string changed = written;
    changed[i] = changed[i] == '1' ? '2' : '1';
    const auto read = parse_statement(changed);
    EXPECT_FALSE(read && *read == document) << i;
    EXPECT_FALSE(parse_statement(written.substr(0, i))) << i;
    EXPECT_FALSE(parse_statement(written.substr(0, i) + ' ' + written.substr(i))) << i;
  }
  EXPECT_FALSE(parse_statement(written + "x\n"));
}

}  // namespace
}  // namespace stoa::licensing
