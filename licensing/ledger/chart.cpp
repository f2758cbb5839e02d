// chart.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/ledger/chart.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::licensing {
namespace {

constexpr bool kOwned = true, kOne = false, kOverdraws = true, kNeverDry = false, kPrivate = true, kShown = false;

constexpr AccountKind kChart[] = {
    {"cash", kOwned, Side::debit, kOverdraws, kPrivate, "money at a payment provider"},
    {"recv", kOwned, Side::debit, kOverdraws, kPrivate, "what a customer that pays afterwards owes"},
    {"wallet", kOwned, Side::credit, kNeverDry, kPrivate, "what a customer paid ahead and has not used"},
    {"promo", kOwned, Side::credit, kNeverDry, kPrivate, "credit that was given to a customer, and expires"},
    {"payable", kOwned, Side::credit, kOverdraws, kShown,
     "what a party has earned and was not paid yet; below zero after refunds"},
    {"reserve", kOwned, Side::credit, kNeverDry, kShown, "what is kept back of a party's earnings against refunds"},
    {"advance", kOwned, Side::debit, kOverdraws, kShown, "what was paid to a publisher ahead and is not recouped yet"},
    {"referral", kOwned, Side::credit, kOverdraws, kShown, "what whoever brought a customer has earned"},
    {"tax", kOwned, Side::credit, kOverdraws, kShown, "what is owed to a tax office"},
    {"income", kOwned, Side::credit, kOverdraws, kShown, "what the platform earned: platform_fee, breakage"},
    {"expense", kOwned, Side::debit, kOverdraws, kShown,
     "what it spent: processing, promo, refund_absorbed, bad_debt, guarantee"},
    {"fx", kOwned, Side::debit, kOverdraws, kShown, "one currency's side of an exchange"},
    {"suspense", kOne, Side::debit, kOverdraws, kPrivate, "what nobody has explained yet"},
};

constexpr std::size_t kOwnerBytesMax = 128;

bool is_owner(std::string_view owner) {
  return !owner.empty() && owner.size() <= kOwnerBytesMax && std::ranges::all_of(owner, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-/:").find(c) != std::string_view::npos;
  });
}

}  // namespace

std::span<const AccountKind> chart() { return kChart; }

Result<const AccountKind*> kind_of_account(std::string_view account) {
  const std::size_t colon = account.find(':');
  const auto* const kind = std::ranges::find(kChart, account.substr(0, colon), &AccountKind::name);
  const auto refuse = [&](std::string_view rule) {
    return failure(Code::invalid_argument, "ledger.account",
                   fmt::format("account '{}': {}", account.substr(0, 64), rule));
  };
  if (kind == std::end(kChart)) return refuse("the chart of accounts has no such kind");
  if (!kind->has_owner && colon != std::string_view::npos) return refuse("this kind has no owner");
  if (kind->has_owner && (colon == std::string_view::npos || !is_owner(account.substr(colon + 1))))
    return refuse("an owner is wanted behind the colon: 1 to 128 letters, digits and ._-/:");
  return kind;
}

}  // namespace stoa::licensing
