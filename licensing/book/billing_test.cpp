// billing_test.cpp: prices, agreements and charges: when they count, and that they stay what was signed.
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

// Whoever writes other terms into the file is found out by what was signed.
TEST(BookBilling, TermsThatWereChangedInTheFileAreFound) {
  const auto broken = [](const std::string& sql) {
    ReadyBook on;
    on.close();
    registry::run_on(on.file(), sql);
    const auto opened = on.try_open();
    const auto whole = opened ? on->examine() : std::unexpected(opened.error());
    return whole ? "nothing" : whole.error().reason + ": " + whole.error().message;
  };
  EXPECT_EQ(broken("SELECT 1"), "nothing");
  EXPECT_TRUE(broken("UPDATE agreements SET document = replace(replace(document, '700000', '800000'), '200000', "
                     "'100000')")
                  .contains("does not verify"));
  EXPECT_TRUE(broken("DELETE FROM agreement_signatures WHERE party = 'data/corpus'").contains("is missing"));
  EXPECT_TRUE(broken("UPDATE agreement_signatures SET signature = zeroblob(64)").contains("does not verify"));
  EXPECT_TRUE(broken("UPDATE agreements SET document = replace(document, 'acme', 'acne')").contains("book.broken"));
  EXPECT_TRUE(broken("UPDATE charges SET price_list = 'pri_other'").contains("is charged by what is not there"));
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
