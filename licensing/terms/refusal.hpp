// refusal.hpp: why a call is not admitted: every reason there is, in the order in which they are looked for.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

#include "stoa/error.hpp"

namespace stoa::licensing {

// In order: of several that hold, the first is told. Of several licences that could admit a call, the one that comes
// furthest speaks.
enum class Refusal : std::uint8_t {
  none,
  key_in_url,
  key_repeated,
  key_missing,
  key_malformed,
  key_unknown,
  key_revoked,
  key_rotated,
  key_expired,
  customer_suspended,
  customer_closed,
  key_scope,
  key_model,
  licence_none,
  licence_version,
  licence_revoked,
  licence_other_node,
  licence_clock,
  licence_not_yet,
  licence_expired,
  licence_offline,
  lease_missing,
  lease_malformed,
  lease_unknown,
  lease_expired,
  lease_other_customer,
  licence_used_up,
  key_budget,
  licence_rate,
  key_rate,
  licence_busy,
};

struct RefusalRow {
  Refusal refusal;
  std::string_view reason;  // the dotted word of the HTTP contract
  Code code;
  unsigned status;           // HTTP: 401, 403, 429
  std::string_view message;  // what is wrong and what to do next, without numbers
};
// In the enum's order, without none.
std::span<const RefusalRow> refusals();
const RefusalRow& row_of(Refusal refusal);  // not none
Error error_of(Refusal refusal);            // of its row; not none

}  // namespace stoa::licensing
