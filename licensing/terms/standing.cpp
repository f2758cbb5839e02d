// standing.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/standing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

using registry::utc_text;

// Times come from files and clocks: a sum that is too large is the end of time, not undefined.
std::int64_t plus(std::int64_t a, std::int64_t b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b > 0 ? INT64_MAX : INT64_MIN;
}

std::int64_t floor_of(const HeldLicence& held, const HostFacts& host) {
  const std::int64_t spoke_ms = std::max(held.licence.issued_ms, held.confirmed_ms.value_or(held.licence.issued_ms));
  return std::max(spoke_ms, host.trusted_floor_ms.value_or(spoke_ms));
}

bool is_behind(std::int64_t floor_ms, std::int64_t now_ms) { return plus(now_ms, kClockToleranceMs) < floor_ms; }

// What one rule says.
struct Verdict {
  bool is_broken = false;
  bool is_refused = false;  // only what is broken
  std::string warning;      // where it is broken and not refused
};

Verdict of_clock(const Licence& licence, std::int64_t floor_ms, std::int64_t now_ms) {
  if (!is_behind(floor_ms, now_ms)) return {};
  const bool is_served = licence.on_clock == Policy::advisory ||
                         (licence.on_clock == Policy::grace && plus(now_ms, licence.grace_ms) >= floor_ms);
  if (!is_served) return {.is_broken = true, .is_refused = true, .warning = {}};
  return {.is_broken = true,
          .is_refused = false,
          .warning = fmt::format("the clock of this host says {}, and {} was seen before", utc_text(now_ms),
                                 utc_text(floor_ms))};
}

Verdict of_expiry(const Licence& licence, std::int64_t judged_ms) {
  if (!licence.expires_ms || judged_ms < *licence.expires_ms) return {};
  const std::int64_t end_ms = plus(*licence.expires_ms, licence.grace_ms);
  if (licence.on_expiry == Policy::deny || (licence.on_expiry == Policy::grace && judged_ms >= end_ms))
    return {.is_broken = true, .is_refused = true, .warning = {}};
  std::string warning = fmt::format("the licence expired at {}", utc_text(*licence.expires_ms));
  if (licence.on_expiry == Policy::grace) warning += fmt::format(", and its grace ends at {}", utc_text(end_ms));
  return {.is_broken = true, .is_refused = false, .warning = std::move(warning)};
}

// Every moment after now at which a rule may say something else.
std::optional<std::int64_t> next_change(const HeldLicence& held, std::int64_t floor_ms, std::int64_t now_ms) {
  const Licence& licence = held.licence;
  const std::int64_t judged_ms = std::max(now_ms, floor_ms);
  std::optional<std::int64_t> next;
  const auto consider = [&](std::int64_t at_ms, std::int64_t after_ms) {
    if (at_ms > after_ms && at_ms != INT64_MAX && (!next || at_ms < *next)) next = at_ms;
  };
  // By the clock itself; what is left goes by the later of the two.
  consider(plus(floor_ms, -kClockToleranceMs), now_ms);
  if (licence.on_clock == Policy::grace && licence.grace_ms > kClockToleranceMs)
    consider(plus(floor_ms, -licence.grace_ms), now_ms);
  consider(licence.not_before_ms, judged_ms);
  if (licence.expires_ms) {
    consider(*licence.expires_ms, judged_ms);
    if (licence.on_expiry == Policy::grace) consider(plus(*licence.expires_ms, licence.grace_ms), judged_ms);
  }
  if (licence.offline_ms && held.confirmed_ms) consider(plus(*held.confirmed_ms, *licence.offline_ms), judged_ms);
  return next;
}

}  // namespace

bool is_clock_behind(const HostFacts& host, std::int64_t now_ms) {
  return host.trusted_floor_ms && is_behind(*host.trusted_floor_ms, now_ms);
}

Standing standing_of(const HeldLicence& held, const HostFacts& host, std::int64_t now_ms) {
  const Licence& licence = held.licence;
  // Neither ends: what is revoked stays so, and a host does not become another one.
  if (held.revoked_ms) return {Refusal::licence_revoked, Refusal::none, {}, std::nullopt};
  if (!licence.node.empty() && licence.node != host.node)
    return {Refusal::licence_other_node, Refusal::none, {}, std::nullopt};
  const std::int64_t floor_ms = floor_of(held, host), judged_ms = std::max(now_ms, floor_ms);
  Standing standing;
  standing.changes_at_ms = next_change(held, floor_ms, now_ms);
  const Verdict clock = of_clock(licence, floor_ms, now_ms), expiry = of_expiry(licence, judged_ms);
  if (clock.is_refused)
    standing.refusal = Refusal::licence_clock;
  else if (judged_ms < licence.not_before_ms)
    standing.refusal = Refusal::licence_not_yet;
  else if (expiry.is_refused)
    standing.refusal = Refusal::licence_expired;
  else if (licence.offline_ms && held.confirmed_ms && judged_ms >= plus(*held.confirmed_ms, *licence.offline_ms))
    standing.refusal = Refusal::licence_offline;
  if (standing.refusal != Refusal::none || (!clock.is_broken && !expiry.is_broken)) return standing;
  standing.warned_of = clock.is_broken ? Refusal::licence_clock : Refusal::licence_expired;
  standing.warning = clock.is_broken && expiry.is_broken ? clock.warning + "; " + expiry.warning
                     : clock.is_broken                   ? clock.warning
                                                         : expiry.warning;
  return standing;
}

}  // namespace stoa::licensing
