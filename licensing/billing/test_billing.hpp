// test_billing.hpp: a model with a price, an agreement of 70, 20 and 10 per cent, and customers.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <memory>
#include <string>

#include "licensing/billing/accounts_book.hpp"

namespace stoa::licensing {

inline const Currency kEuro = *Currency::parse("EUR");
inline constexpr std::int64_t kNowMs = 1'700'000'000'000;

// A call costs a hundredth, a million tokens 2.50; the first thousand tokens of a day are free.
inline BillingTerms some_terms() {
  PriceList list{.id = "pri_1", .publisher = "acme", .currency = kEuro};
  list.period = Period::day;
  list.meters = {{"call", PriceModel::per_unit, 1, {{std::nullopt, 10'000'000, 0}}},
                 {"token.out", PriceModel::graduated, 1'000'000, {{1'000, 0, 0}, {std::nullopt, 2'500'000'000, 0}}}};
  Agreement agreement{.id = "agr_1", .publisher = "acme", .currency = kEuro};
  agreement.platform_fee = {{std::nullopt, 0}};
  agreement.parties = {{"publisher/acme", 700'000}, {"data/corpus", 200'000}, {"platform", 100'000}};
  BillingTerms terms;
  terms.add(std::make_shared<const PriceList>(list));
  terms.add(std::make_shared<const Agreement>(agreement));
  terms.charge("acme/vision", list.name(), name_of(agreement));
  terms.add(PayingCustomer{.id = "cus_ahead", .currency = kEuro, .tax_ppm = 190'000, .tax_office = "DE"});
  terms.add(PayingCustomer{.id = "cus_after", .currency = kEuro, .pays_ahead = false, .credit_limit = 1'000'000'000});
  return terms;
}

// A call, and what it views.
class SomeCall {
 public:
  SomeCall(const std::string& customer, std::uint64_t tokens, std::int64_t at_ms = kNowMs)
      : party_{.customer = customer, .key = "key_1", .request = "req-1", .idempotency_key = "", .body = {}},
        quantities_{{{"call", 1}, {"token.out", tokens}}},
        at_ms_(at_ms) {}
  operator ServedCall() const {
    return {.customer = party_.customer,
            .model = "acme/vision",
            .version = "1.2.0",
            .quantities = quantities_,
            .happened_ms = at_ms_,
            .party = &party_};
  }

 private:
  CallParty party_;
  std::array<Quantity, 2> quantities_;
  std::int64_t at_ms_;
};

inline Entry top_up(const std::string& customer, Nano amount) {
  Entry entry{.currency = kEuro};
  entry.kind = EntryKind::top_up;
  entry.booked_ms = entry.happened_ms = kNowMs;
  entry.postings = {{"cash:bank", amount}, {"wallet:" + customer, -amount}};
  return entry;
}

}  // namespace stoa::licensing
