// publisher_audit_test.cpp: from pseudonyms alone, prices and shares come to what whole entries came to.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/proof/publisher_audit.hpp"

#include <gtest/gtest.h>

#include <random>

#include "licensing/billing/accounts_book.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/ledger/entry_codec.hpp"
#include "licensing/proof/publisher_index.hpp"

namespace stoa::licensing {
namespace {

std::uint64_t events() {
  const char* const text = std::getenv("STOA_EVENTS");
  return text ? std::strtoull(text, nullptr, 10) : 20'000;
}

// All that an agreement and a price list can do at once.
BillingTerms rich_terms(std::mt19937_64& random, int customers) {
  PriceList list{.id = "pri_1", .publisher = "acme", .currency = kEuro};
  list.period = Period::day;
  list.meters = {{"call", PriceModel::volume, 7, {{10, 1'000'003, 500}, {std::nullopt, 700'001, 90}}},
                 {"token.out",
                  PriceModel::graduated,
                  999'983,
                  {{1'000, 0, 0}, {50'000, 2'500'000'001, 7}, {std::nullopt, 1'999'999'999, 0}}},
                 {"picture", PriceModel::package, 3, {{std::nullopt, 77'777, 0}}}};
  Agreement agreement{.id = "agr_1", .publisher = "acme", .currency = kEuro};
  agreement.processing_ppm = 29'013;
  agreement.processing_flat = 3;
  agreement.tier_rule = random() % 2 ? TierRule::marginal : TierRule::cliff;
  agreement.platform_fee = {{3'000'000, 150'001}, {std::nullopt, 90'017}};
  agreement.period = Period::day;
  agreement.referral = Referral{
      .party = "agency", .ppm = 100'003, .of_platform_fee = random() % 2 == 0, .cap = 50'000'000, .until_ms = {}};
  agreement.advance = Advance{.amount = 20'000'000, .ppm = 500'001};
  agreement.parties = {{"publisher/acme", 700'001}, {"data/corpus", 199'999}, {"platform", 100'000}};
  agreement.cap = 90'000'000;
  BillingTerms terms;
  terms.add(std::make_shared<const PriceList>(list));
  terms.add(std::make_shared<const Agreement>(agreement));
  terms.charge("acme/vision", list.name(), name_of(agreement));
  for (int i = 0; i < customers; ++i)
    terms.add(PayingCustomer{.id = "cus_" + std::to_string(i),
                             .currency = kEuro,
                             .pays_ahead = false,
                             .credit_limit = INT64_MAX / 2,
                             .tax_ppm = static_cast<std::uint32_t>(random() % 200'000),
                             .tax_office = i % 2 ? "DE" : "FR"});
  return terms;
}

TEST(PublisherAudit, ComesToWhatTheBookCameToFromPseudonymsAlone) {
  std::mt19937_64 random(11);
  constexpr int kCustomers = 7;
  const BillingTerms terms = rich_terms(random, kCustomers);
  AccountsBook book(terms);
  PublisherIndex index;
  std::vector<Entry> whole;
  std::vector<std::string> halves;
  PublisherAudit audit("acme", terms,
                       [&](std::uint64_t number) -> Result<Entry> { return decode_public(halves.at(number)); });
  const auto keep = [&](const Entry& entry) {
    const std::string record = encode(entry, {});
    halves.emplace_back(open_record(record)->public_half);
    whole.push_back(entry);
    ASSERT_TRUE(index.add(entry));
    const auto added = audit.add(whole.size() - 1, *decode_public(halves.back()), index.rows("acme").back().total);
    ASSERT_TRUE(added) << added.error().message;
  };
  for (std::uint64_t i = 0; i < events() && !HasFatalFailure(); ++i) {
    const std::int64_t at_ms = kNowMs + static_cast<std::int64_t>(i) * 20'000;
    const CallParty party{.customer = "cus_" + std::to_string(random() % kCustomers),
                          .key = "key_1",
                          .request = "",
                          .idempotency_key = "",
                          .body = {}};
    const Quantity used[] = {
        {"call", random() % 3}, {"token.out", random() % 3'000}, {"picture", random() % 5}, {"free", 9}};
    const auto entry = book.settle({.customer = party.customer,
                                    .model = "acme/vision",
                                    .version = "1.0.0",
                                    .quantities = used,
                                    .happened_ms = at_ms,
                                    .party = &party},
                                   nullptr, at_ms);
    ASSERT_TRUE(entry) << entry.error().message;
    keep(to_entry(*entry));
    if (random() % 20 != 0) continue;
    const std::uint64_t number = random() % whole.size();
    const Nano left = book.refundable(number, whole[number]);
    if (left <= 0) continue;
    const Nano amount = random() % 3 == 0 ? left : 1 + static_cast<Nano>(random() % static_cast<std::uint64_t>(left));
    const auto refund = book.refund(number, whole[number], amount, "", at_ms);
    ASSERT_TRUE(refund) << refund.error().message;
    keep(*refund);
  }
  EXPECT_EQ(audit.counts().calls, events());
  EXPECT_GT(audit.counts().refunds, events() / 100);
  const Balance owed = book.balances(kEuro)->balance("payable:publisher/acme");
  EXPECT_EQ(audit.counts().owed.at(kEuro), owed.credits - owed.debits);
}

}  // namespace
}  // namespace stoa::licensing
