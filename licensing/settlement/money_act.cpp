// money_act.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/money_act.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace stoa::licensing {
namespace {

constexpr std::string_view kActKinds[] = {"top_up",  "credit",    "expiry",   "adjustment",   "refund",
                                          "minimum", "guarantee", "referral", "reserve",      "release",
                                          "netting", "write_off", "payout",   "payout_return"};
constexpr std::string_view kActStates[] = {"intended", "booked", "refused"};
constexpr std::string_view kBearers[] = {"all", "publisher", "platform"};

template <class Value, std::size_t size>
std::optional<Value> named(const std::string_view (&names)[size], std::string_view name) {
  const auto* const at = std::ranges::find(names, name);
  if (at == std::end(names)) return std::nullopt;
  return static_cast<Value>(at - std::begin(names));
}

EntryKind entry_kind_of(ActKind kind) {
  switch (kind) {
    case ActKind::top_up:
      return EntryKind::top_up;
    case ActKind::refund:
      return EntryKind::refund;
    case ActKind::guarantee:
      return EntryKind::guarantee;
    case ActKind::expiry:
      return EntryKind::expiry;
    case ActKind::payout:
    case ActKind::payout_return:
      return EntryKind::payout;
    default:
      return EntryKind::adjustment;
  }
}

CallParty party_of(const MoneyAct& act) {
  return {.customer = act.customer, .key = {}, .request = act.id, .idempotency_key = {}, .body = {}};
}

}  // namespace

std::string_view name_of(ActKind kind) { return kActKinds[static_cast<std::size_t>(kind)]; }
std::optional<ActKind> act_kind_of(std::string_view name) { return named<ActKind>(kActKinds, name); }
std::string_view name_of(ActState state) { return kActStates[static_cast<std::size_t>(state)]; }
std::string_view name_of(Bearer bearer) { return kBearers[static_cast<std::size_t>(bearer)]; }
std::optional<Bearer> bearer_of(std::string_view name) { return named<Bearer>(kBearers, name); }

Entry entry_of(const MoneyAct& act) {
  Entry entry{.currency = act.currency};
  entry.kind = entry_kind_of(act.kind);
  entry.happened_ms = act.at_ms;
  entry.postings = act.postings;
  entry.party = party_of(act);
  entry.refers = act.refers;
  entry.reason = act.reason;
  return entry;
}

std::optional<Entry> bearing_entry_of(const MoneyAct& act, std::uint64_t number, const Entry& refund,
                                      std::string_view publisher) {
  if (act.bearer == Bearer::all) return std::nullopt;
  const bool is_platform = act.bearer == Bearer::platform;
  const std::string bears = is_platform ? "expense:refund_absorbed" : fmt::format("payable:publisher/{}", publisher);
  Entry entry{.currency = refund.currency};
  entry.kind = EntryKind::adjustment;
  entry.happened_ms = act.at_ms;
  entry.refers = number;
  entry.reason = fmt::format("borne by the {}: {}", name_of(act.bearer), act.reason);
  entry.party = party_of(act);
  Nano sum = 0;
  for (const Posting& gave : refund.postings) {
    if (gave.amount <= 0 || gave.account == bears || gave.account.starts_with("tax:")) continue;
    // What the platform gave back itself it bears already.
    if (is_platform && (gave.account.starts_with("income:") || gave.account.starts_with("advance:"))) continue;
    entry.postings.push_back({gave.account, -gave.amount});
    sum += gave.amount;  // of parts of one call, whose sum fits
  }
  if (sum == 0) return std::nullopt;
  entry.postings.push_back({bears, sum});
  return entry;
}

std::vector<Posting> paid_by_customer(std::string_view provider, std::string_view account, Nano amount) {
  return {{fmt::format("cash:{}", provider), amount}, {std::string(account), -amount}};
}

std::vector<Posting> given_to_customer(std::string_view customer, Nano amount) {
  return {{"expense:promo", amount}, {fmt::format("promo:{}", customer), -amount}};
}

}  // namespace stoa::licensing
