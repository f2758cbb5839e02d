// test_settlement.hpp: a journal, a teller, a log and a settlement over them, that can be killed and opened again.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "licensing/billing/ledger_log.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/test_journal.hpp"
#include "licensing/settlement/settlement.hpp"
#include "registry/document/test_folder.hpp"

namespace stoa::licensing {

class SettlementTest : public testing::Test {
 protected:
  void open() {
    const auto opened = try_open();
    ASSERT_TRUE(opened) << opened.error().message;
  }
  Result<void> try_open() {
    close();
    auto journal = Journal::open(folder_ / "journal", {.segment_bytes = 2 * kFrameBodyBytesMax});
    if (!journal) return std::unexpected(journal.error());
    journal_ = std::move(*journal);
    auto teller = Teller::open(*journal_, *terms_, [this] { return now_ms_; });
    if (!teller) return std::unexpected(teller.error());
    teller_ = std::move(*teller);
    auto log = LogFolder::open(folder_ / "log", verifier_, key_);
    if (!log) return std::unexpected(log.error());
    log_ = std::move(*log);
    auto opened = Settlement::open(
        {.file = folder_ / "settlement.db",
         .journal = *journal_,
         .teller = *teller_,
         .terms = [this] { return terms_; },
         .now_ms =
             [this] {
               if (on_clock_) on_clock_();
               return now_ms_;
             },
         .head = [this](std::uint64_t) -> Result<TreeHead> {
           const auto head = advance(*log_, *journal_);
           return head ? Result<TreeHead>(head->head) : std::unexpected(head.error());
         },
         .sign =
             [this](std::string_view text) {
               return sign_note(text,
                                std::vector<std::pair<NoteVerifier, const registry::PrivateKey*>>{{verifier_, &key_}});
             },
         .provider = provider_,
         .rules = rules_});
    if (!opened) return std::unexpected(opened.error());
    settlement_ = std::move(*opened);
    return {};
  }
  void close() {
    settlement_.reset();
    log_.reset();
    teller_.reset();
    journal_.reset();
  }
  // The difference of both sides, debits above zero, of all accounts that hold something.
  std::map<std::string, Nano> accounts() const {
    return teller_->look([](const AccountsBook& book) {
      std::map<std::string, Nano> all;
      if (const Balances* const balances = book.balances(kEuro))
        for (const auto& [name, balance] : balances->all())
          if (balance.debits != balance.credits) all.emplace(name, balance.debits - balance.credits);
      return all;
    });
  }
  std::uint64_t call(const std::string& customer, std::uint64_t tokens = 0) {
    const Quantity most[] = {{"call", 1}, {"token.out", tokens}};
    const auto hold = teller_->hold(customer, "acme/vision", most);
    EXPECT_TRUE(hold) << hold.error().message;
    const auto settled = teller_->settle(SomeCall(customer, tokens, now_ms_), *hold);
    EXPECT_TRUE(settled) << settled.error().message;
    EXPECT_TRUE(stoa::licensing::settle(*journal_));
    return settled->number;
  }
  static Settlement::Order by_fred(std::string reason, std::string token = "") {
    Settlement::Order order{"operator:fred", std::move(reason)};
    order.once = {std::move(token), registry::sha256_of(order.reason)};
    return order;
  }
  static Settlement::Payment euros(Nano nano, std::string customer = "cus_ahead") {
    return {std::move(customer), "bank", {kEuro, nano}};
  }
  template <class Value>
  static std::string outcome(const Result<Value>& result) {
    return result ? "done" : result.error().reason;
  }

  registry::PrivateKey key_ = registry::PrivateKey::generate();
  NoteVerifier verifier_ = *NoteVerifier::make("stoa.example/ledger", key_.public_key());
  std::shared_ptr<BillingTerms> terms_ = std::make_shared<BillingTerms>(some_terms());
  std::int64_t now_ms_ = kNowMs;
  std::function<void()> on_clock_;  // what comes in between, whenever the settlement asks for the time
  SettlementRules rules_{.from = {"Stoa Platform", "DE89370400440532013000"}};
  PayoutProvider* provider_ = nullptr;
  registry::TestFolder folder_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Teller> teller_;
  std::unique_ptr<LogFolder> log_;
  std::unique_ptr<Settlement> settlement_;
};

}  // namespace stoa::licensing
