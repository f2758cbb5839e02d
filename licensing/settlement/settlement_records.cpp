// settlement_records.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/settlement_records.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "licensing/terms/limit.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kDocumentKinds[] = {"statement", "invoice"};
constexpr std::string_view kPayoutStates[] = {"held", "scheduled", "submitted", "settled", "failed", "returned"};
constexpr std::size_t kMonthNameBytes = 7;

}  // namespace

std::string_view name_of(IssuedKind kind) { return kDocumentKinds[static_cast<std::size_t>(kind)]; }
std::string_view name_of(PayoutState state) { return kPayoutStates[static_cast<std::size_t>(state)]; }

std::optional<PayoutState> payout_state_of(std::string_view name) {
  const auto* const at = std::ranges::find(kPayoutStates, name);
  if (at == std::end(kPayoutStates)) return std::nullopt;
  return static_cast<PayoutState>(at - std::begin(kPayoutStates));
}

Month month_at(std::int64_t ms) {
  const std::int64_t from_ms = start_of_period(Period::month, ms);
  return {registry::utc_text(from_ms).substr(0, kMonthNameBytes), from_ms, *end_of_period(Period::month, ms)};
}

Result<Month> month_of(std::string_view name) {
  const auto from_ms = name.size() == kMonthNameBytes ? registry::utc_ms_of(fmt::format("{}-01", name)) : std::nullopt;
  if (from_ms) return month_at(*from_ms);
  return failure(Code::invalid_argument, "month.name",
                 fmt::format("month: '{}' is none, want one as 2026-11", name.substr(0, 40)));
}

}  // namespace stoa::licensing
