// charge_rule.hpp: what is charged of a call by how it ended: the table of licensing/README.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "licensing/ledger/entry.hpp"

namespace stoa::licensing {

// plugin_failed: it said so, or its answer was none. cancelled: by the host, which took the release back or stops.
enum class CallEnd : std::uint8_t { complete, client_gone, plugin_failed, plugin_crashed, deadline, cancelled };

enum class ChargedFor : std::uint8_t { nothing, delivered, everything };

struct ChargeRule {
  ChargedFor what = ChargedFor::nothing;
  Outcome outcome = Outcome::complete;  // where something is charged
};

// is_delivered: a part of the answer has gone to the client, which only a stream's do before the end.
// Rationale: what a client has it pays for, whoever ended the call, or asking for a failure at the end would be the
// cheapest way to buy; but a crash is nobody's answer, and what it delivered cannot be told from what broke.
constexpr ChargeRule rule_for(CallEnd end, bool is_delivered) {
  if (end == CallEnd::complete) return {ChargedFor::everything, Outcome::complete};
  if (!is_delivered || end == CallEnd::plugin_crashed) return {};
  switch (end) {
    case CallEnd::client_gone:
      return {ChargedFor::delivered, Outcome::client_gone};
    case CallEnd::plugin_failed:
      return {ChargedFor::delivered, Outcome::plugin_failed};
    case CallEnd::deadline:
      return {ChargedFor::delivered, Outcome::deadline};
    default:
      return {ChargedFor::delivered, Outcome::cancelled};
  }
}

}  // namespace stoa::licensing
