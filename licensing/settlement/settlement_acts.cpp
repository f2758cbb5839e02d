// settlement_acts.cpp: top-ups, credits, adjustments, refunds; and what time alone brings.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "licensing/settlement/credit_store.hpp"
#include "licensing/settlement/settlement.hpp"
#include "licensing/settlement/writing_store.hpp"

namespace stoa::licensing {
namespace {

const std::function<Result<void>()> kNothingMore = [] { return Result<void>(); };

Result<void> check_amount(Nano amount) {
  if (amount > 0) return {};
  return failure(Code::invalid_argument, "act.amount",
                 fmt::format("amount: {} is not above zero", amount_text(amount)));
}

Result<void> check_currency(const PayingCustomer& customer, Currency currency) {
  if (customer.currency == currency) return {};
  return failure(
      Code::failed_precondition, "ledger.currency",
      fmt::format("customer '{}': pays in {}, not in {}", customer.id, customer.currency.code(), currency.code()));
}

}  // namespace

Result<MoneyAct> Settlement::top_up(const Order& order, const Payment& payment) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  if (auto good = check_amount(payment.money.nano); !good) return std::unexpected(good.error());
  const auto terms = customer_terms(payment.customer);
  if (!terms) return std::unexpected(terms.error());
  if (auto good = check_currency(*terms, payment.money.currency); !good) return std::unexpected(good.error());
  MoneyAct act = new_act(order, ActKind::top_up, payment.money.currency);
  act.customer = payment.customer;
  act.amount = payment.money.nano;
  act.postings = paid_by_customer(payment.provider, terms->account(), act.amount);
  return perform(order, std::move(act), kNothingMore);
}

Result<MoneyAct> Settlement::give_credit(const Order& order, const Credit& credit) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  if (auto good = check_amount(credit.money.nano); !good) return std::unexpected(good.error());
  const auto terms = customer_terms(credit.customer);
  if (!terms) return std::unexpected(terms.error());
  if (auto good = check_currency(*terms, credit.money.currency); !good) return std::unexpected(good.error());
  MoneyAct act = new_act(order, ActKind::credit, credit.money.currency);
  if (credit.expires_ms <= act.at_ms)
    return failure(Code::invalid_argument, "credit.expires", "expires: lies in the past");
  act.customer = credit.customer;
  act.amount = credit.money.nano;
  act.postings = given_to_customer(credit.customer, act.amount);
  const PromoCredit record{act.id, act.customer, act.currency, act.amount, credit.expires_ms};
  return perform(order, std::move(act), [&] { return insert_credit(connection_, record); });
}

Result<MoneyAct> Settlement::adjust(const Order& order, const Adjustment& adjustment) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  MoneyAct act = new_act(order, ActKind::adjustment, adjustment.currency);
  act.postings = adjustment.postings;
  act.refers = adjustment.refers;
  if (auto good = check_entry(entry_of(act)); !good) return std::unexpected(good.error());
  for (const Posting& posting : act.postings)
    act.amount += posting.amount > 0 ? posting.amount : 0;  // it fits: checked
  return perform(order, std::move(act), kNothingMore);
}

Result<MoneyAct> Settlement::refund(const Order& order, const RefundOrder& wanted) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  if (wanted.amount)
    if (auto good = check_amount(*wanted.amount); !good) return std::unexpected(good.error());
  const auto call = entry_at(wanted.call);
  if (!call) return std::unexpected(call.error());
  if (!call->usage || !call->party)
    return failure(Code::failed_precondition, "refund.not_a_call",
                   fmt::format("entry {}: only a call that cost something can be refunded", wanted.call));
  MoneyAct act = new_act(order, ActKind::refund, call->currency);
  act.customer = call->party->customer;
  act.party = call->usage->model.substr(0, call->usage->model.find('/'));  // a price is its publisher's models'
  act.amount = wanted.amount.value_or(0);
  act.refers = wanted.call;
  act.bearer = wanted.bearer;
  return perform(order, std::move(act), kNothingMore);
}

Result<void> Settlement::tick() {
  const std::lock_guard lock(mutex_);
  if (auto ended = end_intended(); !ended) return ended;
  if (auto expired = expire_credits(); !expired) return expired;
  return release_reserves();
}

// What was used came out of those that expire first: whatever there is beyond those that still count has expired.
Result<void> Settlement::expire_credits() {
  const auto credits = open_credits(connection_, "");
  if (!credits) return std::unexpected(credits.error());
  const std::int64_t now_ms = parts_.now_ms();
  struct Owned {
    Nano counting = 0;
    std::vector<std::string> over;
  };
  std::map<std::pair<std::string, Currency>, Owned> owned;
  for (const PromoCredit& credit : *credits) {
    Owned& one = owned[{credit.customer, credit.currency}];
    if (credit.expires_ms <= now_ms)
      one.over.push_back(credit.act);
    else
      one.counting = std::min(INT64_MAX - credit.amount, one.counting) + credit.amount;
  }
  for (const auto& [owner, one] : owned) {
    if (one.over.empty()) continue;
    const auto& [customer, currency] = owner;
    const Balance balance = balance_of_account("promo:" + customer, currency);
    const Nano there = balance.credits - balance.debits, left = std::max<Nano>(0, there - one.counting);
    // What a call under way holds is written off once it has ended.
    const Nano gone = std::min(left, there - balance.held);
    const Order order{"platform", "the credit has expired"};
    MoneyAct act = new_act(order, ActKind::expiry, currency);
    act.customer = customer;
    act.amount = gone;
    act.postings = {{"promo:" + customer, gone}, {"expense:promo", -gone}};
    const auto end_all = [&] {
      for (const std::string& credit : one.over)
        if (auto ended = end_credit(connection_, credit); !ended) return ended;
      return Result<void>();
    };
    if (gone == 0) {
      if (auto ended = left == 0 ? end_all() : Result<void>(); !ended) return ended;
      continue;
    }
    // Invariant: credits are over when what was left of them is gone. A call that began meanwhile may hold it, or the
    // process may end: then they are open still, and are looked at again.
    const auto done = perform(order, std::move(act), kNothingMore);
    if (!done && done.error().reason != "ledger.overdraft") return std::unexpected(done.error());
    if (!done || gone < left) continue;
    if (auto ended = end_all(); !ended) return ended;
  }
  return {};
}

Result<void> Settlement::release_reserves() {
  const auto reserves = due_reserves(connection_, parts_.now_ms());
  if (!reserves) return std::unexpected(reserves.error());
  for (const HeldReserve& reserve : *reserves) {
    const Balance balance = balance_of_account("reserve:" + reserve.party, reserve.currency);
    const Nano back = std::min(reserve.amount, balance.credits - balance.debits);
    if (back <= 0) {
      if (auto ended = end_reserve(connection_, reserve.act); !ended) return ended;
      continue;
    }
    const Order order{"platform", "the reserve is due"};
    MoneyAct act = new_act(order, ActKind::release, reserve.currency);
    act.party = reserve.party;
    act.subject = reserve.act;
    act.amount = back;
    act.postings = {{"reserve:" + reserve.party, back}, {"payable:" + reserve.party, -back}};
    if (const auto done = perform(order, std::move(act), kNothingMore); !done) return std::unexpected(done.error());
  }
  return {};
}

Result<Settlement::Wallet> Settlement::wallet(std::string_view customer) {
  auto terms = customer_terms(customer);
  if (!terms) return std::unexpected(terms.error());
  auto credits = read([&](database::Connection& connection) { return open_credits(connection, customer); });
  if (!credits) return std::unexpected(credits.error());
  const Balance account = balance_of_account(terms->account(), terms->currency);
  const Balance promo = balance_of_account(fmt::format("promo:{}", customer), terms->currency);
  return Wallet{std::move(*terms), account, promo, std::move(*credits)};
}

}  // namespace stoa::licensing
