// accounts_book.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/accounts_book.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::licensing {
namespace {

constexpr std::string_view kPlatformIncome = "income:platform_fee", kProcessing = "income:processing";

std::string account_of(const Agreement& agreement, const Allotment& part) {
  switch (part.step) {
    case Step::processing:
      return std::string(kProcessing);
    case Step::platform_fee:
      return std::string(kPlatformIncome);
    case Step::referral:
      return "referral:" + agreement.referral->party;
    case Step::recoupment:
      return "advance:" + agreement.publisher;
    case Step::party:
      break;
  }
  const std::string& party = agreement.parties[part.party].name;
  return party == "platform" ? "income:share" : "payable:" + party;
}

std::unexpected<Error> differs(std::string_view what, std::string_view theirs, std::string_view ours) {
  return failure(Code::data_loss, "audit.differs",
                 fmt::format("{}: the entry says {}, its terms come to {}", what, theirs, ours));
}

}  // namespace

std::string AccountsBook::used_name(std::string_view customer, std::string_view list, std::string_view meter) {
  return fmt::format("{} {} {}", customer, list, meter);
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
  const PriceList* const list = terms_->price_list(price_list);
  const auto found = used_.find(used_name(customer, price_list, meter));
  if (!list || found == used_.end() || found->second.period_start_ms != start_of_period(list->period, now_ms)) return 0;
  return found->second.units;
}

const WaterfallState* AccountsBook::waterfall(std::string_view agreement) const {
  const auto found = waterfalls_.find(agreement);
  return found == waterfalls_.end() ? nullptr : &found->second;
}

Result<AccountsBook::Found> AccountsBook::find(std::string_view customer, std::string_view model) const {
  const BillingTerms::Charged* const charged = terms_->charged(model);
  if (!charged)
    return failure(Code::failed_precondition, "billing.no_price", fmt::format("model '{}': it has no price", model));
  const PayingCustomer* const payer = terms_->customer(customer);
  const PriceList* const list = terms_->price_list(charged->price_list);
  if (!payer || payer->currency != list->currency)
    return failure(Code::failed_precondition, "billing.no_customer",
                   fmt::format("customer '{}': does not pay in {}", customer, list->currency.code()));
  return Found{payer, list, terms_->agreement(charged->agreement)};
}

// What all units cost together, less what was charged for those before. Where a volume price reached a cheaper tier,
// that is below zero: the next calls cost nothing until it is made up for.
Result<Nano> AccountsBook::charge(const MeterPrice& meter, Used& used, std::uint64_t units) {
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

// worst: the most that so much can come to.
Result<AccountsBook::Priced> AccountsBook::price(const Found& found, std::span<const Quantity> quantities,
                                                 std::int64_t at_ms, bool worst) const {
  Priced priced;
  const std::int64_t start_ms = start_of_period(found.list->period, at_ms);
  for (const MeterPrice& meter : found.list->meters) {
    const auto quantity = std::ranges::find(quantities, meter.meter, &Quantity::meter);
    if (quantity == quantities.end() || quantity->units == 0) continue;
    const std::string name = used_name(found.customer->id, found.list->name(), meter.meter);
    const auto before = used_.find(name);
    Used used =
        before == used_.end() || before->second.period_start_ms != start_ms ? Used{start_ms, 0, 0} : before->second;
    const auto cost = worst ? worst_cost(meter, used.units, quantity->units) : charge(meter, used, quantity->units);
    if (!cost) return std::unexpected(cost.error());
    const auto gross = plus(priced.gross, *cost);
    if (!gross) return std::unexpected(gross.error());
    priced.gross = *gross;
    priced.used.emplace_back(name, used);
  }
  const auto carried = tax_carried_.find(found.customer->id);
  CarriedRate tax(carried == tax_carried_.end() ? 0 : carried->second);
  priced.tax = tax.take(CarriedRate::Millionths{priced.gross} * found.customer->tax_ppm);
  priced.tax_carried = tax.carried();
  return priced;
}

Result<AccountsBook::CallHold> AccountsBook::hold(std::string_view customer, std::string_view model,
                                                  std::span<const Quantity> at_most, std::int64_t now_ms) {
  const auto found = find(customer, model);
  if (!found) return std::unexpected(found.error());
  const auto worst = price(*found, at_most, now_ms, true);
  if (!worst) return std::unexpected(worst.error());
  const auto whole = plus(worst->gross, worst->tax);
  if (!whole) return std::unexpected(whole.error());
  Balances& balances = balances_in(found->list->currency);
  const std::string account = found->customer->account();
  if (!found->customer->pays_ahead) {
    const Balance owed = balances.balance(account);
    if (owed.debits - owed.credits + owed.held > found->customer->credit_limit - *whole)
      return failure(Code::resource_exhausted, "billing.no_funds",
                     fmt::format("the call may cost {} {}, the credit limit of {} leaves less", amount_text(*whole),
                                 found->list->currency.code(), amount_text(found->customer->credit_limit)));
  }
  auto held = balances.hold(account, *whole);
  if (!held)
    return failure(Code::resource_exhausted, "billing.no_funds",
                   fmt::format("the call may cost {} {}, {} are there: top the wallet up", amount_text(*whole),
                               found->list->currency.code(), amount_text(balances.available(account))));
  return CallHold{found->list->currency, *held};
}

void AccountsBook::release(const CallHold& hold) { balances_in(hold.currency).release(hold.hold); }

Result<Entry> AccountsBook::make_entry(const Found& found, const ServedCall& call, const Priced& priced,
                                       Waterfall& waterfall, std::int64_t now_ms) const {
  Entry entry{.currency = found.list->currency};
  entry.kind = EntryKind::usage;
  entry.booked_ms = now_ms;
  entry.happened_ms = call.happened_ms;
  std::map<std::string, Nano> credits;
  for (const Allotment& part : waterfall.distribute(priced.gross, call.happened_ms))
    credits[account_of(*found.agreement, part)] += part.amount;
  if (priced.tax > 0) credits["tax:" + found.customer->tax_office] += priced.tax;
  for (const auto& [account, amount] : credits) entry.postings.push_back({account, -amount});
  const auto whole = plus(priced.gross, priced.tax);
  if (!whole) return std::unexpected(whole.error());
  if (*whole > 0) entry.postings.push_back({found.customer->account(), *whole});
  entry.usage = Usage{.model = std::string(call.model),
                      .version = std::string(call.version),
                      .package = call.package,
                      .outcome = call.outcome,
                      .quantities = call.quantities,
                      .price = found.list->name(),
                      .agreement = name_of(*found.agreement),
                      .gross = priced.gross,
                      .tax = priced.tax};
  entry.party = call.party;
  return entry;
}

Result<Entry> AccountsBook::settle(const ServedCall& call, const CallHold* hold, std::int64_t now_ms) {
  const auto found = find(call.customer, call.model);
  if (!found) return std::unexpected(found.error());
  return settle_as(*found, call, hold, now_ms);
}

Result<Entry> AccountsBook::settle_as(const Found& found, const ServedCall& call, const CallHold* hold,
                                      std::int64_t now_ms) {
  const auto priced = price(found, call.quantities, call.happened_ms, false);
  if (!priced) return std::unexpected(priced.error());
  WaterfallState& state = waterfalls_[name_of(*found.agreement)];
  auto waterfall = Waterfall::resume(*found.agreement, state);
  if (!waterfall) return std::unexpected(waterfall.error());
  auto entry = make_entry(found, call, *priced, *waterfall, now_ms);
  if (!entry) return entry;
  // A call that costs nothing moves nothing.
  if (!entry->postings.empty()) {
    if (auto applied = balances_in(found.list->currency).apply(*entry, hold ? &hold->hold : nullptr); !applied)
      return std::unexpected(applied.error());
  } else if (hold) {
    release(*hold);
  }
  state = waterfall->state();
  for (const auto& [name, used] : priced->used) used_[name] = used;
  tax_carried_[found.customer->id] = priced->tax_carried;
  return entry;
}

Result<void> AccountsBook::book(const Entry& entry) {
  auto applied = balances_in(entry.currency).apply(entry);
  if (applied && entry.kind == EntryKind::refund && entry.refers) note_refund(entry);
  return applied;
}

AccountsBook::Returned AccountsBook::returned(std::uint64_t number, const Entry& call) const {
  std::vector<std::size_t> postings;
  std::vector<Nano> parts, back;
  const auto known = returned_.find(number);
  for (std::size_t i = 0; i < call.postings.size(); ++i) {
    const Posting& posting = call.postings[i];
    if (posting.amount >= 0) continue;
    postings.push_back(i);
    parts.push_back(-posting.amount);
    const bool is_known = known != returned_.end() && known->second.contains(posting.account);
    back.push_back(is_known ? known->second.at(posting.account) : 0);
  }
  return {std::move(postings), Refund(std::move(parts), std::move(back))};
}

Nano AccountsBook::refundable(std::uint64_t number, const Entry& call) const {
  return call.kind == EntryKind::usage ? returned(number, call).refund.left() : 0;
}

Result<Entry> AccountsBook::refund(std::uint64_t number, const Entry& call, Nano amount, std::string reason,
                                   std::int64_t now_ms) {
  const auto payer = std::ranges::find_if(call.postings, [](const Posting& posting) { return posting.amount > 0; });
  if (call.kind != EntryKind::usage || payer == call.postings.end() || amount <= 0)
    return failure(
        Code::failed_precondition, "refund.not_a_call",
        fmt::format("entry {}: only a call that cost something can be refunded, by more than nothing", number));
  Returned before = returned(number, call);
  const auto steps = before.refund.take(amount);
  if (!steps) return std::unexpected(steps.error());
  Entry entry{.currency = call.currency};
  entry.kind = EntryKind::refund;
  entry.booked_ms = entry.happened_ms = now_ms;
  entry.refers = number;
  entry.reason = std::move(reason);
  for (std::size_t i = 0; i < steps->size(); ++i)
    if ((*steps)[i] > 0) entry.postings.push_back({call.postings[before.postings[i]].account, (*steps)[i]});
  entry.postings.push_back({payer->account, -amount});
  if (auto booked = book(entry); !booked) return std::unexpected(booked.error());
  return entry;
}

void AccountsBook::note_refund(const Entry& refund) {
  auto& accounts = returned_[*refund.refers];
  for (const Posting& posting : refund.postings)
    if (posting.amount > 0) accounts[posting.account] += posting.amount;
}

Result<void> AccountsBook::replay(const Entry& entry) {
  if (entry.kind != EntryKind::usage) return book(entry);
  const Usage& usage = *entry.usage;
  const Found found{terms_->customer(entry.party->customer), terms_->price_list(usage.price),
                    terms_->agreement(usage.agreement)};
  if (!found.customer || !found.list || !found.agreement)
    return failure(
        Code::data_loss, "audit.differs",
        fmt::format("entry: its customer, price '{}' or agreement '{}' is not known", usage.price, usage.agreement));
  const ServedCall call{.customer = entry.party->customer,
                        .model = usage.model,
                        .version = usage.version,
                        .package = usage.package,
                        .outcome = usage.outcome,
                        .quantities = usage.quantities,
                        .happened_ms = entry.happened_ms,
                        .party = *entry.party};
  const auto ours = settle_as(found, call, nullptr, entry.booked_ms);
  if (!ours) return std::unexpected(ours.error());
  if (ours->usage->gross != usage.gross)
    return differs("gross", amount_text(usage.gross), amount_text(ours->usage->gross));
  if (ours->usage->tax != usage.tax) return differs("tax", amount_text(usage.tax), amount_text(ours->usage->tax));
  for (std::size_t i = 0; i < std::max(ours->postings.size(), entry.postings.size()); ++i) {
    const auto text = [i](const std::vector<Posting>& all) {
      return i < all.size() ? fmt::format("{} {}", all[i].account, amount_text(all[i].amount)) : std::string("nothing");
    };
    if (text(ours->postings) != text(entry.postings))
      return differs(fmt::format("posting {}", i + 1), text(entry.postings), text(ours->postings));
  }
  return {};
}

}  // namespace stoa::licensing
