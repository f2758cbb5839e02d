// billing_api_test.cpp: prices, agreements, charges and who pays how, over HTTP. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "host/api/licensing/licensing_json.hpp"
#include "host/api/licensing/test_licensing.hpp"
#include "licensing/document/agreement_file.hpp"

namespace stoa::api {
namespace {

constexpr const char* kPrices = R"({"publisher":"acme","currency":"EUR","meters":[
    {"meter":"call","tiers":[{"price":"0.01"}]},
    {"meter":"token.out","per_units":1000000,"tiers":[{"price":"2.50"}]}]})";
constexpr const char* kShares = R"({"publisher":"acme","currency":"EUR","platform_fee":[{"ppm":0}],"parties":[
    {"name":"publisher/acme","ppm":700000},{"name":"data/corpus","ppm":200000},{"name":"platform","ppm":100000}]})";

class BillingApiTest : public LicensingTest {
 protected:
  BillingApiTest() {
    licences->sign_agreement = [this](std::string_view text) {
      return Result<LicensingApi::SignedAgreement>(
          {.file = licensing::sign_agreement_text(text, platform), .key = platform.public_key()});
    };
    operate(201, {"POST", "/v1/party-keys", party_key("data/corpus", corpus.public_key().pem()), finance});
  }

  static std::string party_key(const std::string& party, const std::string& pem) {
    return Json{{"party", party}, {"public_key", pem}}.dump();
  }
  std::string document(const std::string& id) {
    return operate(200, {"GET", "/v1/agreements/" + id + "/document", "", auditor})["document"];
  }
  static std::string signature(const std::string& party, const std::string& text, const registry::PrivateKey& by) {
    return Json{{"party", party}, {"file", licensing::sign_agreement_text(text, by)}}.dump();
  }
  RegistryRequest signing(const std::string& id, const std::string& body, const std::string& token) {
    return {"POST", "/v1/agreements/" + id + "/signatures", body, token};
  }
  std::string agreement() {
    const std::string id = operate(201, {"POST", "/v1/agreements", kShares, finance})["id"];
    operate(201, signing(id, signature("data/corpus", document(id), corpus), finance));
    operate(201, signing(id, signature("publisher/acme", document(id), key), acme));
    operate(201, signing(id, R"({"party":"platform"})", finance));
    return id;
  }
  std::string prices() { return operate(201, {"POST", "/v1/prices", kPrices, finance})["id"]; }
  static std::string charge(const std::string& model, const std::string& list, const std::string& shares) {
    return Json{{"model", model}, {"price_list", list}, {"agreement", shares}}.dump();
  }

  const registry::PrivateKey platform = registry::PrivateKey::generate(), corpus = registry::PrivateKey::generate();
};

TEST_F(BillingApiTest, FromAPriceToWhatACustomerSeesOfIt) {
  const std::string list = prices();
  const Json draft = operate(201, {"POST", "/v1/agreements", kShares, finance});
  const std::string id = draft["id"];
  EXPECT_EQ(draft["state"], "draft");
  EXPECT_EQ(draft["missing"], (Json::array({"data/corpus", "platform", "publisher/acme"})));
  EXPECT_EQ(draft["residual"], "publisher/acme");
  const std::string text = document(id);
  EXPECT_EQ(Json::parse(text)["id"], id);

  // The publisher signs with the key that the registry knows it by.
  EXPECT_EQ(operate(201, signing(id, signature("publisher/acme", text, key), acme))["missing"].size(), 2u);
  EXPECT_EQ(send_operator({"POST", "/v1/charges", charge("acme/vision", list, id), finance}).reason(),
            "charge.not_effective");
  operate(201, signing(id, signature("data/corpus", text, corpus), finance));
  const Json all = operate(201, signing(id, R"({"party":"platform"})", finance));
  EXPECT_EQ(all["state"], "active");
  EXPECT_EQ(all["missing"], Json::array());

  // Everything to verify it is in the bundle.
  const Json bundle = operate(200, {"GET", "/v1/agreements/" + id + "/document", "", acme});
  ASSERT_EQ(bundle["signatures"].size(), 3u);
  for (const Json& one : bundle["signatures"]) {
    const auto opened = licensing::open_agreement(one["file"].get<std::string>());
    ASSERT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->document.text, text);
    EXPECT_TRUE(licensing::verify_agreement(
        opened->document, registry::PublicKey::from_pem(one["public_key"].get<std::string>()).value()));
  }

  const Json charged = operate(201, {"POST", "/v1/charges", charge("acme/vision", list, id), finance});
  EXPECT_EQ(charged["set_by"], "operator:fred");
  EXPECT_EQ(operate(200, {"GET", "/v1/charges", "", auditor})["items"].size(), 1u);
  EXPECT_EQ(operate(200, {"GET", "/v1/charges", "", acme})["items"].size(), 1u);
  EXPECT_EQ(operate(200, {"GET", "/v1/charges", "", rival})["items"].size(), 0u);
  EXPECT_EQ(use(200, {"GET", "/v1/account/prices", "", manage})["items"].size(), 0u) << "it has no licence";
  issue(R"({"subject":{"customer":"northwind"},"covers":[{"model":"acme/vision"}]})");
  const Json own = use(200, {"GET", "/v1/account/prices", "", manage});
  ASSERT_EQ(own["items"].size(), 1u);
  EXPECT_EQ(own["items"][0]["prices"]["meters"][1]["tiers"][0]["price"], "2.5");

  operate(200, {"PUT", "/v1/customers/northwind/billing",
                R"({"currency":"EUR","pays":"afterwards","credit_limit":"500","tax_ppm":190000,"tax_office":"DE"})",
                finance});
  EXPECT_EQ(use(200, {"GET", "/v1/account/billing", "", manage})["credit_limit"], "500");
  const Json next =
      operate(200, {"PUT", "/v1/customers/northwind/billing", R"({"currency":"EUR","tax_ppm":200000})", finance});
  EXPECT_EQ(next["version"], 2);
  EXPECT_EQ(operate(200, {"GET", "/v1/customers/northwind/billing", "", auditor})["versions"].size(), 2u);

  const auto now = book->billing_terms();
  ASSERT_TRUE(now);
  EXPECT_EQ(now->terms->charged("acme/vision")->agreement, id + "/1");
  operate(200, {"POST", "/v1/agreements/" + id + "/terminate", R"({"because":"sold"})", finance});
  EXPECT_EQ(use(200, {"GET", "/v1/account/prices", "", manage})["items"].size(), 0u) << "nobody shares what it earns";
}

TEST_F(BillingApiTest, VersionsFollowEachOtherAndOldOnesStayReadable) {
  const std::string list = prices(), id = agreement();
  Json dearer = Json::parse(kPrices);
  dearer["meters"][0]["tiers"][0]["price"] = "0.02";
  dearer["from"] = time_text(now_ms + 60'000);
  EXPECT_EQ(operate(200, {"PUT", "/v1/prices/" + list, dearer.dump(), finance})["state"], "coming");
  Json versions = operate(200, {"GET", "/v1/prices/" + list + "/versions", "", acme});
  ASSERT_EQ(versions["items"].size(), 2u);
  EXPECT_EQ(versions["items"][1]["state"], "active");
  EXPECT_EQ(versions["items"][1]["ends"], time_text(now_ms + 60'000));
  now_ms += 60'000;
  versions = operate(200, {"GET", "/v1/prices/" + list + "/versions", "", auditor});
  EXPECT_EQ(versions["items"][0]["state"], "active");
  EXPECT_EQ(versions["items"][1]["state"], "superseded");
  EXPECT_EQ(versions["items"][1]["meters"][0]["tiers"][0]["price"], "0.01");

  const std::string old = document(id);
  EXPECT_EQ(operate(200, {"PUT", "/v1/agreements/" + id, kShares, finance})["version"], 2);
  EXPECT_EQ(send_operator(signing(id, signature("publisher/acme", old, key), acme)).reason(),
            "agreement.other_version");
  EXPECT_EQ(operate(200, {"GET", "/v1/agreements/" + id + "/document?version=1", "", acme})["document"], old);
  EXPECT_EQ(operate(200, {"GET", "/v1/agreements/" + id + "/versions", "", acme})["items"].size(), 2u);
  EXPECT_EQ(operate(200, {"GET", "/v1/agreements?publisher=acme", "", auditor})["items"].size(), 1u);
  EXPECT_EQ(operate(200, {"GET", "/v1/prices", "", rival})["items"].size(), 0u);
}

// Asked again with its token it is made once.
TEST_F(BillingApiTest, AskingAgainMakesNothingTwice) {
  const RegistryRequest prices_twice{"POST", "/v1/prices", kPrices, finance, {"Idempotency-Key: p1"}};
  EXPECT_EQ(operate(201, prices_twice)["id"], operate(201, prices_twice)["id"]);
  const RegistryRequest shares_twice{"POST", "/v1/agreements", kShares, finance, {"Idempotency-Key: a1"}};
  EXPECT_EQ(operate(201, shares_twice)["id"], operate(201, shares_twice)["id"]);
}

TEST_F(BillingApiTest, RefusesForItsOwnReason) {
  const std::string list = prices(), id = agreement(),
                    draft = operate(201, {"POST", "/v1/agreements", kShares, finance})["id"];
  const std::string text = document(draft), one = "/v1/agreements/" + draft;
  const auto with = [](const char* body, const char* pointer, const Json& value) {
    Json changed = Json::parse(body);
    changed[Json::json_pointer(pointer)] = value;
    return changed.dump();
  };
  std::string forged = Json::parse(signature("publisher/acme", text, key))["file"];
  auto& digit = forged[forged.find("\"sig\":\"") + 10];  // not the last one, of which not every bit counts
  digit = digit == 'A' ? 'B' : 'A';
  // A key of low order: all zeros but the first byte.
  const std::string degenerate =
      "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAAQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n-----END PUBLIC "
      "KEY-----\n";
  struct Row {
    RegistryRequest request;
    long status;
    const char *reason, *detail;
  };
  const Row rows[] = {
      {{"POST", "/v1/prices", kPrices}, 401, "token.missing", ""},
      {{"POST", "/v1/prices", kPrices, auditor}, 403, "role.not_allowed", ""},
      {{"POST", "/v1/prices", kPrices, acme}, 403, "role.not_allowed", ""},
      {{"POST", "/v1/agreements", kShares, acme}, 403, "role.not_allowed", ""},
      {{"POST", "/v1/charges", charge("acme/vision", list, id), acme}, 403, "role.not_allowed", ""},
      {{"POST", "/v1/prices", with(kPrices, "/currency", "euro"), finance}, 400, "price.currency", "/currency"},
      {{"POST", "/v1/prices", with(kPrices, "/meters/0/tiers/0/price", 0.01), finance},
       400,
       "price.type",
       "/meters/0/tiers/0/price"},
      {{"POST", "/v1/prices", with(kPrices, "/meters/1/per_units", 0), finance}, 400, "price.range", "per_units"},
      {{"POST", "/v1/prices", with(kPrices, "/meters/1/meter", "call"), finance}, 400, "price.terms", "meters[]"},
      {{"POST", "/v1/prices", with(kPrices, "/mode", 1), finance}, 400, "price.unknown_key", "/mode"},
      {{"PUT", "/v1/prices/" + list, with(kPrices, "/currency", "USD"), finance}, 400, "price.terms", "currency"},
      {{"PUT", "/v1/prices/pri_no", kPrices, finance}, 404, "price.unknown", ""},
      {{"GET", "/v1/prices/" + list, "", rival}, 404, "price.unknown", ""},
      {{"POST", "/v1/agreements", with(kShares, "/parties/0/ppm", 700'001), finance},
       400,
       "agreement.terms",
       "parties[].ppm"},
      {{"POST", "/v1/agreements", with(kShares, "/parties/1/name", "corpus"), finance},
       400,
       "agreement.party",
       "/parties/1/name"},
      {{"GET", one, "", rival}, 404, "agreement.unknown", ""},
      {{"GET", one + "/document?version=7", "", finance}, 404, "agreement.unknown", "version"},
      {signing(draft, signature("publisher/acme", text, other_key), acme), 401, "agreement.foreign_key", "party"},
      {signing(draft, signature("data/corpus", text, key), finance), 401, "agreement.foreign_key", "party"},
      {signing(draft, signature("platform", text, corpus), finance), 401, "agreement.foreign_key", "party"},
      {signing(draft, signature("data/corpus", text, corpus), acme), 403, "agreement.foreign_party", "data/corpus"},
      {signing(draft, signature("publisher/rival", text, other_key), rival), 400, "agreement.not_a_party", "party"},
      {signing(draft, signature("publisher/acme", document(id), key), acme), 412, "agreement.other_terms", "file"},
      {signing(id, signature("publisher/acme", document(id), key), acme), 409, "agreement.signed_already", "party"},
      {signing(draft, Json{{"party", "publisher/acme"}, {"file", forged}}.dump(), acme), 401, "signature.invalid", ""},
      {signing(draft, R"({"party":"publisher/acme","file":"{}"})", acme), 401, "signature.envelope", ""},
      {signing(draft, R"({"party":"publisher/acme"})", acme), 401, "signature.envelope", ""},
      {signing("agr_no", signature("publisher/acme", text, key), finance), 404, "agreement.unknown", ""},
      {{"POST", "/v1/party-keys", party_key("data/corpus", degenerate), finance}, 400, "key.low_order", ""},
      {{"POST", "/v1/party-keys", party_key("data/corpus", "x"), finance}, 400, "key.syntax", ""},
      {{"POST", "/v1/party-keys", party_key("corpus", corpus.public_key().pem()), finance},
       400,
       "agreement.party",
       "party"},
      {{"POST", "/v1/party-keys", party_key("data/corpus", corpus.public_key().pem()), finance},
       409,
       "agreement.key_exists",
       "public_key"},
      {{"POST", "/v1/party-keys/00/revoke", R"({"party":"data/corpus","because":"x"})", finance},
       404,
       "agreement.key_unknown",
       ""},
      {{"POST", "/v1/charges", charge("acme/*", list, id), finance}, 400, "charge.model", "model"},
      {{"POST", "/v1/charges", charge("rival/x", list, id), finance}, 403, "charge.foreign", "price_list"},
      {{"POST", "/v1/charges", charge("acme/vision", list, draft), finance}, 412, "charge.not_effective", "agreement"},
      {{"POST", "/v1/charges", with(charge("acme/vision", list, id).c_str(), "/from", "soon"), finance},
       400,
       "registry.field",
       "from"},
      {{"GET", "/v1/customers/northwind/billing", "", finance}, 404, "customer.no_billing", ""},
      {{"PUT", "/v1/customers/northwind/billing", R"({"currency":"E"})", finance}, 400, "money.currency", "currency"},
      {{"PUT", "/v1/customers/northwind/billing", R"({"currency":"EUR","credit_limit":"1"})", finance},
       400,
       "customer.billing",
       "credit_limit"},
      {{"PUT", "/v1/customers/northwind/billing", R"({"currency":"EUR","tax_ppm":1000001})", finance},
       400,
       "customer.billing",
       "tax_ppm"},
      {{"PUT", "/v1/customers/nobody/billing", R"({"currency":"EUR"})", finance}, 404, "customer.unknown", ""},
  };
  for (const Row& row : rows) {
    const RegistryReply reply = send_operator(row.request);
    EXPECT_EQ(reply.status, row.status) << row.request.method << ' ' << row.request.path << ' ' << row.reason;
    EXPECT_EQ(reply.reason(), row.reason) << row.request.method << ' ' << row.request.path << ": " << reply.body;
    EXPECT_TRUE(reply.body.contains(row.detail)) << row.reason << ": " << reply.body;
  }
  EXPECT_EQ(send_customer({"GET", "/v1/account/prices", "", plain}).reason(), "key.scope");
  EXPECT_EQ(send_customer({"GET", "/v1/account/billing", "", manage}).reason(), "customer.no_billing");
}

}  // namespace
}  // namespace stoa::api
