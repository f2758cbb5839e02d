// month_end.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/month_end.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "licensing/agreement/waterfall.hpp"
#include "licensing/money/split.hpp"

namespace stoa::licensing {
namespace {

bool counts_in(const Agreement& agreement, const Month& month) {
  return agreement.from_ms < month.until_ms && (!agreement.until_ms || *agreement.until_ms > month.from_ms);
}

std::string account_of(const Allotment& part, const Agreement& agreement) {
  switch (part.step) {
    case Step::processing:
      return "income:processing";
    case Step::platform_fee:
      return "income:platform_fee";
    case Step::referral:
      return "referral:" + agreement.referral->party;
    case Step::recoupment:
      return "advance:" + agreement.publisher;
    case Step::party:
      break;
  }
  const std::string& name = agreement.parties[part.party].name;
  return name == "platform" ? "income:share" : "payable:" + name;
}

// Shared as a single amount of its own: what earlier ones carried is the calls' matter, and so is an advance.
std::vector<Posting> shared_out(Nano amount, Agreement agreement, std::int64_t at_ms) {
  agreement.advance.reset();
  auto waterfall = Waterfall::resume(agreement, {});
  std::vector<Posting> postings;
  if (!waterfall) return postings;
  for (const Allotment& part : waterfall->distribute(amount, at_ms))
    postings.push_back({account_of(part, agreement), -part.amount});
  return postings;
}

// What a customer paid by a list in the month, whatever versions of it there were; the newest of them says the minimum.
struct PaidByList {
  Nano gross = 0;
  std::shared_ptr<const PriceList> list = {};
  std::string agreement = {};
};

std::map<std::pair<std::string, std::string>, PaidByList> paid_by_list(const MonthEndFacts& facts) {
  std::map<std::pair<std::string, std::string>, PaidByList> all;  // by customer and id of the list
  for (const auto& [who, charged] : facts.books.charged()) {
    const auto list = facts.terms.price_list(who.second);
    if (!list) continue;
    PaidByList& paid = all[{who.first, list->id}];
    paid.gross = plus(paid.gross, charged.gross).value_or(INT64_MAX);
    if (paid.list && paid.list->version > list->version) continue;
    paid.list = list;
    paid.agreement = charged.agreement;
  }
  return all;
}

void add_minimums(const MonthEndFacts& facts, std::vector<MonthEndAct>& acts) {
  for (const auto& [who, paid] : paid_by_list(facts)) {
    const std::string& customer = who.first;
    const PriceList& list = *paid.list;
    const auto agreement = facts.terms.agreement(paid.agreement);
    const PayingCustomer* const payer = facts.terms.customer(customer);
    if (!agreement || !payer || list.period != Period::month || list.minimum <= paid.gross) continue;
    const Nano more = list.minimum - paid.gross;
    std::vector<Posting> postings = shared_out(more, *agreement, facts.month.until_ms - 1);
    const Nano tax = CarriedRate().take(CarriedRate::Millionths{more} * payer->tax_ppm);
    if (tax > 0) postings.push_back({"tax:" + payer->tax_office, -tax});
    const auto whole = plus(more, tax);
    if (!whole) continue;
    postings.push_back({payer->account(), *whole});
    acts.push_back({ActKind::minimum,
                    "publisher/" + list.publisher,
                    customer,
                    fmt::format("minimum of {} by {}", facts.month.name, list.name()),
                    {list.currency, *whole},
                    std::move(postings)});
  }
}

void add_guarantees(const MonthEndFacts& facts, std::vector<MonthEndAct>& acts) {
  std::map<std::string, const Agreement*> newest;
  for (const auto& [name, agreement] : facts.terms.agreements()) {
    if (agreement->period != Period::month || !counts_in(*agreement, facts.month)) continue;
    const Agreement*& known = newest[agreement->id];
    if (!known || known->version < agreement->version) known = agreement.get();
  }
  for (const auto& [id, agreement] : newest) {
    const Nano earned = std::max<Nano>(0, facts.books.earned_by(id));
    if (agreement->guarantee <= earned) continue;
    const Nano more = agreement->guarantee - earned;
    const std::string party = "publisher/" + agreement->publisher;
    acts.push_back({ActKind::guarantee,
                    party,
                    "",
                    fmt::format("guarantee of {} by {}", facts.month.name, name_of(*agreement)),
                    {agreement->currency, more},
                    {{"expense:guarantee", more}, {"payable:" + party, -more}}});
  }
}

// Whoever brought customers is owed by then what refunds of the month have left of it: below zero, it goes back.
void add_referrals(const MonthEndFacts& facts, std::vector<MonthEndAct>& acts) {
  std::set<std::pair<std::string, Currency>> known;
  for (const auto& [name, agreement] : facts.terms.agreements()) {
    if (!agreement->referral || !known.emplace(agreement->referral->party, agreement->currency).second) continue;
    const std::string& party = agreement->referral->party;
    const Nano earned = facts.owed("referral:" + party, agreement->currency);
    if (earned == 0 || earned == INT64_MIN) continue;
    acts.push_back({ActKind::referral,
                    party,
                    "",
                    fmt::format("referrals until the end of {}", facts.month.name),
                    {agreement->currency, earned < 0 ? -earned : earned},
                    {{"referral:" + party, earned}, {"payable:" + party, -earned}}});
  }
}

void add_reserve(const MonthEndFacts& facts, const Statement& statement, std::vector<MonthEndAct>& acts) {
  __extension__ typedef __int128 Product;
  Product earned = 0;
  for (const StatementLine& line : statement.lines)
    if (line.kind == EntryKind::usage) earned += line.amount;
  const Nano kept = static_cast<Nano>(std::max<Product>(0, earned) * facts.rules.reserve_ppm / kPpm);
  if (kept == 0) return;
  acts.push_back({ActKind::reserve,
                  statement.party,
                  "",
                  fmt::format("reserve of {}", facts.month.name),
                  {statement.currency, kept},
                  {{"payable:" + statement.party, kept}, {"reserve:" + statement.party, -kept}}});
}

Result<void> cover_debt(const MonthEndFacts& facts, const Statement& statement, std::vector<MonthEndAct>& acts) {
  if (statement.opening >= 0 || statement.closing >= 0) return {};
  const std::string payable = "payable:" + statement.party, reserve = "reserve:" + statement.party;
  const Nano now = facts.owed(payable, statement.currency);
  if (now >= 0 || now == INT64_MIN) return {};
  const Nano there = facts.owed(reserve, statement.currency), by_reserve = std::min(-now, there);
  if (by_reserve > 0)
    acts.push_back({ActKind::netting,
                    statement.party,
                    "",
                    fmt::format("the reserve covers what is owed since before {}", facts.month.name),
                    {statement.currency, by_reserve},
                    {{reserve, by_reserve}, {payable, -by_reserve}}});
  const Nano rest = -now - by_reserve;
  const auto below = facts.statements_below_zero(statement.party, statement.currency);
  if (!below) return std::unexpected(below.error());
  if (rest == 0 || *below < facts.rules.write_off_months) return {};
  acts.push_back({ActKind::write_off,
                  statement.party,
                  "",
                  fmt::format("owed for {} months, and the reserve is empty", *below),
                  {statement.currency, rest},
                  {{"expense:bad_debt", rest}, {payable, -rest}}});
  return {};
}

}  // namespace

Result<std::vector<MonthEndAct>> month_end_acts(const MonthEndFacts& facts) {
  std::vector<MonthEndAct> acts;
  add_minimums(facts, acts);
  add_guarantees(facts, acts);
  add_referrals(facts, acts);
  for (const Statement& statement : facts.statements) {
    add_reserve(facts, statement, acts);
    if (auto covered = cover_debt(facts, statement, acts); !covered) return std::unexpected(covered.error());
  }
  return acts;
}

}  // namespace stoa::licensing
