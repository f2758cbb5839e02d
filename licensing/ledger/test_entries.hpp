// test_entries.hpp: entries that tests book. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <utility>

#include "licensing/ledger/entry.hpp"

namespace stoa::licensing {

inline Entry booking(std::vector<Posting> postings, EntryKind kind = EntryKind::adjustment) {
  Entry entry{.currency = *Currency::parse("EUR"), .postings = std::move(postings)};
  entry.kind = kind;
  entry.booked_ms = entry.happened_ms = 1'700'000'000'000;
  return entry;
}

// A call of 1,000 that is split 700, 200 and 100, paid out of a wallet.
inline Entry call_entry(const std::string& customer = "cus_1") {
  Entry entry = booking({{"payable:publisher/acme", -700},
                         {"payable:data/corpus", -200},
                         {"income:platform_fee", -100},
                         {"tax:DE", -190},
                         {"wallet:" + customer, 1'190}},
                        EntryKind::usage);
  entry.usage = Usage{.model = "acme/vision",
                      .version = "1.2.0",
                      .quantities = {{"call", 1}, {"token.out", 300}},
                      .payer = "pay_1",
                      .price = "pri_1/3",
                      .agreement = "agr_1/1",
                      .gross = 1'000,
                      .tax = 190};
  entry.party = CallParty{.customer = customer, .key = "key_1", .request = "req-1", .idempotency_key = "idem-1"};
  return entry;
}

}  // namespace stoa::licensing
