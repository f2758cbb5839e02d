// test_busy_ledger.hpp: a journal in which all kinds of entries come at random: calls by several prices and agreements,
// top-ups, refunds, adjustments, in two currencies. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "licensing/billing/teller.hpp"
#include "licensing/billing/test_billing.hpp"
#include "licensing/journal/test_journal.hpp"

namespace stoa::licensing {

// Models acme/vision (some_terms), acme/talk and rival/draw; customers cus_ahead, cus_after, cus_dollar.
inline BillingTerms busy_terms() {
  const Currency dollar = *Currency::parse("USD");
  BillingTerms terms = some_terms();
  PriceList talk{.id = "pri_2", .publisher = "acme", .currency = kEuro};
  talk.period = Period::hour;
  talk.meters = {{"token.out", PriceModel::volume, 1'000, {{5'000, 7'000'003, 11}, {std::nullopt, 3'000'001, 0}}}};
  Agreement shared{.id = "agr_2", .publisher = "acme", .currency = kEuro};
  shared.processing_ppm = 13'000;
  shared.platform_fee = {{50'000'000, 300'000}, {std::nullopt, 150'000}};
  shared.period = Period::day;
  shared.referral = Referral{.party = "partner", .ppm = 100'000, .until_ms = {}};
  shared.advance = Advance{.amount = 20'000'000, .ppm = 500'000};
  shared.parties = {{"publisher/acme", 333'333}, {"data/corpus", 333'333}, {"data/other", 333'334}};
  shared.cap = 90'000'000;
  PriceList draw{.id = "pri_3", .publisher = "rival", .currency = dollar};
  draw.meters = {{"call", PriceModel::package, 3, {{std::nullopt, 40'000'001, 0}}}};
  Agreement plain{.id = "agr_3", .publisher = "rival", .currency = dollar};
  plain.platform_fee = {{std::nullopt, 200'000}};
  plain.parties = {{"publisher/rival", 1'000'000}};
  for (const PriceList& list : {talk, draw}) terms.add(std::make_shared<const PriceList>(list));
  for (const Agreement& agreement : {shared, plain}) terms.add(std::make_shared<const Agreement>(agreement));
  terms.charge("acme/talk", talk.name(), name_of(shared));
  terms.charge("rival/draw", draw.name(), name_of(plain));
  terms.add(PayingCustomer{.id = "cus_dollar", .currency = dollar, .tax_ppm = 77'777, .tax_office = "US-CA"});
  return terms;
}

class BusyLedger {
 public:
  explicit BusyLedger(const std::filesystem::path& folder, unsigned seed = 1) : random_(seed) {
    journal = must(Journal::open(folder, {.segment_bytes = 2 * kFrameBodyBytesMax}));
    teller = must(Teller::open(*journal, terms, [this] { return now_ms; }));
  }

  // So many acts, of which each that is not refused is an entry; then all of them are durable.
  void act(int times) {
    for (; times > 0; --times) {
      now_ms += static_cast<std::int64_t>(pick(40)) * 60'000;
      switch (pick(12)) {
        case 0:
          top_up_somebody();
          break;
        case 1:
          refund_something();
          break;
        case 2:
          adjust_something();
          break;
        default:
          serve_somebody();
      }
    }
    if (!settle(*journal)) throw std::runtime_error("the journal failed");
  }

  BillingTerms terms = busy_terms();
  std::int64_t now_ms = kNowMs;
  std::unique_ptr<Journal> journal;
  std::unique_ptr<Teller> teller;

 private:
  template <class Value>
  static Value must(Result<Value> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
  }
  std::uint64_t pick(std::uint64_t below) { return random_() % below; }

  void top_up_somebody() {
    const bool is_euro = pick(2) == 0;
    Entry entry = top_up(is_euro ? "cus_ahead" : "cus_dollar", static_cast<Nano>(1 + pick(500'000'000)));
    if (!is_euro) entry.currency = *Currency::parse("USD");
    entry.happened_ms = now_ms;
    if (is_euro && pick(4) == 0) entry.postings = {{"expense:promo", 5'000'000}, {"promo:cus_ahead", -5'000'000}};
    (void)must(teller->book(entry));
  }
  void refund_something() {
    if (calls_.empty()) return;
    if (!settle(*journal)) throw std::runtime_error("the journal failed");
    const std::optional<Nano> part = pick(3) == 0 ? std::nullopt : std::optional<Nano>(1 + pick(3'000'000));
    (void)teller->refund(calls_[pick(calls_.size())], part, "not as promised");
  }
  void adjust_something() {
    Entry entry{.currency = kEuro};
    entry.happened_ms = now_ms;
    entry.reason = "a mistake of ours";
    const Nano amount = static_cast<Nano>(1 + pick(1'000'000));
    entry.postings = {{"expense:promo", amount}, {"payable:publisher/acme", -amount}};
    (void)must(teller->book(entry));
  }
  void serve_somebody() {
    constexpr std::array kCalls{std::pair("cus_ahead", "acme/vision"), std::pair("cus_after", "acme/vision"),
                                std::pair("cus_ahead", "acme/talk"), std::pair("cus_after", "acme/talk"),
                                std::pair("cus_dollar", "rival/draw")};
    const auto& [who, model] = kCalls[pick(kCalls.size())];
    const std::string customer = who, request = "req-" + std::to_string(++served_);
    const CallParty party{.customer = customer, .key = "key_1", .request = request, .idempotency_key = "", .body = {}};
    const std::array quantities{Quantity{"call", 1}, Quantity{"token.out", pick(3'000)}};
    const auto hold = teller->hold(customer, model, quantities);
    if (!hold) return;
    if (pick(20) == 0) return teller->release(*hold);
    const ServedCall call{.customer = customer,
                          .model = model,
                          .version = "1.2.0",
                          .quantities = quantities,
                          .happened_ms = now_ms - static_cast<std::int64_t>(pick(1'000)),
                          .party = &party};
    calls_.push_back(must(teller->settle(call, *hold)).number);
  }

  std::mt19937_64 random_;
  std::vector<std::uint64_t> calls_;
  std::uint64_t served_ = 0;
};

}  // namespace stoa::licensing
