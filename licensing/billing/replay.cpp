// replay.cpp: entries that were booked before, and those that correct them. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "licensing/billing/accounts_book.hpp"

namespace stoa::licensing {
namespace {

std::unexpected<Error> differs(std::string_view what, std::string_view theirs, std::string_view ours) {
  return failure(Code::data_loss, "audit.differs",
                 fmt::format("{}: the entry says {}, its terms come to {}", what, theirs, ours));
}

std::string text_of(std::string_view account, Nano amount) {
  return fmt::format("{} {}", account, amount_text(amount));
}

Result<void> compare(const EntryView& ours, const Entry& theirs) {
  const Usage &worked_out = *ours.usage, &written = *theirs.usage;
  if (worked_out.payer != written.payer) return differs("payer", written.payer, worked_out.payer);
  if (worked_out.gross != written.gross)
    return differs("gross", amount_text(written.gross), amount_text(worked_out.gross));
  if (worked_out.tax != written.tax) return differs("tax", amount_text(written.tax), amount_text(worked_out.tax));
  const std::size_t most = std::max(ours.postings.size(), theirs.postings.size());
  for (std::size_t i = 0; i < most; ++i) {
    const bool is_ours = i < ours.postings.size(), is_theirs = i < theirs.postings.size();
    if (is_ours && is_theirs && ours.postings[i].account == theirs.postings[i].account &&
        ours.postings[i].amount == theirs.postings[i].amount)
      continue;
    return differs(fmt::format("posting {}", i + 1),
                   is_theirs ? text_of(theirs.postings[i].account, theirs.postings[i].amount) : "nothing",
                   is_ours ? text_of(ours.postings[i].account, ours.postings[i].amount) : "nothing");
  }
  return {};
}

}  // namespace

Result<void> AccountsBook::replay(const Entry& entry) {
  if (entry.kind != EntryKind::usage) return book(entry);
  if (!entry.usage || !entry.party)
    return failure(Code::data_loss, "audit.differs", "entry: it does not say what was used and by whom");
  const Usage& usage = *entry.usage;
  const ServedCall call{.customer = entry.party->customer,
                        .model = usage.model,
                        .version = usage.version,
                        .package = usage.package,
                        .outcome = usage.outcome,
                        .quantities = usage.quantities,
                        .happened_ms = entry.happened_ms,
                        .party = &*entry.party};
  const auto payer = payer_of(call.customer);
  if (!payer) return failure(Code::data_loss, "audit.differs", "entry: " + payer.error().message);
  const auto plan = plan_then(**payer, usage);
  if (!plan) return failure(Code::data_loss, "audit.differs", "entry: " + plan.error().message);
  const auto promo = std::ranges::find(entry.postings, (*plan)->balances->name((*plan)->promo), &Posting::account);
  const auto ours =
      settle_by(**payer, **plan, call, nullptr, entry.booked_ms, promo == entry.postings.end() ? 0 : promo->amount);
  return ours ? compare(*ours, entry) : std::unexpected(ours.error());
}

// Today's plan, where it is by the same versions.
Result<AccountsBook::Plan*> AccountsBook::plan_then(Payer& payer, const Usage& usage) {
  if (const auto today = plan_of(payer, usage.model); today && (*today)->usage.price == usage.price &&
                                                      (*today)->usage.agreement == usage.agreement &&
                                                      (*today)->usage.payer_terms == usage.payer_terms)
    return today->get();
  const std::string name = fmt::format("{}\n{}\n{}\n{}", usage.model, usage.price, usage.agreement, usage.payer_terms);
  if (const auto known = payer.past.find(name); known != payer.past.end()) return known->second.get();
  const PayingCustomer* const by = terms_->customer(payer.terms.id, usage.payer_terms);
  if (!by)
    return failure(
        Code::failed_precondition, "billing.no_customer",
        fmt::format("customer '{}': how it paid by version {} is not known", payer.terms.id, usage.payer_terms));
  auto made = make_plan(payer, *by, usage.model, usage.price, usage.agreement);
  if (!made) return std::unexpected(made.error());
  return payer.past.emplace(name, std::move(*made)).first->second.get();
}

Result<void> AccountsBook::book(const Entry& entry) {
  auto applied = balances_in(entry.currency).apply(entry);
  if (applied && entry.kind == EntryKind::refund && entry.refers) note_refund(entry);
  return applied;
}

AccountsBook::Returned AccountsBook::returned(std::uint64_t number, const Entry& call, Part part) const {
  std::vector<std::size_t> postings;
  std::vector<Nano> parts, back;
  const auto known = returned_.find(number);
  for (std::size_t i = 0; i < call.postings.size(); ++i) {
    const Posting& posting = call.postings[i];
    if ((posting.amount > 0) != (part == Part::payers)) continue;
    postings.push_back(i);
    parts.push_back(posting.amount < 0 ? -posting.amount : posting.amount);
    const bool is_known = known != returned_.end() && known->second.contains(posting.account);
    back.push_back(is_known ? known->second.at(posting.account) : 0);
  }
  return {std::move(postings), Refund(std::move(parts), std::move(back))};
}

Nano AccountsBook::refundable(std::uint64_t number, const Entry& call) const {
  return call.kind == EntryKind::usage ? returned(number, call, Part::earners).refund.left() : 0;
}

Result<Entry> AccountsBook::refund(std::uint64_t number, const Entry& call, Nano amount, std::string reason,
                                   std::int64_t now_ms) {
  if (call.kind != EntryKind::usage || call.postings.empty())
    return failure(Code::failed_precondition, "refund.not_a_call",
                   fmt::format("entry {}: only a call that cost something can be refunded", number));
  if (amount <= 0)
    return failure(Code::out_of_range, "refund.too_much",
                   fmt::format("entry {}: nothing of the call is left that could be refunded", number));
  Entry entry{.currency = call.currency};
  entry.kind = EntryKind::refund;
  entry.booked_ms = entry.happened_ms = now_ms;
  entry.refers = number;
  entry.reason = std::move(reason);
  for (const Part part : {Part::earners, Part::payers}) {
    Returned before = returned(number, call, part);
    const auto steps = before.refund.take(amount);
    if (!steps) return std::unexpected(steps.error());
    for (std::size_t i = 0; i < steps->size(); ++i)
      if (const Nano step = (*steps)[i]; step > 0)
        entry.postings.push_back(
            {call.postings[before.postings[i]].account, part == Part::earners ? step : Nano{0} - step});
  }
  if (auto booked = book(entry); !booked) return std::unexpected(booked.error());
  return entry;
}

void AccountsBook::note_refund(const Entry& refund) {
  auto& accounts = returned_[*refund.refers];
  for (const Posting& posting : refund.postings)
    accounts[posting.account] += posting.amount < 0 ? -posting.amount : posting.amount;
}

}  // namespace stoa::licensing
