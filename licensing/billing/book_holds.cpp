// book_holds.cpp: what is held back for calls under way: for all of a customer's together.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <cassert>

#include "licensing/billing/accounts_book.hpp"

namespace stoa::licensing {
namespace {

// What a list says of a meter; nothing: none.
class UnitsIn final : public UnitsByMeter {
 public:
  explicit UnitsIn(std::span<const Quantity> quantities) : quantities_(quantities) {}
  std::uint64_t units_of(std::string_view meter) const override {
    const auto quantity = std::ranges::find(quantities_, meter, &Quantity::meter);
    return quantity == quantities_.end() ? 0 : quantity->units;
  }

 private:
  const std::span<const Quantity> quantities_;
};

Nano free_on(const Balances& balances, AccountNo account) {
  const Balance& balance = balances.balance(account);
  return balance.credits - balance.debits - balance.held;
}

}  // namespace

AccountsBook::Pool* AccountsBook::pool_of(Payer& payer, const PayingCustomer& by, const Plan& plan) {
  const auto is_its = [&](const Pool& pool) {
    return pool.balances == plan.balances && pool.on_account.account == plan.account;
  };
  const auto known = std::ranges::find_if(payer.pools, is_its);
  if (known != payer.pools.end()) return &*known;
  return &payer.pools.emplace_back(Pool{plan.balances, by.pays_ahead, {plan.account, 0}, {plan.promo, 0}});
}

Nano AccountsBook::promo_left(const Plan& plan) {
  return free_on(*plan.balances, plan.promo) + plan.pool->on_promo.amount;
}

Result<AccountsBook::CallHold> AccountsBook::hold(std::string_view customer, std::string_view model,
                                                  std::span<const Quantity> at_most, std::int64_t happened_ms) {
  return hold(customer, model, UnitsIn(at_most), happened_ms);
}

Result<AccountsBook::CallHold> AccountsBook::hold(std::string_view customer, std::string_view model,
                                                  const UnitsByMeter& at_most, std::int64_t happened_ms) {
  const auto payer = payer_of(customer);
  if (!payer) return std::unexpected(payer.error());
  const auto plan = plan_of(**payer, model);
  if (!plan) return std::unexpected(plan.error());
  const PriceList& prices = *(*plan)->list;
  CallHold call{*payer, *plan, {}, start_of_period(prices.period, happened_ms), &prices};
  for (std::size_t m = 0; m < prices.meters.size(); ++m) call.units[m] = at_most.units_of(prices.meters[m].meter);
  if (auto begun = begin(call); !begun) return std::unexpected(begun.error());
  return call;
}

Result<void> AccountsBook::begin(const CallHold& hold) {
  Plan& plan = *hold.plan;
  Pool& pool = *plan.pool;
  if (auto begun = plan.use->begin(hold.period_start_ms, hold.units); !begun) return begun;
  const std::uint32_t ppm = pool.calls == 0 ? 0 : pool.tax_ppm;
  pool.tax_ppm = std::max(ppm, plan.tax_ppm);
  ++pool.calls;
  auto held = hold_for(*hold.payer, *plan.use, *plan.list);
  if (!held) {
    pool.tax_ppm = ppm;
    end(hold);
  }
  return held;
}

void AccountsBook::release(const CallHold& hold) { end(hold); }

// Less is held than before, and that always can be.
void AccountsBook::end(const CallHold& hold) {
  const Plan& plan = *hold.plan;
  plan.use->end(hold.period_start_ms, hold.units);
  --plan.pool->calls;
  [[maybe_unused]] const auto held = hold_for(*hold.payer, *plan.use, *plan.list);
  assert(held);
}

Result<void> AccountsBook::hold_for(Payer& payer, ListUse& use, const PriceList& prices) {
  const auto most = use.most(prices.meters);
  if (!most) return std::unexpected(most.error());
  const auto all = plus(payer.held - use.held, *most);
  if (!all) return std::unexpected(all.error());
  payer.held = *all;
  use.held = *most;
  for (Pool& pool : payer.pools)
    if (auto resized = resize(payer, pool); !resized) return resized;
  return {};
}

// Rationale: where two pools are open, each holds for all calls, because nobody knows which of them end first; and a
// billionth for each of its own, because the other may leave a tax that is cut off just below one. Alone, a pool is
// exact: what is carried is its own.
Result<Nano> AccountsBook::wanted(const Payer& payer, const Pool& pool) {
  if (pool.calls == 0) return 0;
  const bool is_alone =
      std::ranges::all_of(payer.pools, [&](const Pool& other) { return &other == &pool || other.calls == 0; });
  CarriedRate rate(is_alone ? payer.tax_carried : 0);
  const auto tax = plus(rate.take(CarriedRate::Millionths{payer.held} * pool.tax_ppm), is_alone ? 0 : pool.calls);
  return tax ? plus(payer.held, *tax) : tax;
}

Result<void> AccountsBook::resize(const Payer& payer, Pool& pool) {
  const auto whole = wanted(payer, pool);
  if (!whole) return std::unexpected(whole.error());
  Balances& balances = *pool.balances;
  const Nano given = free_on(balances, pool.on_promo.account);
  const Nano promo = std::min(*whole, given + pool.on_promo.amount), rest = *whole - promo;
  const Nano more = rest - pool.on_account.amount;
  if (more > 0) {
    const Nano owed = free_on(balances, pool.on_account.account);
    const Nano there = pool.pays_ahead ? owed : payer.terms.credit_limit + owed;
    if (more > there)
      return failure(
          Code::resource_exhausted, "billing.no_funds",
          fmt::format("the call may cost {} {}, {} are there: {}",
                      amount_text(*whole - pool.on_account.amount - pool.on_promo.amount), balances.currency().code(),
                      amount_text(there + given),
                      pool.pays_ahead ? "top the wallet up" : "pay what is owed, or ask for a higher limit"));
  }
  if (auto held = balances.resize(pool.on_promo, promo); !held) return held;
  return balances.resize(pool.on_account, rest);
}

}  // namespace stoa::licensing
