// billing_test.cpp: prices, agreements and charges: when they count, and what of them is refused.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "licensing/book/test_book.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kHourMs = 3'600'000;

const BillingTerms::Charged* charged(TestBook& on, BillingNow& now, std::string_view model = "acme/vision") {
  now = TestBook::good(on->billing_terms());
  return now.terms->charged(model);
}

TEST(BookBilling, CallsAreChargedByWhatCountsAtTheirMoment) {
  ReadyBook on;
  BillingNow now;
  const std::string list = on.prices.list.id, agreement = on.agreement.agreement.id;
  const auto* by = charged(on, now);
  ASSERT_TRUE(by);
  EXPECT_EQ(by->price_list, list + "/1");
  EXPECT_EQ(by->agreement, agreement + "/1");
  EXPECT_EQ(now.terms->customer(on.northwind.id.text)->tax_ppm, 190'000u);
  EXPECT_FALSE(now.changes_ms);
  EXPECT_EQ(now.terms->agreement(on.draft.agreement.id + "/1"), nullptr) << "a draft is nobody's terms";

  // A dearer list from an hour on, by itself.
  PriceList dearer = TestBook::some_prices();
  dearer.meters[0].tiers[0].nano = 20'000'000;
  dearer.from_ms = on.now_ms + kHourMs;
  ASSERT_TRUE(on->replace_prices(on.alice, {list}, dearer));
  by = charged(on, now);
  EXPECT_EQ(by->price_list, list + "/1");
  EXPECT_EQ(now.changes_ms, on.now_ms + kHourMs);
  on.now_ms += kHourMs;
  by = charged(on, now);
  EXPECT_EQ(by->price_list, list + "/2");
  EXPECT_EQ(now.terms->price_list(list + "/1")->meters[0].tiers[0].nano, 10'000'000) << "old calls were charged by it";
  EXPECT_FALSE(now.changes_ms);

  // An amendment counts once all have signed it.
  const HeldAgreement amended = TestBook::good(on->propose(on.alice, TestBook::some_shares(), AgreementId{agreement}));
  EXPECT_EQ(charged(on, now)->agreement, agreement + "/1");
  on.signers.sign(on, amended);
  EXPECT_EQ(charged(on, now)->agreement, agreement + "/2");
  EXPECT_EQ(state_of(TestBook::good(on->agreement_versions({agreement}))[1], on.now_ms), AgreementState::superseded);

  ASSERT_TRUE(on->terminate_agreement(on.alice, {agreement}, "so"));
  EXPECT_EQ(charged(on, now), nullptr) << "nobody is left to share what a call earns";
  EXPECT_TRUE(now.terms->agreement(agreement + "/2"));
}

TEST(BookBilling, TermsAreTheSameObjectUntilSomethingChanges) {
  ReadyBook on;
  const BillingNow first = TestBook::good(on->billing_terms());
  ASSERT_TRUE(on->revoke_key(on.alice, on.plain_key.record.id, "no term of billing"));
  const BillingNow second = TestBook::good(on->billing_terms());
  EXPECT_EQ(first.terms, second.terms);
  EXPECT_EQ(first.revision, second.revision);
  ASSERT_TRUE(on->charge(on.alice, on.charge_of("acme/talk")));
  const BillingNow third = TestBook::good(on->billing_terms());
  EXPECT_NE(first.terms, third.terms);
  EXPECT_GT(third.revision, first.revision);
  EXPECT_EQ(first.terms->price_list(on.prices.list.name()), third.terms->price_list(on.prices.list.name()))
      << "what has not changed is not read again";
  on.open();
  const BillingNow fresh = TestBook::good(on->billing_terms());
  EXPECT_EQ(fresh.revision, third.revision);
  EXPECT_TRUE(fresh.terms->charged("acme/talk"));
}

TEST(BookBilling, AnAgreementIsADraftUntilTheLastPartySigns) {
  ReadyBook on;
  HeldAgreement held = on.draft;
  EXPECT_EQ(held.missing_signatures(), (std::vector<std::string>{"data/corpus", "platform", "publisher/acme"}));
  for (const char* party : {"platform", "publisher/acme", "data/corpus"}) {
    EXPECT_EQ(state_of(held, on.now_ms), AgreementState::draft);
    held = TestBook::good(on->sign_agreement(on.alice, on.signers.signing(held, party)));
  }
  EXPECT_EQ(state_of(held, on.now_ms), AgreementState::active);
  const HeldAgreement kept = TestBook::good(on->agreement({held.agreement.id}));
  EXPECT_EQ(kept.text, held.text);
  EXPECT_EQ(kept.signatures.size(), 3u);
  for (const AgreementSignature& one : kept.signatures) {
    const auto key = registry::PublicKey::from_raw(one.public_key);
    ASSERT_TRUE(key);
    EXPECT_TRUE(registry::verify_payload(one.envelope, kAgreementDocument.payload_type, kept.text, *key));
  }
  Agreement later = TestBook::some_shares();
  later.from_ms = on.now_ms + kHourMs;
  held = on.signers.sign(on, TestBook::good(on->propose(on.alice, later)));
  EXPECT_EQ(state_of(held, on.now_ms), AgreementState::fully_signed);
  EXPECT_EQ(state_of(held, on.now_ms + kHourMs), AgreementState::active);
}

// Each is refused for its own reason, and changes nothing.
TEST(BookBilling, WhatIsHostileIsRefused) {
  ReadyBook on;
  struct Row {
    const char* what;
    const char* reason;
    std::function<Result<void>(ReadyBook&)> run;
  };
  const auto sign = [](const char* what, const char* reason, std::function<AgreementSigning(ReadyBook&)> make) {
    return Row{what, reason, [make = std::move(make)](ReadyBook& book) -> Result<void> {
                 const auto done = book->sign_agreement(book.alice, make(book));
                 return done ? Result<void>() : std::unexpected(done.error());
               }};
  };
  const auto terms = [](const char* what, const char* reason, std::function<void(Agreement&)> change) {
    return Row{what, reason, [change = std::move(change)](ReadyBook& book) -> Result<void> {
                 Agreement agreement = TestBook::some_shares();
                 change(agreement);
                 const auto done = book->propose(book.alice, agreement);
                 return done ? Result<void>() : std::unexpected(done.error());
               }};
  };
  const auto charge = [](const char* what, const char* reason, std::function<void(ReadyBook&, Charge&)> change) {
    return Row{what, reason, [change = std::move(change)](ReadyBook& book) -> Result<void> {
                 Charge wanted = book.charge_of("acme/vision");
                 change(book, wanted);
                 const auto done = book->charge(book.alice, wanted);
                 return done ? Result<void>() : std::unexpected(done.error());
               }};
  };
  const auto prices = [](const char* what, const char* reason, bool is_next,
                         std::function<void(ReadyBook&, PriceList&)> change) {
    return Row{what, reason, [is_next, change = std::move(change)](ReadyBook& book) -> Result<void> {
                 PriceList list = TestBook::some_prices();
                 change(book, list);
                 const auto done = is_next ? book->replace_prices(book.alice, {book.prices.list.id}, list)
                                           : book->create_prices(book.alice, list);
                 return done ? Result<void>() : std::unexpected(done.error());
               }};
  };
  const Row rows[] = {
      sign("another party's key", "agreement.foreign_key",
           [](ReadyBook& book) {
             AgreementSigning one = book.signers.signing(book.draft, "data/corpus");
             one.party = "publisher/acme";
             return one;
           }),
      sign("a key that nobody registered", "agreement.foreign_key",
           [](ReadyBook& book) {
             AgreementSigning one = book.signers.signing(book.draft, "platform");
             one.also.clear();
             return one;
           }),
      sign("a signature of another agreement under this key", "signature.invalid",
           [](ReadyBook& book) {
             AgreementSigning one = book.signers.signing(book.draft, "publisher/acme");
             one.envelope = book.signers.signing(book.agreement, "publisher/acme").envelope;
             return one;
           }),
      sign("one flipped bit", "signature.invalid",
           [](ReadyBook& book) {
             AgreementSigning one = book.signers.signing(book.draft, "publisher/acme");
             one.envelope.signature[20] ^= 1;
             return one;
           }),
      sign("altered terms", "agreement.other_terms",
           [](ReadyBook& book) {
             HeldAgreement altered = book.draft;
             altered.agreement.parties[0].ppm += 100'000;
             altered.agreement.parties[1].ppm -= 100'000;
             altered.text = write_agreement(altered.agreement);
             return book.signers.signing(altered, "publisher/acme");
           }),
      sign("another agreement", "agreement.other_terms",
           [](ReadyBook& book) {
             AgreementSigning one = book.signers.signing(book.agreement, "publisher/acme");
             one.id = {book.draft.agreement.id};
             return one;
           }),
      sign("what is no agreement", "agreement.json",
           [](ReadyBook& book) {
             AgreementSigning one = book.signers.signing(book.draft, "publisher/acme");
             one.text = "{";
             return one;
           }),
      sign("an older version", "agreement.other_version",
           [](ReadyBook& book) {
             const AgreementSigning old = book.signers.signing(book.draft, "publisher/acme");
             (void)TestBook::good(
                 book->propose(book.alice, TestBook::some_shares(), AgreementId{book.draft.agreement.id}));
             return old;
           }),
      sign("who is no party", "agreement.not_a_party",
           [](ReadyBook& book) {
             AgreementSigning one = book.signers.signing(book.draft, "publisher/acme");
             one.party = "publisher/rival";
             return one;
           }),
      sign("twice", "agreement.signed_already",
           [](ReadyBook& book) { return book.signers.signing(book.agreement, "publisher/acme"); }),
      sign("after termination", "agreement.state",
           [](ReadyBook& book) {
             (void)TestBook::good(book->terminate_agreement(book.alice, {book.draft.agreement.id}, "so"));
             return book.signers.signing(book.draft, "publisher/acme");
           }),
      sign("a revoked key", "agreement.revoked_key",
           [](ReadyBook& book) {
             (void)TestBook::good(
                 book->revoke_party_key(book.alice, "publisher/acme", book.signers.acme.public_key().id(), "lost"));
             return book.signers.signing(book.draft, "publisher/acme");
           }),
      sign("no such agreement", "agreement.unknown",
           [](ReadyBook& book) {
             AgreementSigning one = book.signers.signing(book.draft, "publisher/acme");
             one.id = {"agr_no"};
             return one;
           }),
      terms("shares that do not sum", "agreement.terms", [](Agreement& one) { one.parties[0].ppm -= 1; }),
      terms("a party twice", "agreement.terms", [](Agreement& one) { one.parties[1].name = "publisher/acme"; }),
      terms("without its publisher", "agreement.terms", [](Agreement& one) { one.parties[0].name = "publisher/else"; }),
      terms("a party that is none", "agreement.party", [](Agreement& one) { one.parties[1].name = "corpus"; }),
      terms("over before it begins", "agreement.terms",
            [](Agreement& one) { one.from_ms = 2 * kHourMs, one.until_ms = kHourMs; }),
      terms("of the platform", "agreement.terms", [](Agreement& one) { one.publisher = "platform"; }),
      charge("another publisher's model", "charge.foreign",
             [](ReadyBook&, Charge& one) { one.model = "rival/vision"; }),
      charge("another publisher's prices", "charge.foreign",
             [](ReadyBook& book, Charge& one) {
               PriceList list = TestBook::some_prices();
               list.publisher = "rival";
               one.price_list = {TestBook::good(book->create_prices(book.alice, list)).list.id};
             }),
      charge("two currencies", "charge.currency",
             [](ReadyBook& book, Charge& one) {
               PriceList list = TestBook::some_prices();
               list.currency = *Currency::parse("USD");
               one.price_list = {TestBook::good(book->create_prices(book.alice, list)).list.id};
             }),
      charge("a draft", "charge.not_effective",
             [](ReadyBook& book, Charge& one) { one.agreement = {book.draft.agreement.id}; }),
      charge("prices that begin later", "charge.not_effective",
             [](ReadyBook& book, Charge& one) {
               PriceList list = TestBook::some_prices();
               list.from_ms = book.now_ms + kHourMs;
               one.price_list = {TestBook::good(book->create_prices(book.alice, list)).list.id};
             }),
      charge("prices that are over by then", "charge.not_effective",
             [](ReadyBook& book, Charge& one) {
               PriceList list = TestBook::some_prices();
               list.until_ms = book.now_ms + kHourMs;
               one.price_list = {TestBook::good(book->create_prices(book.alice, list)).list.id};
               one.from_ms = book.now_ms + kHourMs;
             }),
      charge("a terminated agreement", "charge.not_effective",
             [](ReadyBook& book, Charge&) {
               (void)TestBook::good(book->terminate_agreement(book.alice, {book.agreement.agreement.id}, "so"));
             }),
      charge("no model", "charge.model", [](ReadyBook&, Charge& one) { one.model = "acme/*"; }),
      charge("no such list", "price.unknown", [](ReadyBook&, Charge& one) { one.price_list = {"pri_no"}; }),
      charge("no such agreement", "agreement.unknown", [](ReadyBook&, Charge& one) { one.agreement = {"agr_no"}; }),
      prices("a price below zero", "price.terms", false,
             [](ReadyBook&, PriceList& list) { list.meters[0].tiers[0].nano = -1; }),
      prices("a meter twice", "price.terms", false,
             [](ReadyBook&, PriceList& list) { list.meters.push_back(list.meters[0]); }),
      prices("a minimum of no period", "price.terms", false, [](ReadyBook&, PriceList& list) { list.minimum = 1; }),
      prices("of the platform", "price.terms", false, [](ReadyBook&, PriceList& list) { list.publisher = "platform"; }),
      prices("the next version of another publisher", "price.terms", true,
             [](ReadyBook&, PriceList& list) { list.publisher = "rival"; }),
      prices("the next version in another currency", "price.terms", true,
             [](ReadyBook&, PriceList& list) { list.currency = *Currency::parse("USD"); }),
      prices("a gap between versions", "price.gap", true,
             [](ReadyBook& book, PriceList& list) {
               PriceList ends = TestBook::some_prices();
               ends.until_ms = book.now_ms + kHourMs;
               (void)TestBook::good(book->replace_prices(book.alice, {book.prices.list.id}, ends));
               list.from_ms = book.now_ms + kHourMs + 1;
             }),
  };
  for (const Row& row : rows) {
    const auto outcome = row.run(on);
    EXPECT_FALSE(outcome) << row.what;
    if (!outcome) EXPECT_EQ(outcome.error().reason, row.reason) << row.what << ": " << outcome.error().message;
    on.put_back();
  }
}

TEST(BookBilling, HowACustomerPaysIsChangedByVersions) {
  ReadyBook on;
  PayingCustomer after = TestBook::some_payer();
  after.pays_ahead = false;
  after.credit_limit = 100 * kNanoPerUnit;
  EXPECT_EQ(TestBook::good(on->set_customer_billing(on.alice, on.northwind.id, after)).payer.version, 2u);
  const auto all = TestBook::good(on->customer_billing(on.northwind.id));
  ASSERT_EQ(all.size(), 2u);
  EXPECT_TRUE(all[1].payer.pays_ahead);
  EXPECT_EQ(TestBook::good(on->billing_terms()).terms->customer(on.northwind.id.text)->account(),
            "recv:" + on.northwind.id.text);
  const auto refused = [&](const std::function<void(PayingCustomer&)>& change) {
    PayingCustomer payer = TestBook::some_payer();
    change(payer);
    return on.refusal([&] { return on->set_customer_billing(on.alice, on.northwind.id, payer); });
  };
  EXPECT_EQ(refused([](PayingCustomer& one) { one.currency = *Currency::parse("USD"); }), "customer.billing");
  EXPECT_EQ(refused([](PayingCustomer& one) { one.credit_limit = -1; }), "customer.billing");
  EXPECT_EQ(refused([](PayingCustomer& one) { one.credit_limit = 1; }), "customer.billing");
  EXPECT_EQ(refused([](PayingCustomer& one) { one.tax_ppm = 1'000'001; }), "customer.billing");
  EXPECT_EQ(refused([](PayingCustomer& one) { one.tax_office = "no office"; }), "customer.billing");
}

}  // namespace
}  // namespace stoa::licensing
