// standing.hpp: what a licence is worth at a moment: rows 15 to 20 of the table of refusals, and its three policies.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "licensing/terms/holdings.hpp"
#include "licensing/terms/refusal.hpp"

namespace stoa::licensing {

// A clock this far behind is still held for right: it may be corrected, and two hosts may differ.
inline constexpr std::int64_t kClockToleranceMs = 300'000;

// Of the host that asks.
struct HostFacts {
  std::string_view node;                         // the fingerprint of its host key; empty: it has none
  std::optional<std::int64_t> trusted_floor_ms;  // the latest time that was ever written, or signed by the platform
};

struct Standing {
  Refusal refusal = Refusal::none;  // the first of the table that holds
  // The rule that is broken and, by the licence's policy, refuses nobody: licence_clock or licence_expired. Only where
  // nothing is refused.
  Refusal warned_of = Refusal::none;
  std::string warning;  // that, for people: one line of ASCII without control characters; for a header and the log
  // When the clock says so, the answer may be another, if floor, file and revocation list stay what they are.
  std::optional<std::int64_t> changes_at_ms;
};

// now_ms: the clock as it stands, right or not. Time is judged by it or by the floor, whichever is later: what expired
// stays expired. The floor of a licence is the host's, or what its own issuer signed last where that is later: a
// publisher whose clock is wrong stops nobody else's licences. Policies: deny refuses; advisory serves; grace serves
// until the grace after the expiry is over, or while the clock is no further behind than the grace.
Standing standing_of(const HeldLicence& held, const HostFacts& host, std::int64_t now_ms);

bool is_clock_behind(const HostFacts& host, std::int64_t now_ms);

}  // namespace stoa::licensing
