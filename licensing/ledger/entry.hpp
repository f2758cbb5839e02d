// entry.hpp: what a booking is: postings that sum to zero, and what they are for. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "licensing/money/amount.hpp"
#include "registry/document/digest.hpp"

namespace stoa::licensing {

using registry::Sha256;

// Debits are above zero, credits below.
struct Posting {
  std::string account;
  Nano amount = 0;
  friend bool operator==(const Posting&, const Posting&) = default;
};

inline constexpr std::size_t kPostingsMax = 64;

enum class EntryKind : std::uint8_t { usage = 1, top_up, refund, adjustment, payout, guarantee, expiry };
std::string_view name_of(EntryKind kind);

struct Quantity {
  std::string meter;
  std::uint64_t units = 0;
  friend bool operator==(const Quantity&, const Quantity&) = default;
};

// What became of a call that is charged. client_gone: what was delivered until then.
enum class Outcome : std::uint8_t { complete = 1, client_gone, plugin_failed, deadline, cancelled };
std::string_view name_of(Outcome outcome);

// What a publisher may know of a served call.
struct Usage {
  std::string model, version;
  Sha256 package{};  // digest of the release that answered
  Outcome outcome = Outcome::complete;
  std::vector<Quantity> quantities = {};
  std::string payer;              // "pay_…": the customer, as this publisher alone knows it
  std::string price;              // id and version of the price list
  std::string agreement;          // id and version of the agreement
  std::uint32_t payer_terms = 1;  // version of how the payer pays: tax, ahead or afterwards
  Nano gross = 0, tax = 0;
  friend bool operator==(const Usage&, const Usage&) = default;
};

// What only the customer and the operator may know. A stranger sees a commitment to it.
struct CallParty {
  std::string customer, key, request;
  std::string idempotency_key;  // empty: none was sent
  Sha256 body{};                // of the request's body, where there is an idempotency key
  friend bool operator==(const CallParty&, const CallParty&) = default;
};

// Immutable. Its number is the journal's.
struct Entry {
  EntryKind kind = EntryKind::adjustment;
  std::int64_t booked_ms = 0, happened_ms = 0;
  Currency currency;
  std::vector<Posting> postings = {};        // 2 … 64, no account twice
  std::optional<Usage> usage = {};           // of EntryKind::usage
  std::optional<CallParty> party = {};       // the same
  std::optional<std::uint64_t> refers = {};  // to the entry that this one corrects
  std::string reason = {};                   // for people; of what an operator did
  friend bool operator==(const Entry&, const Entry&) = default;
};

// Each posting's account exists, none is twice, none is zero, and they sum to zero. Errors: invalid_argument
// "ledger.account", "ledger.postings", "ledger.sum"; out_of_range "money.overflow".
Result<void> check_entry(const Entry& entry);

}  // namespace stoa::licensing
