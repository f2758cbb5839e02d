// settlement_api_test.cpp: money in and money out over HTTP, for its three readers. SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "host/api/licensing/test_licensing.hpp"
#include "licensing/billing/ledger_log.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/durable_wait.hpp"
#include "licensing/settlement/settlement.hpp"
#include "licensing/statement/document_text.hpp"

namespace stoa::api {
namespace {

using licensing::kNanoPerUnit;

class SettlementApiTest : public LicensingTest {
 protected:
  SettlementApiTest() {
    terms_->add(licensing::PayingCustomer{
        .id = northwind, .currency = licensing::kEuro, .tax_ppm = 190'000, .tax_office = "DE"});
    journal_ = *licensing::Journal::open(folder / "journal", {.segment_bytes = 2 * licensing::kFrameBodyBytesMax});
    teller_ = *licensing::Teller::open(*journal_, *terms_, [this] { return now_ms; });
    log_ = *licensing::LogFolder::open(folder / "log", verifier_, key_);
    settlement_ = *licensing::Settlement::open(
        {.file = folder / "settlement.db",
         .journal = *journal_,
         .teller = *teller_,
         .terms = [this] { return terms_; },
         .now_ms = [this] { return now_ms; },
         .head = [this](std::uint64_t) -> Result<licensing::TreeHead> {
           const auto head = licensing::advance(*log_, *journal_);
           return head ? Result<licensing::TreeHead>(head->head) : std::unexpected(head.error());
         },
         .sign =
             [this](std::string_view text) {
               return licensing::sign_note(
                   text,
                   std::vector<std::pair<licensing::NoteVerifier, const registry::PrivateKey*>>{{verifier_, &key_}});
             },
         .provider = &files_,
         .rules = {.from = {"Stoa Platform", "DE89370400440532013000"}}});
    licences->settlement = settlement_.get();
    licences->statement_key = verifier_.text();
  }
  ~SettlementApiTest() override { hall.reset(); }

  std::uint64_t call() {
    const std::string customer = northwind;
    const licensing::Quantity one[] = {{"call", 1}};
    const auto hold = teller_->hold(customer, "acme/vision", one);
    EXPECT_TRUE(hold) << hold.error().message;
    const auto settled = teller_->settle(licensing::SomeCall(customer, 0, now_ms), *hold);
    return settled->number;
  }
  std::string tried(const std::string& method, const std::string& path, const std::string& body,
                    const std::string& token) {
    const auto reply = send_operator({method, path, body, token});
    return reply.status < 400 ? "done" : reply.reason();
  }

  registry::PrivateKey key_ = registry::PrivateKey::generate();
  licensing::NoteVerifier verifier_ = *licensing::NoteVerifier::make("stoa.example/ledger", key_.public_key());
  std::shared_ptr<licensing::BillingTerms> terms_ = std::make_shared<licensing::BillingTerms>(licensing::some_terms());
  licensing::FilePayoutProvider files_{folder / "payouts"};
  std::unique_ptr<licensing::Journal> journal_;
  std::unique_ptr<licensing::Teller> teller_;
  std::unique_ptr<licensing::LogFolder> log_;
  std::unique_ptr<licensing::Settlement> settlement_;
};

TEST_F(SettlementApiTest, FromATopUpToAPayout) {
  const RegistryRequest top_up{"POST",
                               "/v1/wallets/northwind/top-ups",
                               R"({"amount":"30.00","currency":"EUR","reason":"transfer 7"})",
                               finance,
                               {"Idempotency-Key: t-1"}};
  const Json paid = operate(201, top_up);
  EXPECT_EQ(paid["state"], "booked");
  EXPECT_EQ(paid["customer"], northwind);
  EXPECT_EQ(operate(201, top_up), paid) << "asked again";
  operate(201, {"POST", "/v1/wallets/northwind/credits",
                R"({"amount":"5","currency":"EUR","expires":"2099-12-31","reason":"welcome"})", finance});
  for (int i = 0; i < 2'000; ++i) call();
  EXPECT_TRUE(licensing::DurableWait::until_durable(*journal_));
  const Json wallet = use(200, {"GET", "/v1/account/wallet", "", manage});
  EXPECT_EQ(wallet["credit"], "0");
  EXPECT_EQ(wallet["wallet"], "11.2");
  EXPECT_EQ(operate(200, {"GET", "/v1/wallets/northwind", "", auditor}), wallet);
  const std::string call_number = std::to_string(call());
  EXPECT_TRUE(licensing::DurableWait::until_durable(*journal_));
  const Json refund =
      operate(201, {"POST", "/v1/refunds",
                    R"({"entry":)" + call_number + R"(,"bearer":"platform","reason":"it was slow"})", finance});
  EXPECT_EQ(refund["amount"], "0.0119");
  EXPECT_EQ(operate(200, {"GET", "/v1/refunds?customer=northwind", "", auditor})["items"][0], refund);

  const std::string month = licensing::month_at(now_ms).name;
  EXPECT_EQ(tried("POST", "/v1/periods/" + month + "/close", R"({"reason":"over"})", finance), "month.open");
  now_ms = licensing::month_at(now_ms).until_ms + 300'000;
  const Json closed = operate(200, {"POST", "/v1/periods/" + month + "/close", R"({"reason":"over"})", finance});
  EXPECT_EQ(closed["statements"], 2);
  EXPECT_EQ(closed["invoices"], 1);
  EXPECT_EQ(tried("POST", "/v1/periods/" + month + "/close", R"({"reason":"over"})", finance), "month.closed");

  const Json statements = operate(200, {"GET", "/v1/publishers/acme/statements", "", acme});
  ASSERT_EQ(statements["items"].size(), 1u);
  EXPECT_EQ(statements["items"][0]["closing"], "14.007");
  const std::string path =
      "/v1/publishers/acme/statements/" + std::to_string(statements["items"][0]["number"].get<int>());
  const Json statement = operate(200, {"GET", path, "", acme});
  EXPECT_EQ(statement["lines"][0]["units"]["call"], 2'001);
  EXPECT_EQ(statement["lines"][0]["amount"], "14.007");
  const std::string note = operate(200, {"GET", path + "?form=note", "", acme})["text"];
  const auto verifier =
      licensing::NoteVerifier::parse(operate(200, {"GET", "/v1/statement-key", "", acme})["key"].get<std::string>());
  ASSERT_TRUE(verifier);
  EXPECT_EQ(use(200, {"GET", "/v1/statement-key", "", plain})["key"], verifier->text());
  const auto opened = licensing::open_note(note, std::vector{*verifier});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_TRUE(licensing::parse_statement(opened->text));
  EXPECT_EQ(registry::to_hex(registry::sha256_of(note)), statement["sha256"].get<std::string>());
  for (const char* form : {"csv", "page"})
    EXPECT_TRUE(operate(200, {"GET", path + "?form=" + form, "", acme})["text"].get<std::string>().contains("14.007"));
  EXPECT_EQ(send_operator({"GET", path + "?form=pdf", "", acme}).reason(), "registry.query");

  const Json invoices = use(200, {"GET", "/v1/account/invoices", "", manage});
  ASSERT_EQ(invoices["items"].size(), 1u);
  const Json invoice = use(200, {"GET", "/v1/account/invoices/1", "", manage});
  EXPECT_EQ(invoice["customer"], northwind);
  EXPECT_EQ(invoice["closing"], "11.2");
  EXPECT_EQ(invoice["tax"], "3.8");
  EXPECT_EQ(operate(200, {"GET", "/v1/invoices/1", "", auditor}), invoice);
  EXPECT_TRUE(use(200, {"GET", "/v1/account/invoices/1?form=page", "", manage})["text"].get<std::string>().starts_with(
      "Invoice of cus_"));

  operate(200, {"PUT", "/v1/payees",
                R"({"party":"publisher/acme","name":"Acme","iban":"GB82WEST12345698765432","reason":"by letter"})",
                finance});
  const Json run = operate(200, {"POST", "/v1/payouts/run", R"({"reason":"monthly"})", finance});
  EXPECT_EQ(run["failures"].size(), 0u);
  const Json mine = operate(200, {"GET", "/v1/publishers/acme/payouts", "", acme});
  ASSERT_EQ(mine["items"].size(), 1u);
  EXPECT_EQ(mine["items"][0]["amount"], "14.00");
  EXPECT_EQ(mine["items"][0]["state"], "submitted");
  const std::string payout = "/v1/payouts/" + mine["items"][0]["id"].get<std::string>();
  EXPECT_EQ(operate(200, {"POST", payout + "/settle", R"({"reason":"paid"})", finance})["state"], "settled");
  EXPECT_EQ(tried("POST", payout + "/settle", R"({"reason":"paid"})", finance), "payout.state");
  EXPECT_EQ(operate(200, {"GET", payout, "", auditor})["state"], "settled");
  EXPECT_EQ(operate(200, {"GET", "/v1/payouts?state=held", "", auditor})["items"][0]["party"], "data/corpus");
  EXPECT_EQ(operate(200, {"POST", payout + "/return", R"({"reason":"came back"})", finance})["state"], "returned");
  const Json lines = operate(200, {"GET", "/v1/money/audit?limit=100", "", auditor})["items"];
  EXPECT_GT(lines.size(), 8u);
  EXPECT_EQ(operate(200, {"GET", "/v1/money/audit/head", "", auditor})["lines"], lines.size());
  EXPECT_EQ(tried("GET", "/v1/money/audit/head", "", acme), "role.not_allowed");
}

TEST_F(SettlementApiTest, EveryoneSeesAndDoesWhatIsTheirs) {
  for (const char* path : {"/v1/wallets/northwind", "/v1/refunds", "/v1/adjustments", "/v1/money/acts", "/v1/periods",
                           "/v1/statements", "/v1/invoices", "/v1/payees", "/v1/payouts"}) {
    EXPECT_EQ(tried("GET", path, "", auditor), "done") << path;
    EXPECT_EQ(tried("GET", path, "", acme), "role.not_allowed") << path;
    EXPECT_EQ(tried("GET", path, "", ""), "token.missing") << path;
  }
  struct Row {
    const char *method, *path, *body;
  };
  for (const Row& row :
       {Row{"POST", "/v1/wallets/northwind/top-ups", R"({"amount":"1","currency":"EUR","reason":"x"})"},
        Row{"POST", "/v1/wallets/northwind/credits",
            R"({"amount":"1","currency":"EUR","expires":"2099-01-01","reason":"x"})"},
        Row{"POST", "/v1/refunds", R"({"entry":0,"reason":"x"})"},
        Row{"POST", "/v1/adjustments", R"({"currency":"EUR","postings":[],"reason":"x"})"},
        Row{"POST", "/v1/periods/2023-01/close", R"({"reason":"x"})"},
        Row{"PUT", "/v1/payees",
            R"({"party":"publisher/acme","name":"A","iban":"GB82WEST12345698765432","reason":"x"})"},
        Row{"POST", "/v1/payees/hold", R"({"party":"publisher/acme","reason":"x"})"},
        Row{"POST", "/v1/payouts/run", R"({"reason":"x"})"},
        Row{"POST", "/v1/payouts/pay_x/settle", R"({"reason":"x"})"},
        Row{"POST", "/v1/payouts/pay_x/fail", R"({"reason":"x"})"},
        Row{"POST", "/v1/payouts/pay_x/return", R"({"reason":"x"})"}}) {
    EXPECT_EQ(tried(row.method, row.path, row.body, auditor), "role.not_allowed") << row.path;
    EXPECT_EQ(tried(row.method, row.path, row.body, acme), "role.not_allowed") << row.path;
  }
  EXPECT_EQ(tried("GET", "/v1/publishers/acme/statements", "", rival), "publisher.foreign");
  EXPECT_EQ(tried("GET", "/v1/publishers/acme/payouts", "", rival), "publisher.foreign");
  EXPECT_EQ(tried("GET", "/v1/publishers/acme/statements", "", auditor), "done");
  EXPECT_EQ(send_customer({"GET", "/v1/account/wallet", "", plain}).reason(), "key.scope");
  EXPECT_EQ(send_customer({"GET", "/v1/account/wallet", "", stranger}).reason(), "billing.no_customer");

  // Somebody else's document is none.
  operate(201, {"POST", "/v1/wallets/northwind/top-ups", R"({"amount":"1","currency":"EUR","reason":"x"})", finance});
  call();
  const std::string month = licensing::month_at(now_ms).name;
  now_ms = licensing::month_at(now_ms).until_ms + 300'000;
  operate(200, {"POST", "/v1/periods/" + month + "/close", R"({"reason":"over"})", finance});
  use(200, {"GET", "/v1/account/invoices/1", "", manage});
  EXPECT_EQ(send_customer({"GET", "/v1/account/invoices/1", "", stranger}).reason(), "invoice.unknown");
  EXPECT_EQ(use(200, {"GET", "/v1/account/invoices", "", stranger})["items"].size(), 0u);
  EXPECT_EQ(operate(200, {"GET", "/v1/statements?party=data/corpus", "", auditor})["items"].size(), 1u);
  const std::string corpus = std::to_string(
      operate(200, {"GET", "/v1/statements?party=data/corpus", "", auditor})["items"][0]["number"].get<int>());
  EXPECT_EQ(tried("GET", "/v1/publishers/acme/statements/" + corpus, "", acme), "statement.unknown");
  EXPECT_EQ(tried("GET", "/v1/publishers/acme/statements/x", "", acme), "statement.unknown");
}

TEST_F(SettlementApiTest, WhatMakesNoSenseIsRefusedByItsReason) {
  operate(201, {"POST", "/v1/wallets/northwind/top-ups", R"({"amount":"1","currency":"EUR","reason":"x"})", finance});
  const std::string entry = std::to_string(call());
  EXPECT_TRUE(licensing::DurableWait::until_durable(*journal_));
  struct Row {
    const char *path, *body, *reason;
  };
  const std::string over = R"({"entry":)" + entry + R"(,"amount":"9.0","reason":"x"})";
  const std::string fine = R"({"entry":)" + entry + R"(,"amount":"0.0000000001","reason":"x"})";
  const std::string who = R"({"entry":)" + entry + R"(,"bearer":"nobody","reason":"x"})";
  for (
      const Row& row : {
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":"1","currency":"EUR"})", "registry.field"},
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":1,"currency":"EUR","reason":"x"})", "registry.field"},
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":"1","currency":"EUR","reason":"x","x":1})",
              "registry.field"},
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":"1e3","currency":"EUR","reason":"x"})", "money.amount"},
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":"-1","currency":"EUR","reason":"x"})", "act.amount"},
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":"0","currency":"EUR","reason":"x"})", "act.amount"},
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":"99999999999","currency":"EUR","reason":"x"})",
              "money.amount"},
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":"9223372036","currency":"EUR","reason":"x"})",
              "money.overflow"},
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":"1","currency":"eur","reason":"x"})", "money.currency"},
          Row{"/v1/wallets/northwind/top-ups", R"({"amount":"1","currency":"USD","reason":"x"})", "ledger.currency"},
          Row{"/v1/wallets/nobody/top-ups", R"({"amount":"1","currency":"EUR","reason":"x"})", "customer.unknown"},
          Row{"/v1/wallets/contoso/top-ups", R"({"amount":"1","currency":"EUR","reason":"x"})", "billing.no_customer"},
          Row{"/v1/wallets/northwind/credits", R"({"amount":"1","currency":"EUR","expires":"2001-01-01","reason":"x"})",
              "credit.expires"},
          Row{"/v1/wallets/northwind/credits", R"({"amount":"1","currency":"EUR","expires":"soon","reason":"x"})",
              "registry.field"},
          Row{"/v1/refunds", R"({"entry":99999,"reason":"x"})", "ledger.no_entry"},
          Row{"/v1/refunds", R"({"entry":0,"reason":"x"})", "refund.not_a_call"},
          Row{"/v1/refunds", over.c_str(), "refund.too_much"},
          Row{"/v1/refunds", fine.c_str(), "money.amount"},
          Row{"/v1/refunds", who.c_str(), "registry.field"},
          Row{"/v1/refunds", R"({"entry":-1,"reason":"x"})", "registry.field"},
          Row{"/v1/adjustments", R"({"currency":"EUR","postings":[{"account":"cash:bank","amount":"1"}],"reason":"x"})",
              "ledger.postings"},
          Row{"/v1/adjustments", R"({"currency":"EUR","postings":[1],"reason":"x"})", "registry.field"},
          Row{"/v1/adjustments",
              R"({"currency":"EUR","postings":[{"account":"cash:bank","amount":"1"},{"account":"suspense","amount":"-2"}],"reason":"x"})",
              "ledger.sum"},
          Row{"/v1/periods/2023-13/close", R"({"reason":"x"})", "month.name"},
          Row{"/v1/periods/2999-01/close", R"({"reason":"x"})", "month.open"},
          Row{"/v1/payees/hold", R"({"party":"publisher/acme","reason":"x"})", "payee.unknown"},
          Row{"/v1/payouts/pay_none/settle", R"({"reason":"x"})", "payout.unknown"},
      })
    EXPECT_EQ(tried("POST", row.path, row.body, finance), row.reason) << row.path << ' ' << row.body;
  EXPECT_EQ(tried("PUT", "/v1/payees",
                  R"({"party":"publisher/acme","name":"A","iban":"GB83WEST12345698765432","reason":"x"})", finance),
            "payout.iban");
  // A correction by hand, and what it corrects.
  const Json adjusted = operate(
      201,
      {"POST", "/v1/adjustments",
       R"({"currency":"EUR","refers":)" + entry +
           R"(,"postings":[{"account":"suspense","amount":"0.5"},{"account":"income:breakage","amount":"-0.5"}],"reason":"x"})",
       finance});
  EXPECT_EQ(adjusted["amount"], "0.5");
  EXPECT_EQ(operate(200, {"GET", "/v1/adjustments", "", auditor})["items"].size(), 1u);
  licences->settlement = nullptr;
  EXPECT_EQ(tried("GET", "/v1/payouts", "", auditor), "billing.off");
}

}  // namespace
}  // namespace stoa::api
