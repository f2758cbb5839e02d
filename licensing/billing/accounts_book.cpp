// accounts_book.cpp: plans, prices, and the booking of a call. SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/accounts_book.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::licensing {
namespace {

constexpr std::string_view kPlatform = "platform";

std::string account_of(const Party& party) {
  return party.name == kPlatform ? "income:share" : "payable:" + party.name;
}

// Opens accounts one after the other; the first that cannot be is the answer.
class Opening {
 public:
  explicit Opening(Balances& balances) : balances_(balances) {}
  AccountNo operator()(std::string_view account) {
    const auto opened = balances_.open(account);
    if (!opened && result_) result_ = std::unexpected(opened.error());
    return opened.value_or(AccountNo{});
  }
  const Result<void>& result() const { return result_; }

 private:
  Balances& balances_;
  Result<void> result_;
};

}  // namespace

void AccountsBook::set_terms(const BillingTerms& terms) {
  terms_ = &terms;
  for (auto& [id, payer] : payers_) {
    payer.plans.clear();
    payer.past.clear();
    if (const PayingCustomer* const now = terms.customer(id)) payer.terms = *now;
  }
}

Balances& AccountsBook::balances_in(Currency currency) {
  return balances_.try_emplace(currency, currency).first->second;
}

const Balances* AccountsBook::balances(Currency currency) const {
  const auto found = balances_.find(currency);
  return found == balances_.end() ? nullptr : &found->second;
}

std::uint64_t AccountsBook::used(std::string_view customer, std::string_view price_list, std::string_view meter,
                                 std::int64_t now_ms) const {
  const auto list = terms_->price_list(price_list);
  const auto payer = payers_.find(customer);
  if (!list || payer == payers_.end()) return 0;
  const auto use = payer->second.use.find(price_list);
  const auto row = std::ranges::find(list->meters, meter, &MeterPrice::meter);
  if (use == payer->second.use.end() || row == list->meters.end()) return 0;
  const UsedUnits& found = use->second.meters[static_cast<std::size_t>(row - list->meters.begin())];
  return found.period_start_ms == start_of_period(list->period, now_ms) ? found.units : 0;
}

const WaterfallState* AccountsBook::waterfall(std::string_view agreement) const {
  const auto found = earnings_.find(agreement);
  return found == earnings_.end() ? nullptr : &found->second->waterfall.state();
}

Result<AccountsBook::Payer*> AccountsBook::payer_of(std::string_view customer) {
  if (const auto known = payers_.find(customer); known != payers_.end()) return &known->second;
  const PayingCustomer* const terms = terms_->customer(customer);
  if (!terms)
    return failure(Code::failed_precondition, "billing.no_customer",
                   fmt::format("customer '{}': pays nothing here", customer));
  return &payers_.emplace(customer, Payer{*terms}).first->second;
}

Result<std::shared_ptr<AccountsBook::Plan>> AccountsBook::plan_of(Payer& payer, std::string_view model) {
  if (const auto known = payer.plans.find(model); known != payer.plans.end()) return known->second;
  const BillingTerms::Charged* const charged = terms_->charged(model);
  if (!charged)
    return failure(Code::failed_precondition, "billing.no_price", fmt::format("model '{}': it has no price", model));
  auto plan = make_plan(payer, payer.terms, model, charged->price_list, charged->agreement);
  if (!plan) return std::unexpected(plan.error());
  return payer.plans.emplace(model, std::move(*plan)).first->second;
}

Result<std::unique_ptr<AccountsBook::Plan>> AccountsBook::make_plan(Payer& payer, const PayingCustomer& by,
                                                                    std::string_view model, std::string_view list,
                                                                    std::string_view agreement) {
  auto plan = std::make_unique<Plan>();
  plan->list = terms_->price_list(list);
  const auto shares = terms_->agreement(agreement);
  if (!plan->list || !shares)
    return failure(Code::failed_precondition, "billing.terms",
                   fmt::format("model '{}': price '{}' or agreement '{}' is not known", model, list, agreement));
  const std::string& publisher = plan->list->publisher;
  if (shares->publisher != publisher || !model.starts_with(publisher + '/'))
    return failure(Code::failed_precondition, "billing.terms",
                   fmt::format("model '{}': price '{}' is {}'s, agreement '{}' {}'s, and it is to be one's own", model,
                               list, publisher, agreement, shares->publisher));
  if (by.currency != plan->list->currency)
    return failure(Code::failed_precondition, "billing.no_customer",
                   fmt::format("customer '{}': does not pay in {}", by.id, plan->list->currency.code()));
  plan->tax_ppm = by.tax_ppm;
  plan->balances = &balances_in(plan->list->currency);
  auto earnings = earnings_of(shares, *plan->balances);
  if (!earnings) return std::unexpected(earnings.error());
  plan->earnings = *earnings;
  Opening open(*plan->balances);
  plan->account = open(by.account());
  plan->promo = open("promo:" + by.id);
  plan->tax = open("tax:" + by.tax_office);
  if (!open.result()) return std::unexpected(open.result().error());
  plan->pool = pool_of(payer, by, *plan);
  plan->use = &payer.use.try_emplace(std::string(list), plan->list->meters.size()).first->second;
  plan->usage.model = model;
  plan->usage.payer = terms_->payer({by.id, publisher});
  plan->usage.payer_terms = by.version;
  plan->usage.price = list;
  plan->usage.agreement = agreement;
  return plan;
}

Result<AccountsBook::Earnings*> AccountsBook::earnings_of(const std::shared_ptr<const Agreement>& agreement,
                                                          Balances& balances) {
  const std::string name = name_of(*agreement);
  if (const auto known = earnings_.find(name); known != earnings_.end()) return known->second.get();
  auto waterfall = Waterfall::resume(*agreement, {});
  if (!waterfall) return std::unexpected(waterfall.error());
  auto earnings = std::make_unique<Earnings>(Earnings{agreement, std::move(*waterfall)});
  Opening open(balances);
  earnings->processing = open("income:processing");
  earnings->platform_fee = open("income:platform_fee");
  if (agreement->referral) earnings->referral = open("referral:" + agreement->referral->party);
  if (agreement->advance) earnings->recoupment = open("advance:" + agreement->publisher);
  for (const Party& party : agreement->parties) earnings->parties.push_back(open(account_of(party)));
  if (!open.result()) return std::unexpected(open.result().error());
  return earnings_.emplace(name, std::move(earnings)).first->second.get();
}

// What all units cost together, less what was charged for those before. Where a volume price reached a cheaper tier,
// that is below zero: the next calls cost nothing until it is made up for.
Result<Nano> AccountsBook::charge(const MeterPrice& meter, UsedUnits& used, std::uint64_t units) {
  std::uint64_t after;
  if (__builtin_add_overflow(used.units, units, &after))
    return failure(Code::out_of_range, "meter.overflow",
                   fmt::format("{}: {} and {} units are more than 64 bits hold", meter.meter, used.units, units));
  const auto whole = cost_of(meter, after);
  if (!whole) return whole;
  const Nano more = std::max<Nano>(0, *whole - used.charged);
  used.units = after;
  used.charged += more;
  return more;
}

Result<void> AccountsBook::price(const Payer& payer, const Plan& plan, const ServedCall& call) {
  priced_.gross = 0;
  priced_.used.assign(plan.use->meters.begin(), plan.use->meters.end());
  const std::int64_t start_ms = start_of_period(plan.list->period, call.happened_ms);
  for (std::size_t i = 0; i < plan.list->meters.size(); ++i) {
    const MeterPrice& meter = plan.list->meters[i];
    const auto quantity = std::ranges::find(call.quantities, meter.meter, &Quantity::meter);
    if (quantity == call.quantities.end() || quantity->units == 0) continue;
    UsedUnits& used = priced_.used[i];
    // A call that began in the period before, and ends in this one, counts in this one: that is closed.
    if (used.period_start_ms < start_ms) used = UsedUnits{start_ms};
    const auto cost = charge(meter, used, quantity->units);
    if (!cost) return std::unexpected(cost.error());
    const auto gross = plus(priced_.gross, *cost);
    if (!gross) return std::unexpected(gross.error());
    priced_.gross = *gross;
  }
  CarriedRate tax(payer.tax_carried);
  priced_.tax = tax.take(CarriedRate::Millionths{priced_.gross} * plan.tax_ppm);
  priced_.tax_carried = tax.carried();
  const auto whole = plus(priced_.gross, priced_.tax);
  if (!whole) return std::unexpected(whole.error());
  priced_.whole = *whole;
  return {};
}

Result<EntryView> AccountsBook::settle(const ServedCall& call, const CallHold* hold, std::int64_t now_ms) {
  if (hold != nullptr) return settle_by(*hold->payer, *hold->plan, call, hold, now_ms);
  const auto payer = payer_of(call.customer);
  if (!payer) return std::unexpected(payer.error());
  const auto plan = plan_of(**payer, call.model);
  if (!plan) return std::unexpected(plan.error());
  return settle_by(**payer, **plan, call, nullptr, now_ms);
}

// Rationale: what the promo pays is read from an entry that was booked before, because it depended on what other calls
// held then.
Result<EntryView> AccountsBook::settle_by(Payer& payer, Plan& plan, const ServedCall& call, const CallHold* hold,
                                          std::int64_t now_ms, std::optional<Nano> from_promo) {
  if (auto priced = price(payer, plan, call); !priced) return std::unexpected(priced.error());
  Earnings& earnings = *plan.earnings;
  before_ = earnings.waterfall.state();
  earnings.waterfall.distribute(priced_.gross, call.happened_ms, allotments_);
  legs_.clear();
  for (const Allotment& part : allotments_) {
    const AccountNo accounts[] = {earnings.processing, earnings.platform_fee, earnings.referral, earnings.recoupment};
    legs_.push_back({part.step == Step::party ? earnings.parties[part.party] : accounts[static_cast<int>(part.step)],
                     -part.amount});
  }
  if (priced_.tax > 0) legs_.push_back({plan.tax, -priced_.tax});
  const Nano promo = std::clamp<Nano>(from_promo.value_or(promo_left(plan)), 0, priced_.whole);
  if (promo > 0) legs_.push_back({plan.promo, promo});
  if (priced_.whole > promo) legs_.push_back({plan.account, priced_.whole - promo});
  Pool& pool = *plan.pool;
  const Hold paid[] = {{plan.account, std::min(priced_.whole - promo, pool.on_account.amount)},
                       {plan.promo, std::min(promo, pool.on_promo.amount)}};
  // A call that costs nothing moves nothing.
  if (auto posted = plan.balances->post(legs_, paid); !posted) {
    earnings.waterfall.go_back(before_);
    return std::unexpected(posted.error());
  }
  pool.on_account.amount -= paid[0].amount;
  pool.on_promo.amount -= paid[1].amount;
  plan.use->meters.swap(priced_.used);
  payer.tax_carried = priced_.tax_carried;
  if (hold) end(*hold);

  fill_usage(plan, call);
  postings_.clear();
  for (const Leg& leg : legs_)
    postings_.push_back({plan.balances->name(leg.account), plan.balances->is_private(leg.account), leg.amount});
  EntryView entry{.currency = plan.balances->currency()};
  entry.kind = EntryKind::usage;
  entry.booked_ms = now_ms;
  entry.happened_ms = call.happened_ms;
  entry.postings = postings_;
  entry.usage = &plan.usage;
  entry.party = call.party;
  return entry;
}

void AccountsBook::fill_usage(Plan& plan, const ServedCall& call) const {
  Usage& usage = plan.usage;
  usage.version = call.version;
  usage.package = call.package;
  usage.outcome = call.outcome;
  usage.quantities.assign(call.quantities.begin(), call.quantities.end());
  usage.gross = priced_.gross;
  usage.tax = priced_.tax;
}

}  // namespace stoa::licensing
