// billing_refusal_test.cpp: what of prices, agreements, signatures and charges is refused, and why.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <functional>

#include "licensing/book/test_book.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kOneHourMs = 3'600'000;

// Each is refused for its own reason.
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
            [](Agreement& one) { one.from_ms = 2 * kOneHourMs, one.until_ms = kOneHourMs; }),
      terms("of the platform", "agreement.name", [](Agreement& one) { one.publisher = "platform"; }),
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
               list.from_ms = book.now_ms + kOneHourMs;
               one.price_list = {TestBook::good(book->create_prices(book.alice, list)).list.id};
             }),
      charge("prices that are over by then", "charge.not_effective",
             [](ReadyBook& book, Charge& one) {
               PriceList list = TestBook::some_prices();
               list.until_ms = book.now_ms + kOneHourMs;
               one.price_list = {TestBook::good(book->create_prices(book.alice, list)).list.id};
               one.from_ms = book.now_ms + kOneHourMs;
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
               ends.until_ms = book.now_ms + kOneHourMs;
               (void)TestBook::good(book->replace_prices(book.alice, {book.prices.list.id}, ends));
               list.from_ms = book.now_ms + kOneHourMs + 1;
             }),
  };
  for (const Row& row : rows) {
    const auto outcome = row.run(on);
    EXPECT_FALSE(outcome) << row.what;
    if (!outcome) EXPECT_EQ(outcome.error().reason, row.reason) << row.what << ": " << outcome.error().message;
    on.put_back();
  }
}

}  // namespace
}  // namespace stoa::licensing
