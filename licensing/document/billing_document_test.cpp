// billing_document_test.cpp: prices and agreements as documents: one form, every refusal by its field.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "licensing/document/agreement_file.hpp"
#include "licensing/document/price_list_file.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kAtMs = 1'790'000'000'000;

constexpr std::string_view kPrices = R"({"publisher":"acme","currency":"EUR","period":"month","minimum":"5",
  "meters":[{"meter":"call","tiers":[{"price":"0.01"}]},
            {"meter":"token.out","model":"graduated","per_units":1000000,
             "tiers":[{"up_to":1000,"price":"0"},{"price":"2.50","flat":"0.1"}]}]})";

constexpr std::string_view kShares = R"({"publisher":"acme","currency":"EUR","period":"month","tier_rule":"cliff",
  "platform_fee":[{"up_to":"1000","ppm":100000},{"ppm":50000}],"processing":{"ppm":29000,"flat":"0.25"},
  "parties":[{"name":"publisher/acme","ppm":700000},{"name":"data/corpus","ppm":300000}],
  "referral":{"party":"partner/bob","ppm":50000,"cap":"100","until":"2030-01-01"},
  "advance":{"amount":"1000","ppm":500000},"cap":"10000","guarantee":"50","until":"2031-01-01"})";

std::string with(std::string_view text, std::string_view what, std::string_view instead) {
  std::string changed(text);
  const std::size_t at = changed.find(what);
  if (at == std::string::npos) throw std::runtime_error("there is no " + std::string(what));
  return changed.replace(at, what.size(), instead);
}

TEST(PriceListDocument, HasOneForm) {
  const auto list = parse_price_list_draft(kPrices, kAtMs);
  ASSERT_TRUE(list) << list.error().message;
  EXPECT_TRUE(list->id.starts_with("pri_"));
  EXPECT_EQ(list->from_ms, kAtMs);
  EXPECT_EQ(list->minimum, 5 * kNanoPerUnit);
  EXPECT_EQ(list->meters[0].model, PriceModel::per_unit);
  EXPECT_EQ(list->meters[1].tiers[1], (PriceTier{std::nullopt, 2'500'000'000, 100'000'000}));
  const std::string text = write_price_list(*list);
  const auto again = parse_price_list(text);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, *list);
  EXPECT_EQ(parse_price_list(with(text, "\"price\":\"2.5\"", "\"price\":\"2.50\"")).error().reason, "price.canonical");
  EXPECT_EQ(parse_price_list(text + " ").error().reason, "price.canonical");
}

TEST(AgreementDocument, HasOneForm) {
  const auto agreement = parse_agreement_draft(kShares, kAtMs);
  ASSERT_TRUE(agreement) << agreement.error().message;
  EXPECT_TRUE(agreement->id.starts_with("agr_"));
  EXPECT_EQ(agreement->tier_rule, TierRule::cliff);
  EXPECT_EQ(agreement->processing_flat, 250'000'000);
  EXPECT_EQ(agreement->referral->cap, 100 * kNanoPerUnit);
  EXPECT_TRUE(agreement->referral->of_platform_fee);
  EXPECT_EQ(agreement->advance->ppm, 500'000u);
  EXPECT_EQ(signatories_of(*agreement),
            (std::vector<std::string>{"data/corpus", "partner/bob", "platform", "publisher/acme"}));
  const std::string text = write_agreement(*agreement);
  const auto again = parse_agreement(text);
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(*again, *agreement);
  EXPECT_EQ(write_agreement(*again), text);
  EXPECT_EQ(parse_agreement(kShares).error().reason, "agreement.missing_key");
}

TEST(AgreementDocument, IsSignedToTheBit) {
  const auto key = registry::PrivateKey::generate(), other = registry::PrivateKey::generate();
  const std::string text = write_agreement(parse_agreement_draft(kShares, kAtMs).value());
  const std::string file = sign_agreement_text(text, key);
  const auto opened = open_agreement(file);
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(opened->document.text, text);
  EXPECT_TRUE(verify_agreement(opened->document, key.public_key()));
  EXPECT_EQ(verify_agreement(opened->document, other.public_key()).error().reason, "signature.unknown_key");
  for (std::size_t at = 0; at < file.size(); at += 7)
    for (const char bit : {1, 4}) {
      std::string flipped = file;
      flipped[at] = static_cast<char>(flipped[at] ^ bit);
      const auto read = open_agreement(flipped);
      EXPECT_FALSE(read && verify_agreement(read->document, key.public_key())) << "byte " << at;
    }
}

TEST(BillingDocuments, AreRefusedByTheirField) {
  struct Row {
    bool is_price;
    const char *what, *instead, *reason, *field;
  };
  const Row rows[] = {
      {true, "\"EUR\"", "\"Eur\"", "price.currency", "/currency"},
      {true, "\"EUR\"", "7", "price.type", "/currency"},
      {true, "\"month\"", "\"week\"", "price.value", "/period"},
      {true, "\"0.01\"", "0.01", "price.type", "/meters/0/tiers/0/price"},
      {true, "\"0.01\"", "\"1e-2\"", "price.amount", "/meters/0/tiers/0/price"},
      {true, "\"0.01\"", "\"0.0000000001\"", "price.amount", "/meters/0/tiers/0/price"},
      {true, "\"0.01\"", "\"10000000000\"", "price.amount", "/meters/0/tiers/0/price"},
      {true, "\"0.01\"", "\"-1\"", "price.terms", "meters[0].tiers[0]"},
      {true, "\"graduated\"", "\"gradual\"", "price.value", "/meters/1/model"},
      {true, "\"meter\":\"call\"", "\"meter\":\"Call\"", "price.name", "/meters/0/meter"},
      {true, "\"up_to\":1000,", "", "price.terms", "meters[1].tiers[0].up_to"},
      {true, "1000000", "0", "price.range", "/meters/1/per_units"},
      {true, "\"publisher\":\"acme\",", "", "price.missing_key", "/publisher"},
      {true, "\"publisher\":\"acme\"", "\"publisher\":\"platform\"", "price.name", "/publisher"},
      {false, "\"publisher\":\"acme\"", "\"publisher\":\"Acme\"", "agreement.name", "/publisher"},
      {true, "\"minimum\"", "\"minimal\"", "price.unknown_key", "/minimal"},
      {false, "700000", "700001", "agreement.terms", "parties[].ppm"},
      {false, "700000", "1000001", "agreement.range", "/parties/0/ppm"},
      {false, "data/corpus", "corpus", "agreement.party", "/parties/1/name"},
      {false, "publisher/acme", "publisher/else", "agreement.terms", "publisher/acme"},
      {false, "\"cliff\"", "\"cliffs\"", "agreement.value", "/tier_rule"},
      {false, "\"1000\",\"ppm\":100000", "\"0\",\"ppm\":100000", "agreement.terms", "platform_fee[0].up_to"},
      {false, "\"2031-01-01\"", "\"2031-13-01\"", "agreement.time", "/until"},
      {false, "\"2031-01-01\"", "\"2001-01-01\"", "agreement.terms", "until"},
      {false, "\"advance\":{\"amount\"", "\"advance\":{\"sum\"", "agreement.unknown_key", "/advance/sum"},
      {false, "\"publisher\":\"acme\"", "\"publisher\":\"acme\",\"id\":\"agr_1\"", "agreement.id", "/id"},
  };
  for (const Row& row : rows) {
    const std::string text = with(row.is_price ? kPrices : kShares, row.what, row.instead);
    Result<void> read;
    if (row.is_price) {
      if (const auto list = parse_price_list_draft(text, kAtMs); !list) read = std::unexpected(list.error());
    } else if (const auto agreement = parse_agreement_draft(text, kAtMs); !agreement) {
      read = std::unexpected(agreement.error());
    }
    ASSERT_FALSE(read) << row.what << " -> " << row.instead;
    EXPECT_EQ(read.error().reason, row.reason) << row.instead << ": " << read.error().message;
    EXPECT_TRUE(read.error().message.contains(row.field)) << row.instead << ": " << read.error().message;
  }
}

}  // namespace
}  // namespace stoa::licensing
