// settlement_months.cpp: a month is closed: documents, then what its end brings. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "licensing/journal/durable_wait.hpp"
#include "licensing/settlement/credit_store.hpp"
#include "licensing/settlement/document_store.hpp"
#include "licensing/settlement/month_end.hpp"
#include "licensing/settlement/settlement.hpp"
#include "licensing/settlement/writing_store.hpp"
#include "licensing/statement/document_text.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kSettlesMs = 300'000;  // by so much a host's clock may be wrong
constexpr std::int64_t kDayLengthMs = 86'400'000;

std::unexpected<Error> refuse_month(const char* reason, std::string message) {
  return failure(Code::failed_precondition, reason, std::move(message));
}

Result<void> check_turn(const Month& month, const std::optional<ClosedMonth>& last, std::int64_t now_ms) {
  if (now_ms < month.until_ms + kSettlesMs)
    return refuse_month("month.open",
                        fmt::format("{} is not over, or has been for less than five minutes", month.name));
  if (!last) return {};
  if (month.name <= last->name)
    return refuse_month("month.closed",
                        fmt::format("{} is closed; what is corrected stands in a later statement", month.name));
  const Month next = month_at(month_of(last->name)->until_ms);
  if (month.name != next.name) return refuse_month("month.order", fmt::format("{} is to be closed first", next.name));
  return {};
}

// Reads the month's entries; the number of the first one that is the next month's.
Result<std::uint64_t> read_month(const Journal& journal, std::uint64_t from, std::int64_t until_ms, MonthBooks& books) {
  Result<void> result;
  std::uint64_t next = from;
  const auto read = journal.read(from, [&](std::uint64_t number, std::string_view record) {
    const auto entry = decode(record);
    if (!entry) {
      result = std::unexpected(entry.error());
      return false;
    }
    if (entry->booked_ms >= until_ms) return false;
    result = books.add(number, *entry);
    next = number + 1;
    return result.has_value();
  });
  if (!read) return std::unexpected(read.error());
  if (!result) return std::unexpected(result.error());
  return next;
}

IssuedDocument issued(IssuedKind kind, std::uint64_t number, const Month& month, std::int64_t now_ms, std::string party,
                      Currency currency, Nano opening, Nano closing, std::string note) {
  const Sha256 digest = registry::sha256_of(note);
  return {kind, number, std::move(party), currency, month.name, opening, closing, now_ms, std::move(note), digest};
}

}  // namespace

Result<Settlement::Closing> Settlement::close_month(const Order& order, const Month& month) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  const auto last = last_month(connection_);
  if (!last) return std::unexpected(last.error());
  const std::int64_t now_ms = parts_.now_ms();
  if (auto good = check_turn(month, *last, now_ms); !good) return std::unexpected(good.error());
  // What was booked before now is on the disk, and nothing more of the month comes.
  if (auto durable = DurableWait::until_durable(parts_.journal); !durable) return std::unexpected(durable.error());

  MonthBooks books(month);
  for (const IssuedKind kind : {IssuedKind::statement, IssuedKind::invoice}) {
    const auto before = newest_documents(connection_, kind);
    if (!before) return std::unexpected(before.error());
    for (const IssuedDocument& document : *before) books.open(document);
  }
  const auto next = read_month(parts_.journal, *last ? (*last)->next_entry : 0, month.until_ms, books);
  if (!next) return std::unexpected(next.error());
  const auto head = parts_.head(*next);
  if (!head) return std::unexpected(head.error());
  const auto statements = books.statements(*head);

  auto writing = Writing::begin(*this);
  if (!writing) return std::unexpected(writing.error());
  Closing closing{.month = {month.name, order.actor, now_ms, *next, *head}};
  if (auto kept = insert_month(connection_, closing.month); !kept) return std::unexpected(kept.error());
  auto number = last_number(connection_, IssuedKind::statement);
  if (!number) return std::unexpected(number.error());
  for (const Statement& one : statements) {
    const auto document = issued(IssuedKind::statement, ++*number, month, now_ms, one.party, one.currency, one.opening,
                                 one.closing, parts_.sign(document_text(NumberedStatement{*number, one})));
    if (auto kept = insert_document(connection_, document); !kept) return std::unexpected(kept.error());
    ++closing.statements;
  }
  number = last_number(connection_, IssuedKind::invoice);
  if (!number) return std::unexpected(number.error());
  for (const Invoice& one : books.invoices(*head)) {
    const auto document = issued(IssuedKind::invoice, ++*number, month, now_ms, one.customer, one.currency, one.opening,
                                 one.closing, parts_.sign(document_text(NumberedInvoice{*number, one})));
    if (auto kept = insert_document(connection_, document); !kept) return std::unexpected(kept.error());
    ++closing.invoices;
  }
  auto acts = write_month_end(month, books, statements);
  if (!acts) return std::unexpected(acts.error());
  if (auto noted = writing->note(order, "month.close", month.name); !noted) return std::unexpected(noted.error());
  if (auto kept = writing->keep(); !kept) return std::unexpected(kept.error());
  closing.acts = acts->size();
  for (const MoneyAct& act : *acts) {
    const auto done = finish(act, false);
    if (done) continue;
    // What the ledger does not take, as a minimum of an empty wallet, stays in the list as refused.
    const auto left = read_act(connection_, act.id);
    if (!left || left->state != ActState::refused) return std::unexpected(done.error());
  }
  return closing;
}

Result<std::vector<MoneyAct>> Settlement::write_month_end(const Month& month, const MonthBooks& books,
                                                          const std::vector<Statement>& statements) {
  const auto terms = parts_.terms();
  const BillingTerms none;
  const auto wanted = month_end_acts(
      {.month = month,
       .rules = parts_.rules,
       .terms = terms ? *terms : none,
       .books = books,
       .statements = statements,
       .owed = [this](std::string_view account,
                      Currency currency) { return balance_of(balance_of_account(account, currency), Side::credit); },
       .statements_below_zero =
           [this](std::string_view party, Currency currency) {
             return statements_below_zero(connection_, party, currency);
           }});
  if (!wanted) return std::unexpected(wanted.error());
  std::vector<MoneyAct> acts;
  for (const MonthEndAct& one : *wanted) {
    MoneyAct act = new_act({"platform", one.reason}, one.kind, one.money.currency);
    act.party = one.party;
    act.customer = one.customer;
    act.subject = month.name;
    act.amount = one.money.nano;
    act.postings = one.postings;
    if (auto kept = insert_act(connection_, act, {}); !kept) return std::unexpected(kept.error());
    if (act.kind == ActKind::reserve) {
      const std::int64_t until_ms = act.at_ms + std::int64_t{parts_.rules.reserve_days} * kDayLengthMs;
      if (auto kept = insert_reserve(connection_, {act.id, act.party, act.currency, act.amount, until_ms}); !kept)
        return std::unexpected(kept.error());
    }
    acts.push_back(std::move(act));
  }
  return acts;
}

Result<std::vector<ClosedMonth>> Settlement::months(const Page& page) {
  return read([&](database::Connection& connection) { return read_months(connection, page); });
}

Result<std::vector<IssuedDocument>> Settlement::documents(const DocumentFilter& filter, const Page& page) {
  return read([&](database::Connection& connection) { return read_documents(connection, filter, page); });
}

Result<IssuedDocument> Settlement::document(IssuedKind kind, std::uint64_t number) {
  return read([&](database::Connection& connection) { return read_document(connection, kind, number); });
}

}  // namespace stoa::licensing
