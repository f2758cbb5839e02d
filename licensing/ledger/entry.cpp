// entry.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/ledger/entry.hpp"

#include <fmt/format.h>

#include <set>

#include "licensing/ledger/chart.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kKinds[] = {"usage", "top_up", "refund", "adjustment", "payout", "guarantee", "expiry"};
constexpr std::string_view kOutcomes[] = {"complete", "client_gone", "plugin_failed", "deadline", "cancelled"};

std::unexpected<Error> refuse(std::string_view rule) {
  return failure(Code::invalid_argument, "ledger.postings", fmt::format("postings: {}", rule));
}

}  // namespace

std::string_view name_of(EntryKind kind) { return kKinds[static_cast<std::size_t>(kind) - 1]; }
std::string_view name_of(Outcome outcome) { return kOutcomes[static_cast<std::size_t>(outcome) - 1]; }

Result<void> check_entry(const Entry& entry) {
  if (entry.postings.size() < 2 || entry.postings.size() > kPostingsMax)
    return refuse(fmt::format("{} of them, allowed are 2 to {}", entry.postings.size(), kPostingsMax));
  std::set<std::string_view> accounts;
  Nano sum = 0;
  for (const Posting& posting : entry.postings) {
    if (auto kind = kind_of_account(posting.account); !kind) return std::unexpected(kind.error());
    if (!accounts.insert(posting.account).second) return refuse(fmt::format("'{}' is there twice", posting.account));
    if (posting.amount == 0) return refuse(fmt::format("'{}' gets nothing", posting.account));
    auto next = plus(sum, posting.amount);
    if (!next) return std::unexpected(next.error());
    sum = *next;
  }
  if (sum != 0)
    return failure(
        Code::invalid_argument, "ledger.sum",
        fmt::format("postings: they sum to {} {}, and not to zero", amount_text(sum), entry.currency.code()));
  if ((entry.kind == EntryKind::usage) != (entry.usage.has_value() && entry.party.has_value()))
    return refuse("a call's entry, and no other, says what was used and by whom");
  return {};
}

}  // namespace stoa::licensing
