// ledger_api_test.cpp: what was used, paid and earned, over HTTP, for those whose it is.
// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <memory>

#include "host/api/licensing/ledger_routes.hpp"
#include "host/api/licensing/test_licensing.hpp"
#include "licensing/billing/teller.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/test_journal.hpp"

namespace stoa::api {
namespace {

using licensing::kNowMs;
using licensing::SomeCall;

class LedgerApiTest : public LicensingTest {
 protected:
  LedgerApiTest() {
    terms.add(licensing::PayingCustomer{.id = northwind, .currency = licensing::kEuro, .tax_ppm = 190'000});
    journal = *licensing::Journal::open(folder / "journal", {.segment_bytes = 2 * licensing::kFrameBodyBytesMax});
    teller = *licensing::Teller::open(*journal, terms, [] { return kNowMs; });
    projection = *licensing::Projection::open(folder / "projection.db", *journal, [](const Error&) {});
    ledger = std::unique_ptr<LedgerApi>(
        new LedgerApi{*projection, [] { return Json{{"state", "running"}}; }, [] { return Json{{"state", "never"}}; }});
    http::ServerConfig config;
    add_ledger_routes(*licences, *ledger, Plane::operators, config.listeners.emplace_back().routes);
    add_ledger_routes(*licences, *ledger, Plane::customers, config.listeners.emplace_back().routes);
    config.render_error = &render_error;
    ledger_hall = *http::Server::create(std::move(config));
    ledger_hall->start();
    EXPECT_TRUE(teller->book(licensing::top_up(northwind, licensing::kNanoPerUnit)));
    // Two calls with 1,400 tokens: the first thousand of a day are free, a call is 0.01, a million tokens 2.50.
    for (int i = 0; i < 2; ++i) {
      const licensing::Quantity most[] = {{"call", 1}, {"token.out", 2'000}};
      const auto hold = teller->hold(northwind, "acme/vision", most);
      EXPECT_TRUE(hold && teller->settle(SomeCall(northwind, 1'400), *hold));
    }
    EXPECT_TRUE(licensing::settle(*journal));  // the call is read from it
    EXPECT_TRUE(teller->refund(1, {}, "not as promised"));
    EXPECT_TRUE(licensing::settle(*journal));
    while (*projection->advance() > 0) {
    }
    now_ms = kNowMs + 1'000;
  }
  ~LedgerApiTest() override { ledger_hall.reset(); }

  Json operated(long status, const std::string& path, const std::string& token, const char* method = "GET") {
    const RegistryReply reply =
        ask(ledger_hall->ports().at(0), {method, path, method == std::string("POST") ? "{}" : "", token});
    EXPECT_EQ(reply.status, status) << path << ": " << reply.body;
    return reply.json();
  }
  Json used(long status, const std::string& path, const std::string& key) {
    const RegistryReply reply = ask(ledger_hall->ports().at(1), {"GET", path, "", key});
    EXPECT_EQ(reply.status, status) << path << ": " << reply.body;
    return reply.json();
  }

  licensing::BillingTerms terms = licensing::some_terms();
  std::unique_ptr<licensing::Journal> journal;
  std::unique_ptr<licensing::Teller> teller;
  std::unique_ptr<licensing::Projection> projection;
  std::unique_ptr<LedgerApi> ledger;
  std::unique_ptr<http::Server> ledger_hall;
};

TEST_F(LedgerApiTest, ACustomerSeesWhatItUsedAndPaid) {
  const Json usage = used(200, "/v1/account/usage", manage);
  EXPECT_EQ(usage["items"], Json::parse(R"([{"day":"2023-11-14","model":"acme/vision","meter":"call","units":2},
                            {"day":"2023-11-14","model":"acme/vision","meter":"token.out","units":2800}])"));
  EXPECT_EQ(usage["behind"], 0);
  const Json spend = used(200, "/v1/account/spend?from=2023-11-14&until=2023-11-15", manage);
  // 0.011 and 0.0135, and 19 per cent of it.
  EXPECT_EQ(spend["items"],
            Json::parse(R"([{"day":"2023-11-14","kind":"usage","model":"acme/vision","currency":"EUR","entries":2,
                             "gross":"0.0245","tax":"0.004655","paid":"0.029155"},
                            {"day":"2023-11-14","kind":"top_up","currency":"EUR","entries":1,"paid":"-1"},
                            {"day":"2023-11-14","kind":"refund","currency":"EUR","entries":1,"paid":"-0.01309"}])"));
  EXPECT_EQ(used(200, "/v1/account/usage?until=2023-11-14", manage)["items"].size(), 0u);
  EXPECT_EQ(used(200, "/v1/account/usage", stranger)["items"].size(), 0u) << "another customer's is not seen";
  EXPECT_EQ(used(403, "/v1/account/usage", plain)["reason"], "key.scope");
  EXPECT_EQ(used(401, "/v1/account/usage", "")["reason"], "key.missing");
  EXPECT_EQ(used(400, "/v1/account/usage?from=yesterday", manage)["reason"], "registry.query");
  EXPECT_EQ(used(400, "/v1/account/usage?from=2023-11-15&until=2023-11-14", manage)["reason"], "projection.span");
  EXPECT_EQ(used(400, "/v1/account/usage?from=1970-01-01", manage)["reason"], "projection.span");
  EXPECT_EQ(operated(200, "/v1/customers/northwind/usage", auditor)["items"], usage["items"]);
  EXPECT_EQ(operated(200, "/v1/customers/northwind/spend?from=2023-11-14&until=2023-11-15", auditor)["items"],
            spend["items"]);
  EXPECT_EQ(operated(403, "/v1/customers/northwind/usage", acme)["reason"], "role.not_allowed");
}

TEST_F(LedgerApiTest, APublisherSeesWhatItEarnedAndNothingOfOthers) {
  const Json earned = operated(200, "/v1/publishers/acme/earnings", acme);
  EXPECT_EQ(earned["items"],
            Json::parse(R"([{"day":"2023-11-14","kind":"usage","model":"acme/vision","currency":"EUR","entries":2,
                             "gross":"0.0245","amount":"0.01715"},
                            {"day":"2023-11-14","kind":"refund","currency":"EUR","entries":1,"amount":"-0.0077"}])"));
  EXPECT_FALSE(earned.dump().contains(northwind));
  EXPECT_EQ(operated(200, "/v1/publishers/acme/earnings", auditor)["items"], earned["items"]);
  EXPECT_EQ(operated(403, "/v1/publishers/acme/earnings", rival)["reason"], "publisher.foreign");
  EXPECT_EQ(operated(403, "/v1/ledger/earnings?account=payable:data/corpus", acme)["reason"], "role.not_allowed");
  EXPECT_EQ(operated(200, "/v1/ledger/earnings?account=payable:data/corpus", auditor)["items"][0]["amount"], "0.0049");
  EXPECT_EQ(operated(400, "/v1/ledger/earnings?account=nothing", auditor)["reason"], "ledger.account");
}

TEST_F(LedgerApiTest, OperatorsReadEntriesAndBalances) {
  const Json page = operated(200, "/v1/ledger/entries?limit=3", auditor);
  ASSERT_EQ(page["items"].size(), 3u);
  EXPECT_EQ(page["items"][0]["kind"], "refund");
  EXPECT_EQ(page["items"][0]["refers"], 1);
  EXPECT_EQ(page["items"][0]["reason"], "not as promised");
  EXPECT_EQ(page["next"], "0");
  const Json rest = operated(200, "/v1/ledger/entries?limit=3&after=0", auditor);
  EXPECT_EQ(rest["items"][0]["kind"], "top_up");
  EXPECT_FALSE(rest.contains("next"));
  EXPECT_EQ(operated(200, "/v1/ledger/entries?customer=northwind&kind=usage", finance)["items"].size(), 2u);
  EXPECT_EQ(operated(200, "/v1/ledger/entries?customer=contoso", finance)["items"].size(), 0u);
  EXPECT_EQ(operated(200, "/v1/ledger/entries?account=payable:publisher/acme", finance)["items"].size(), 3u);
  const Json one = operated(200, "/v1/ledger/entries/1", auditor);
  EXPECT_EQ(one["customer"], northwind);
  EXPECT_EQ(one["outcome"], "complete");
  EXPECT_EQ(one["postings"][0], Json::parse(R"({"account":"payable:publisher/acme","amount":"-0.0077"})"));
  EXPECT_EQ(operated(404, "/v1/ledger/entries/99", auditor)["reason"], "ledger.no_entry");
  EXPECT_EQ(operated(404, "/v1/ledger/entries/one", auditor)["reason"], "ledger.no_entry");
  EXPECT_EQ(operated(400, "/v1/ledger/entries?kind=gift", auditor)["reason"], "registry.query");
  EXPECT_EQ(operated(400, "/v1/ledger/entries?account=payable:publisher/acme&after=0", auditor)["reason"],
            "projection.page");
  EXPECT_EQ(operated(404, "/v1/ledger/entries?customer=nobody", auditor)["reason"], "customer.unknown");
  EXPECT_EQ(operated(403, "/v1/ledger/entries", acme)["reason"], "role.not_allowed");
  EXPECT_EQ(operated(401, "/v1/ledger/entries", "")["reason"], "token.missing");

  const Json balances = operated(200, "/v1/ledger/balances?limit=4", auditor);
  EXPECT_EQ(balances["items"].size(), 4u);
  const Json wallets = operated(200, "/v1/ledger/balances?prefix=wallet:", auditor);
  ASSERT_EQ(wallets["items"].size(), 1u);
  EXPECT_EQ(wallets["items"][0]["balance"], "0.983935");
  const std::string next = balances["next"];
  EXPECT_EQ(next.substr(next.size() - 4), " EUR");
  EXPECT_EQ(
      operated(200, "/v1/ledger/balances?after=" + next.substr(0, next.size() - 4) + "%20EUR", auditor)["items"].size(),
      2u);
  EXPECT_EQ(operated(200, "/v1/ledger/verify", auditor)["state"], "never");
  EXPECT_EQ(operated(202, "/v1/ledger/verify", auditor, "POST")["state"], "running");
  EXPECT_EQ(operated(403, "/v1/ledger/verify", acme)["reason"], "role.not_allowed");
}

}  // namespace
}  // namespace stoa::api
