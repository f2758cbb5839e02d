// month_end.hpp: what the end of a month brings to its parties, as acts. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "licensing/billing/billing_terms.hpp"
#include "licensing/ledger/balances.hpp"
#include "licensing/settlement/money_act.hpp"
#include "licensing/settlement/month_books.hpp"
#include "licensing/settlement/settlement_records.hpp"

namespace stoa::licensing {

// One of them; who writes it down gives it an id.
struct MonthEndAct {
  ActKind kind = ActKind::guarantee;
  std::string party, customer, reason;
  Money money;
  std::vector<Posting> postings;
};

struct MonthEndFacts {
  const Month& month;
  const SettlementRules& rules;
  const BillingTerms& terms;
  const MonthBooks& books;
  const std::vector<Statement>& statements;
  // What a party is owed now, and its reserve.
  std::function<Nano(std::string_view account, Currency currency)> owed;
  // With this month's.
  std::function<Result<std::uint32_t>(std::string_view party, Currency currency)> statements_below_zero;
};

// minimum: of each customer that called by a list of prices with one, by the month, and paid less: what it pays more,
// with tax, shared as the agreement of its last call says. Versions of a list are one list; the newest that it called
// by says how much.
// guarantee: of each agreement by the month that counts in it (its newest version), what its parties earned less.
// referral: what whoever brought customers has earned by then, which its next statement and payout are of. Rationale:
// a month later, refunds of the calls are known.
// reserve: the rules' part of what a party earned by calls. netting: who was below zero at the begin and at the end of
// the month, and is still, had its chance to earn it back: its reserve pays. write_off: after so many statements below
// zero, and with an empty reserve, the platform does.
Result<std::vector<MonthEndAct>> month_end_acts(const MonthEndFacts& facts);

}  // namespace stoa::licensing
