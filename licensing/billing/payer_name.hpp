// payer_name.hpp: what a publisher is told of who pays: a name that is always the same, and nobody else's.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::licensing {

// The ledger's own. Who has it can guess names back to customers.
struct PayerSecret {
  std::array<std::uint8_t, 32> bytes{};
  friend bool operator==(const PayerSecret&, const PayerSecret&) = default;
};

// "pay_" and 26 characters: HMAC-SHA256 over the customer and the publisher. Rationale: a publisher recomputes tiers,
// which need to know which calls are one payer's; two publishers cannot put their payers together.
struct PayerOf {
  std::string_view customer, publisher;
};
std::string payer_name(const PayerSecret& secret, const PayerOf& who);

// Made once, mode 0600, and from then on the same: names in old entries were made by it, so that it has to be kept as
// the journal is. Errors: file.*; "key.exposed"; data_loss "billing.payer_secret": the file holds none.
Result<PayerSecret> read_or_make_payer_secret(const std::filesystem::path& file);

}  // namespace stoa::licensing
