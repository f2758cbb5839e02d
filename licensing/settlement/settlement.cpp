// settlement.cpp: opening, and how an act becomes its entries, once. SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/settlement.hpp"

#include <fmt/format.h>

#include "licensing/journal/durable_wait.hpp"
#include "licensing/settlement/credit_store.hpp"
#include "licensing/settlement/settlement_schema_store.hpp"
#include "licensing/settlement/writing_store.hpp"
#include "registry/document/id.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kReasonMax = 1'000;

// The ledger did not take it; anything else may be tried again.
bool is_refusal(const Error& error) {
  if (error.reason.starts_with("journal.")) return false;
  return error.code == Code::invalid_argument || error.code == Code::failed_precondition ||
         error.code == Code::resource_exhausted || error.code == Code::out_of_range || error.code == Code::not_found;
}

Error journal_failed() {
  return {Code::unavailable, "journal.failed", "billing has stopped, because the journal cannot be written", 0};
}

}  // namespace

Settlement::~Settlement() = default;

Result<std::unique_ptr<Settlement>> Settlement::open(SettlementParts parts) {
  auto connection = database::Connection::open(parts.file, database::Access::write);
  if (!connection) return std::unexpected(connection.error());
  if (auto ready = prepare_settlement(*connection); !ready) return std::unexpected(ready.error());
  auto reading = database::Connection::open(parts.file, database::Access::read);
  if (!reading) return std::unexpected(reading.error());
  std::unique_ptr<Settlement> made(new Settlement(std::move(parts), std::move(*connection), std::move(*reading)));
  if (auto ended = made->end_intended(); !ended) return std::unexpected(ended.error());
  return made;
}

Result<void> Settlement::check_order(const Order& order) const {
  if (!order.reason.empty() && order.reason.size() <= kReasonMax) return {};
  return failure(Code::invalid_argument, "act.reason",
                 fmt::format("reason: has {} bytes, want 1 to {}", order.reason.size(), kReasonMax));
}

Result<PayingCustomer> Settlement::customer_terms(std::string_view customer) const {
  const auto terms = parts_.terms();
  const PayingCustomer* const found = terms ? terms->customer(customer) : nullptr;
  if (found) return *found;
  return failure(Code::failed_precondition, "billing.no_customer",
                 fmt::format("customer '{}': pays nothing here", customer.substr(0, 80)));
}

Result<Entry> Settlement::entry_at(std::uint64_t number) const {
  Result<Entry> entry = failure(Code::not_found, "ledger.no_entry", fmt::format("entry {}: there is none", number));
  const auto read = parts_.journal.read(number, [&](std::uint64_t, std::string_view record) {
    entry = decode(record);
    return false;
  });
  return read ? entry : std::unexpected(read.error());
}

Balance Settlement::balance_of_account(std::string_view account, Currency currency) const {
  return parts_.teller.look([&](const AccountsBook& book) {
    const Balances* const balances = book.balances(currency);
    return balances ? balances->balance(account) : Balance{};
  });
}

MoneyAct Settlement::new_act(const Order& order, ActKind kind, Currency currency) const {
  MoneyAct act{.currency = currency};
  act.at_ms = parts_.now_ms();
  act.id = registry::new_id_text("act", act.at_ms);
  act.kind = kind;
  act.actor = order.actor;
  act.reason = order.reason;
  act.read_from = parts_.journal.durable();
  return act;
}

Result<MoneyAct> Settlement::perform(const Order& order, MoneyAct act, const std::function<Result<void>()>& write) {
  auto before = find_act(connection_, order.actor, order.once);
  if (!before) return std::unexpected(before.error());
  if (*before) {
    MoneyAct& known = **before;
    if (known.state == ActState::intended) return finish(std::move(known), true);
    if (known.state == ActState::booked) return std::move(known);
    return failure(Code::failed_precondition, "act.refused", known.refused);
  }
  auto writing = Writing::begin(*this);
  if (!writing) return std::unexpected(writing.error());
  if (auto kept = insert_act(connection_, act, order.once); !kept) return std::unexpected(kept.error());
  if (auto kept = write(); !kept) return std::unexpected(kept.error());
  if (auto noted = writing->note(order, fmt::format("money.{}", name_of(act.kind)), act.id); !noted)
    return std::unexpected(noted.error());
  if (auto kept = writing->keep(); !kept) return std::unexpected(kept.error());
  return finish(std::move(act), false);
}

Result<void> Settlement::find_entries(MoneyAct& act) const {
  Result<void> result;
  const auto read = parts_.journal.read(act.read_from, [&](std::uint64_t number, std::string_view record) {
    const auto entry = decode(record);
    if (!entry) {
      result = std::unexpected(entry.error());
      return false;
    }
    if (!entry->party || entry->party->request != act.id || entry->usage) return true;
    (act.entry ? act.bearing_entry : act.entry) = number;
    return !act.bearing_entry;
  });
  return read ? result : std::unexpected(read.error());
}

// The entries that it lacks, each durable before the next.
Result<void> Settlement::book_act(MoneyAct& act) {
  if (!act.entry) {
    const auto number =
        act.kind == ActKind::refund
            ? parts_.teller.refund(*act.refers, act.amount == 0 ? std::nullopt : std::optional(act.amount), act.reason,
                                   act.id)
            : parts_.teller.book(entry_of(act));
    if (!number) return std::unexpected(number.error());
    act.entry = *number;
  }
  if (auto durable = DurableWait::until_durable(parts_.journal); !durable) return durable;
  if (act.kind != ActKind::refund) return {};
  const auto refunded = entry_at(*act.entry);
  if (!refunded) return std::unexpected(refunded.error());
  act.amount = 0;
  for (const Posting& posting : refunded->postings) act.amount += posting.amount > 0 ? posting.amount : 0;
  const auto bearing = bearing_entry_of(act, *act.entry, *refunded, act.party);
  if (!bearing || act.bearing_entry) return {};
  const auto number = parts_.teller.book(*bearing);
  if (!number) return std::unexpected(number.error());
  act.bearing_entry = *number;
  return DurableWait::until_durable(parts_.journal);
}

// With what ends by it: a reserve that is released is none any more, and one whose release was refused still is.
Result<void> Settlement::keep_outcome(const MoneyAct& act) {
  auto writing = Writing::begin(*this);
  if (!writing) return std::unexpected(writing.error());
  if (auto kept = update_act(connection_, act); !kept) return kept;
  if (act.kind == ActKind::release && act.state == ActState::booked)
    if (auto ended = end_reserve(connection_, act.subject); !ended) return ended;
  return writing->keep();
}

Result<MoneyAct> Settlement::finish(MoneyAct act, bool may_be_there) {
  if (may_be_there)
    if (auto found = find_entries(act); !found) return std::unexpected(found.error());
  const auto booked = book_act(act);
  // Invariant: an act is refused by a book whose journal works. One that failed may hold the act's entry, which the
  // book then takes for another's: that is the next start's to find out.
  if (!booked && parts_.teller.has_stopped()) return std::unexpected(journal_failed());
  if (!booked && (!is_refusal(booked.error()) || act.entry)) return std::unexpected(booked.error());
  act.state = booked ? ActState::booked : ActState::refused;
  if (!booked) act.refused = fmt::format("{}: {}", booked.error().reason, booked.error().message);
  if (auto kept = keep_outcome(act); !kept) return std::unexpected(kept.error());
  if (!booked) return std::unexpected(booked.error());
  return act;
}

// What a crash left, and what could not be booked when it was asked for.
Result<void> Settlement::end_intended() {
  auto acts = read_intended(connection_);
  if (!acts) return std::unexpected(acts.error());
  for (MoneyAct& act : *acts)
    if (auto done = finish(std::move(act), true); !done && !is_refusal(done.error()))
      return std::unexpected(done.error());
  return {};
}

Result<std::vector<MoneyAct>> Settlement::acts(const ActFilter& filter, const Page& page) {
  return read([&](database::Connection& connection) { return read_acts(connection, filter, page); });
}

Result<std::vector<registry::AuditLine>> Settlement::audit(std::int64_t before, std::size_t most,
                                                           std::string_view subject) {
  return read(
      [&](database::Connection& connection) { return registry::read_audit(connection, before, most, subject); });
}

Result<registry::AuditHead> Settlement::examine() {
  return read([&](database::Connection& connection) { return registry::verify_audit(connection); });
}

}  // namespace stoa::licensing
