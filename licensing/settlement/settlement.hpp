// settlement.hpp: money in and money out: what operators do with it, what a month's end brings, what parties are paid.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "licensing/billing/billing_terms.hpp"
#include "licensing/billing/teller.hpp"
#include "licensing/book/records.hpp"
#include "licensing/settlement/money_act.hpp"
#include "licensing/settlement/money_act_store.hpp"
#include "licensing/settlement/month_books.hpp"
#include "licensing/settlement/payout_provider.hpp"
#include "licensing/settlement/settlement_records.hpp"
#include "registry/audit/audit_store.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

// Lifetime: all that is referred to outlives the settlement.
struct SettlementParts {
  std::filesystem::path file;  // "settlement.db"
  Journal& journal;
  Teller& teller;
  std::function<std::shared_ptr<const BillingTerms>()> terms;
  std::function<std::int64_t()> now_ms;
  // The head of the log once it holds so many entries.
  std::function<Result<TreeHead>(std::uint64_t entries)> head;
  // A text with the platform's signature below it (log/signed_note.hpp).
  std::function<std::string(std::string_view text)> sign;
  PayoutProvider* provider = nullptr;  // null: payouts are held
  SettlementRules rules = {};
};

// Threads: any; acts go one after the other, reading waits for none of them. Blocks on the disk: never on an I/O
// thread. Invariant: an act is written down before its entry is booked, and its entry names it; whatever ends in
// between, the next start books what is missing and books nothing twice.
class Settlement {
 public:
  // Ends what was begun. Errors: those of the database, of Journal::read; "settlement.newer".
  static Result<std::unique_ptr<Settlement>> open(SettlementParts parts);
  ~Settlement();

  // Who does it, as the audit log tells, why, and the token by which asking again does nothing twice.
  struct Order {
    std::string actor, reason;
    RequestToken once = {};
  };

  // ---- what operators do: settlement_acts.cpp. Errors, of all: invalid_argument "act.reason", "act.amount"; those of
  // the token and of the ledger; what the ledger refuses stays in the list as refused.
  struct Payment {
    std::string customer, provider;  // "bank"
    Money money;
  };
  // Into the wallet, or off what the customer owes. failed_precondition "billing.no_customer", "ledger.currency".
  Result<MoneyAct> top_up(const Order& order, const Payment& payment);
  struct Credit {
    std::string customer;
    Money money;
    std::int64_t expires_ms = 0;  // in the future: else invalid_argument "credit.expires"
  };
  Result<MoneyAct> give_credit(const Order& order, const Credit& credit);
  struct Adjustment {
    Currency currency;
    std::vector<Posting> postings;
    std::optional<std::uint64_t> refers = {};
  };
  Result<MoneyAct> adjust(const Order& order, const Adjustment& adjustment);
  struct RefundOrder {
    std::uint64_t call = 0;           // its entry
    std::optional<Nano> amount = {};  // nothing: all that is left
    Bearer bearer = Bearer::all;
  };
  // not_found "ledger.no_entry"; those of Teller::refund.
  Result<MoneyAct> refund(const Order& order, const RefundOrder& wanted);
  // Writes off credits that are over, gives reserves back that are due, ends what was begun.
  Result<void> tick();

  // ---- the end of a month: settlement_months.cpp
  // Statements of all parties and invoices of all customers, then guarantees, reserves and what covers debts, which
  // stand in the next month's. failed_precondition "month.open": it is not over (for five minutes); "month.closed";
  // "month.order": another comes before it.
  struct Closing {
    ClosedMonth month;
    std::size_t statements = 0, invoices = 0, acts = 0;
  };
  Result<Closing> close_month(const Order& order, const Month& month);
  Result<std::vector<ClosedMonth>> months(const Page& page);
  struct DocumentFilter {
    IssuedKind kind = IssuedKind::statement;
    std::string party = {}, month = {};  // empty: any
  };
  // Without their notes; page.after: a number.
  Result<std::vector<IssuedDocument>> documents(const DocumentFilter& filter, const Page& page);
  // not_found "statement.unknown", "invoice.unknown".
  Result<IssuedDocument> document(IssuedKind kind, std::uint64_t number);

  // ---- payouts: settlement_payouts.cpp
  // invalid_argument "payout.iban", "payout.terms", "payee.party".
  Result<Payee> set_payee(const Order& order, const Payee& payee);
  // Empty: no more. not_found "payee.unknown".
  Result<Payee> hold_payee(const Order& order, std::string_view party, std::string_view because);
  Result<std::vector<Payee>> payees(const Page& page);
  // What statements say is owed, for each party: held and why, or submitted. What a run before left is submitted first.
  struct Run {
    std::vector<PayoutRecord> payouts;  // that changed
    std::vector<std::string> failures;  // of the provider
  };
  Result<Run> run_payouts(const Order& order);
  // The bank has paid: the entry. failed_precondition "payout.state".
  Result<PayoutRecord> settle_payout(const Order& order, std::string_view id);
  // It will not be paid, or came back after it was; it is owed again. The same.
  Result<PayoutRecord> fail_payout(const Order& order, std::string_view id);
  Result<PayoutRecord> return_payout(const Order& order, std::string_view id);
  struct PayoutFilter {
    std::string party = {}, state = {};
  };
  Result<std::vector<PayoutRecord>> payouts(const PayoutFilter& filter, const Page& page);
  Result<PayoutRecord> payout(std::string_view id);  // not_found "payout.unknown"

  // ---- reading
  struct Wallet {
    PayingCustomer terms;
    Balance account, promo;
    std::vector<PromoCredit> credits;  // that are not over
  };
  Result<Wallet> wallet(std::string_view customer);
  Result<std::vector<MoneyAct>> acts(const ActFilter& filter, const Page& page);
  Result<std::vector<registry::AuditLine>> audit(std::int64_t before, std::size_t most, std::string_view subject);
  Result<registry::AuditHead> examine();

 private:
  struct Writing;
  Settlement(SettlementParts parts, database::Connection connection, database::Connection reading)
      : parts_(std::move(parts)), connection_(std::move(connection)), reading_(std::move(reading)) {}
  template <class Read>
  auto read(Read&& read) -> decltype(read(std::declval<database::Connection&>())) {
    const std::lock_guard lock(reading_mutex_);
    return read(reading_);
  }
  Result<void> check_order(const Order& order) const;
  Result<PayingCustomer> customer_terms(std::string_view customer) const;
  Result<Entry> entry_at(std::uint64_t number) const;
  MoneyAct new_act(const Order& order, ActKind kind, Currency currency) const;
  Balance balance_of_account(std::string_view account, Currency currency) const;
  // The act of that token where there was one; else write() writes what goes along with the new one.
  Result<MoneyAct> perform(const Order& order, MoneyAct act, const std::function<Result<void>()>& write);
  // may_be_there: look first whether it was booked before.
  Result<MoneyAct> finish(MoneyAct act, bool may_be_there);
  Result<void> keep_outcome(const MoneyAct& act);
  Result<void> book_act(MoneyAct& act);
  Result<void> find_entries(MoneyAct& act) const;
  Result<void> end_intended();
  // What the month's end brings, as acts that are written and not booked yet.
  Result<std::vector<MoneyAct>> write_month_end(const Month& month, const MonthBooks& books,
                                                const std::vector<Statement>& statements);
  Result<void> expire_credits();
  Result<void> release_reserves();
  Result<std::optional<PayoutRecord>> next_payout(const IssuedDocument& statement,
                                                  const std::vector<PayoutRecord>& held);
  Result<void> submit_scheduled(const Order& order, Run& run);
  Result<PayoutRecord> move_money(const Order& order, std::string_view id, ActKind kind);

  const SettlementParts parts_;
  std::mutex mutex_, reading_mutex_;
  database::Connection connection_;  // Lock: mutex_
  database::Connection reading_;     // Lock: reading_mutex_
};

}  // namespace stoa::licensing
