// settlement_payouts.cpp: what is owed goes to the bank, once. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "licensing/agreement/agreement.hpp"
#include "licensing/ledger/chart.hpp"
#include "licensing/settlement/document_store.hpp"
#include "licensing/settlement/payout_store.hpp"
#include "licensing/settlement/settlement.hpp"
#include "licensing/settlement/writing_store.hpp"
#include "registry/document/id.hpp"

namespace stoa::licensing {
namespace {

constexpr std::int64_t kHoldDayMs = 86'400'000;

Result<void> check_party(std::string_view party) {
  if (is_party_name(party) && party != kPlatformParty) return {};
  return failure(Code::invalid_argument, "payee.party",
                 fmt::format("party: '{}' is none, want one as publisher/acme", party.substr(0, 80)));
}

bool is_open(PayoutState state) {
  return state == PayoutState::held || state == PayoutState::scheduled || state == PayoutState::submitted;
}

std::unexpected<Error> wrong_state(const PayoutRecord& payout, std::string_view wanted) {
  return failure(Code::failed_precondition, "payout.state",
                 fmt::format("payout {}: is {}, want one that is {}", payout.id, name_of(payout.state), wanted));
}

}  // namespace

Result<Payee> Settlement::set_payee(const Order& order, const Payee& payee) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  if (auto good = check_party(payee.party); !good) return std::unexpected(good.error());
  if (auto good = check_bank_account(payee.account); !good) return std::unexpected(good.error());
  const auto known = find_payee(connection_, payee.party);
  if (!known) return std::unexpected(known.error());
  Payee changed = payee;
  if (*known) changed.hold_because = (*known)->hold_because;
  changed.changed_ms = parts_.now_ms();
  auto writing = Writing::begin(*this);
  if (!writing) return std::unexpected(writing.error());
  if (auto kept = write_payee(connection_, changed); !kept) return std::unexpected(kept.error());
  if (auto noted = writing->note(order, "payee.set", payee.party); !noted) return std::unexpected(noted.error());
  if (auto kept = writing->keep(); !kept) return std::unexpected(kept.error());
  return changed;
}

Result<Payee> Settlement::hold_payee(const Order& order, std::string_view party, std::string_view because) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  auto known = find_payee(connection_, party);
  if (!known) return std::unexpected(known.error());
  if (!*known)
    return failure(Code::not_found, "payee.unknown", fmt::format("'{}' has no bank account here", party.substr(0, 80)));
  Payee& payee = **known;
  payee.hold_because = because;
  payee.changed_ms = parts_.now_ms();
  auto writing = Writing::begin(*this);
  if (!writing) return std::unexpected(writing.error());
  if (auto kept = write_payee(connection_, payee); !kept) return std::unexpected(kept.error());
  if (auto noted = writing->note(order, because.empty() ? "payee.release" : "payee.hold", party); !noted)
    return std::unexpected(noted.error());
  if (auto kept = writing->keep(); !kept) return std::unexpected(kept.error());
  return std::move(payee);
}

Result<std::vector<Payee>> Settlement::payees(const Page& page) {
  return read([&](database::Connection& connection) { return read_payees(connection, page); });
}

// What is owed by the newest statement, and why it is not paid now: empty, it is.
Result<std::optional<PayoutRecord>> Settlement::next_payout(const IssuedDocument& statement,
                                                            const std::vector<PayoutRecord>& held) {
  const auto kept = paid_or_kept(connection_, statement);
  if (!kept) return std::unexpected(kept.error());
  const auto coming = under_way(connection_, statement.party, statement.currency);
  if (!coming) return std::unexpected(coming.error());
  const Nano there = balance_of(balance_of_account("payable:" + statement.party, statement.currency), Side::credit);
  const auto by_statement = minus(statement.closing, *kept), by_balance = minus(there, *coming);
  if (!by_statement) return std::unexpected(by_statement.error());
  if (!by_balance) return std::unexpected(by_balance.error());
  const Nano owed = payable_of(std::min(*by_statement, *by_balance), statement.currency).paid;
  const auto known = std::ranges::find_if(held, [&](const PayoutRecord& one) {
    return one.party == statement.party && one.currency == statement.currency;
  });
  if (owed == 0 && known == held.end()) return std::nullopt;
  const std::int64_t now_ms = parts_.now_ms();
  PayoutRecord payout = known == held.end() ? PayoutRecord{.id = registry::new_id_text("pay", now_ms),
                                                           .party = statement.party,
                                                           .currency = statement.currency,
                                                           .created_ms = now_ms}
                                            : *known;
  payout.amount = owed;
  payout.statement = statement.number;
  payout.changed_ms = now_ms;
  const auto payee = find_payee(connection_, statement.party);
  if (!payee) return std::unexpected(payee.error());
  const std::int64_t due_ms = statement.issued_ms + std::int64_t{parts_.rules.hold_days} * kHoldDayMs;
  payout.state = PayoutState::held;
  if (owed == 0) {
    payout.state = PayoutState::failed;
    payout.amount = known->amount;
    payout.because = "nothing is owed any more";
  } else if (!*payee) {
    payout.because = "there is no bank account";
  } else if (!(*payee)->hold_because.empty()) {
    payout.because = (*payee)->hold_because;
  } else if (owed < parts_.rules.payout_min) {
    payout.because =
        fmt::format("is below {}", amount_text(parts_.rules.payout_min, statement.currency.minor_digits()));
  } else if (now_ms < due_ms) {
    payout.because = fmt::format("is due {} days after its statement", parts_.rules.hold_days);
  } else if (!parts_.provider) {
    payout.because = "nobody pays: set iban in [settlement]";
  } else {
    payout.state = PayoutState::scheduled;
    payout.because.clear();
    payout.account = (*payee)->account;
    payout.scheduled_ms = now_ms;
  }
  return payout;
}

Result<Settlement::Run> Settlement::run_payouts(const Order& order) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  Run run;
  if (auto sent = submit_scheduled(order, run); !sent) return std::unexpected(sent.error());
  const auto statements = newest_documents(connection_, IssuedKind::statement);
  if (!statements) return std::unexpected(statements.error());
  const auto held = payouts_in(connection_, PayoutState::held);
  if (!held) return std::unexpected(held.error());
  auto writing = Writing::begin(*this);
  if (!writing) return std::unexpected(writing.error());
  std::map<Currency, std::string> batches;
  for (const IssuedDocument& statement : *statements) {
    auto next = next_payout(statement, *held);
    if (!next) return std::unexpected(next.error());
    if (!*next) continue;
    PayoutRecord& payout = **next;
    if (payout.state == PayoutState::scheduled) {
      std::string& batch = batches[payout.currency];
      if (batch.empty()) batch = registry::new_id_text("bat", parts_.now_ms());
      payout.batch = batch;
    }
    if (auto kept = write_payout(connection_, payout); !kept) return std::unexpected(kept.error());
    if (auto noted = writing->note(order, fmt::format("payout.{}", name_of(payout.state)), payout.id); !noted)
      return std::unexpected(noted.error());
    if (payout.state != PayoutState::scheduled) run.payouts.push_back(std::move(payout));
  }
  if (auto kept = writing->keep(); !kept) return std::unexpected(kept.error());
  if (auto sent = submit_scheduled(order, run); !sent) return std::unexpected(sent.error());
  return run;
}

// Batch by batch; after a crash the same batches with the same payouts again.
Result<void> Settlement::submit_scheduled(const Order& order, Run& run) {
  const auto scheduled = payouts_in(connection_, PayoutState::scheduled);
  if (!scheduled) return std::unexpected(scheduled.error());
  std::map<std::string, std::vector<PayoutRecord>> batches;
  for (const PayoutRecord& payout : *scheduled) batches[payout.batch].push_back(payout);
  for (auto& [batch, payouts] : batches) {
    PaymentFile file{.id = batch,
                     .created_ms = payouts.front().scheduled_ms,
                     .execute_ms = payouts.front().scheduled_ms,
                     .currency = payouts.front().currency,
                     .from = parts_.rules.from};
    for (const PayoutRecord& payout : payouts)
      file.payouts.push_back({payout.id, fmt::format("statement {}", payout.statement), payout.account, payout.amount});
    const auto reference =
        parts_.provider ? parts_.provider->submit(file)
                        : Result<std::string>(failure(Code::failed_precondition, "payout.provider", "nobody pays"));
    if (!reference) {
      run.failures.push_back(fmt::format("{}: {}: {}", batch, reference.error().reason, reference.error().message));
      continue;
    }
    auto writing = Writing::begin(*this);
    if (!writing) return std::unexpected(writing.error());
    for (PayoutRecord& payout : payouts) {
      payout.state = PayoutState::submitted;
      payout.reference = *reference;
      payout.changed_ms = parts_.now_ms();
      if (auto kept = write_payout(connection_, payout); !kept) return kept;
      if (auto noted = writing->note(order, "payout.submitted", payout.id); !noted) return noted;
    }
    if (auto kept = writing->keep(); !kept) return kept;
    run.payouts.insert(run.payouts.end(), payouts.begin(), payouts.end());
  }
  return {};
}

Result<PayoutRecord> Settlement::move_money(const Order& order, std::string_view id, ActKind kind) {
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  auto payout = read_payout(connection_, id);
  if (!payout) return payout;
  const auto before = find_act(connection_, order.actor, order.once);
  if (!before) return std::unexpected(before.error());
  const bool pays = kind == ActKind::payout;
  if (!*before && payout->state != (pays ? PayoutState::submitted : PayoutState::settled))
    return wrong_state(*payout, pays ? "submitted" : "settled");
  MoneyAct act = new_act(order, kind, payout->currency);
  act.party = payout->party;
  act.subject = payout->id;
  act.amount = payout->amount;
  const Nano moved = pays ? act.amount : -act.amount;
  act.postings = {{"payable:" + payout->party, moved}, {"cash:" + parts_.rules.provider, -moved}};
  payout->state = pays ? PayoutState::settled : PayoutState::returned;
  payout->because = order.reason;
  payout->changed_ms = act.at_ms;
  payout->act = act.id;
  const auto done = perform(order, std::move(act), [&] { return write_payout(connection_, *payout); });
  if (!done) return std::unexpected(done.error());
  return read_payout(connection_, id);
}

Result<PayoutRecord> Settlement::settle_payout(const Order& order, std::string_view id) {
  const std::lock_guard lock(mutex_);
  return move_money(order, id, ActKind::payout);
}

Result<PayoutRecord> Settlement::return_payout(const Order& order, std::string_view id) {
  const std::lock_guard lock(mutex_);
  return move_money(order, id, ActKind::payout_return);
}

Result<PayoutRecord> Settlement::fail_payout(const Order& order, std::string_view id) {
  const std::lock_guard lock(mutex_);
  if (auto good = check_order(order); !good) return std::unexpected(good.error());
  auto payout = read_payout(connection_, id);
  if (!payout) return payout;
  if (!is_open(payout->state)) return wrong_state(*payout, "held, scheduled or submitted");
  payout->state = PayoutState::failed;
  payout->because = order.reason;
  payout->changed_ms = parts_.now_ms();
  auto writing = Writing::begin(*this);
  if (!writing) return std::unexpected(writing.error());
  if (auto kept = write_payout(connection_, *payout); !kept) return std::unexpected(kept.error());
  if (auto noted = writing->note(order, "payout.failed", payout->id); !noted) return std::unexpected(noted.error());
  if (auto kept = writing->keep(); !kept) return std::unexpected(kept.error());
  return payout;
}

Result<std::vector<PayoutRecord>> Settlement::payouts(const PayoutFilter& filter, const Page& page) {
  return read([&](database::Connection& connection) { return read_payouts(connection, filter, page); });
}

Result<PayoutRecord> Settlement::payout(std::string_view id) {
  return read([&](database::Connection& connection) { return read_payout(connection, id); });
}

}  // namespace stoa::licensing
