// accounts_book.hpp: what all entries so far come to, and what the next call costs: the same whether calls are served
// or the journal is read again. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "licensing/agreement/waterfall.hpp"
#include "licensing/billing/billing_terms.hpp"
#include "licensing/billing/list_use.hpp"
#include "licensing/ledger/balances.hpp"
#include "licensing/ledger/entry_codec.hpp"
#include "licensing/money/split.hpp"

namespace stoa::licensing {

class StateReader;
class StateWriter;

// A call that was served, before it is priced. Views what it says.
struct ServedCall {
  std::string_view customer, model, version;
  Sha256 package{};
  Outcome outcome = Outcome::complete;
  std::span<const Quantity> quantities;
  std::int64_t happened_ms = 0;
  const CallParty* party = nullptr;  // not null
};

// What a call used; or may use at most, before it runs.
class UnitsByMeter {
 public:
  virtual std::uint64_t units_of(std::string_view meter) const = 0;  // prompt; asked once for each meter with a price

 protected:
  ~UnitsByMeter() = default;
};

// Thread: one at a time.
// Invariant: what it comes to depends on the entries and their order alone. Pricing a call and booking it are one step,
// because the next call's price depends on it. Rationale: what a customer's calls of a model have in common (accounts,
// prices, shares) is looked up once and kept, so that booking a call adds numbers and allocates nothing.
class AccountsBook {
  struct Plan;
  struct Payer;

 public:
  explicit AccountsBook(const BillingTerms& terms) : terms_(&terms) {}
  AccountsBook(const AccountsBook&) = delete;
  // Later calls go by these. Lifetime: views terms.
  void set_terms(const BillingTerms& terms);

  // From now on the most that this call and the customer's others under way can cost together, with tax, is held back
  // on what the customer was given, and for the rest on its account. happened_ms: as the call will be settled by.
  // Errors: failed_precondition "billing.no_price", "billing.terms" (there is one, and it cannot be used),
  // "billing.no_customer"; resource_exhausted "billing.no_funds", with the amounts.
  struct CallHold {
    Payer* payer = nullptr;
    std::shared_ptr<Plan> plan = {};  // what was held by is what is charged by, whatever the terms are by then
    MeterUnits units = {};            // at most
    std::int64_t period_start_ms = 0;
    const PriceList* prices = nullptr;  // the plan's
  };
  Result<CallHold> hold(std::string_view customer, std::string_view model, const UnitsByMeter& at_most,
                        std::int64_t happened_ms);
  Result<CallHold> hold(std::string_view customer, std::string_view model, std::span<const Quantity> at_most,
                        std::int64_t happened_ms);
  void release(const CallHold& hold);

  // Prices the call, shares it out, and books it by the terms of its hold, which ends; without one, which is for who
  // has no calls under way, by those of now. A call uses no more than it was held for: then what is held covers it. The
  // entry is what goes into the journal: a view that is good until the next act, and as long as call is. Errors:
  // out_of_range "money.overflow", "meter.overflow"; without a hold those of hold and Balances::post: nothing was
  // booked then, and the hold is open.
  Result<EntryView> settle(const ServedCall& call, const CallHold* hold, std::int64_t now_ms);

  // Gives back of a call what the customer paid, or a part of it: each account that got something of it gives its
  // share, and all of them together exactly what they got once everything is given back; wallet and promo get theirs
  // back likewise. number: of the call's entry.
  // Tiers stay where they are. Errors: failed_precondition "refund.not_a_call"; out_of_range "refund.too_much".
  Result<Entry> refund(std::uint64_t number, const Entry& call, Nano amount, std::string reason, std::int64_t now_ms);
  // What of a call can still be given back, tax included.
  Nano refundable(std::uint64_t number, const Entry& call) const;

  // An entry that was booked before. Errors: data_loss "audit.differs": a call's entry is another than settle() would
  // have made, with the first difference; those of Balances.
  Result<void> replay(const Entry& entry);
  // Of an entry that is no call's.
  Result<void> book(const Entry& entry);

  // All of it but open holds, as bytes: of two books that came to the same they are the same. restore: into a book that
  // has seen nothing; terms are those of then, or later ones. Error: data_loss "book.state": not what state() wrote, or
  // of terms that are not there; the book is of no use then.
  std::string state() const;
  Result<void> restore(std::string_view state);

  const Balances* balances(Currency currency) const;
  // Used of a meter in the price list's period that now_ms lies in.
  std::uint64_t used(std::string_view customer, std::string_view price_list, std::string_view meter,
                     std::int64_t now_ms) const;
  const WaterfallState* waterfall(std::string_view agreement) const;

 private:
  struct NameHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  template <class Value>
  using ByName = std::unordered_map<std::string, Value, NameHash, std::equal_to<>>;

  // An agreement at work, and the accounts of those who earn by it.
  struct Earnings {
    std::shared_ptr<const Agreement> agreement;
    Waterfall waterfall;
    AccountNo processing{}, platform_fee{}, referral{}, recoupment{};
    std::vector<AccountNo> parties = {};
  };
  // What is held back on one account of a customer and on its promo, for all calls under way that it pays for. A
  // customer has one, unless it paid otherwise when some of them began.
  struct Pool {
    Balances* balances = nullptr;
    bool pays_ahead = true;
    Hold on_account, on_promo;
    std::uint32_t calls = 0;
    std::uint32_t tax_ppm = 0;  // the highest of theirs
  };
  // A customer's calls of a model by one price and one agreement.
  struct Plan {
    std::shared_ptr<const PriceList> list;
    ListUse* use = nullptr;  // all models of that list count together
    Earnings* earnings = nullptr;
    Balances* balances = nullptr;
    Pool* pool = nullptr;
    AccountNo account{}, promo{}, tax{};
    std::uint32_t tax_ppm = 0;
    Usage usage = {};  // what is the same for each call is there already
  };
  struct Payer {
    PayingCustomer terms;
    std::int64_t tax_carried = 0;
    Nano held = 0;             // of all lists, without tax
    ByName<ListUse> use = {};  // by price list
    std::deque<Pool> pools = {};
    ByName<std::shared_ptr<Plan>> plans = {};  // by model, as the terms are now
    ByName<std::unique_ptr<Plan>> past = {};   // of entries that are read again: by model and versions
  };
  struct Priced {
    Nano gross = 0, tax = 0, whole = 0;
    std::int64_t tax_carried = 0;
    std::vector<UsedUnits> used = {};  // as it is after the call
  };
  struct Returned {
    std::vector<std::size_t> postings;  // of the call, those of one side
    Refund refund;
  };
  enum class Part : std::uint8_t { earners, payers };

  Result<Payer*> payer_of(std::string_view customer);
  Result<std::shared_ptr<Plan>> plan_of(Payer& payer, std::string_view model);
  Result<Plan*> plan_then(Payer& payer, const Usage& usage);
  Result<std::unique_ptr<Plan>> make_plan(Payer& payer, const PayingCustomer& by, std::string_view model,
                                          std::string_view list, std::string_view agreement);
  Result<Earnings*> earnings_of(const std::shared_ptr<const Agreement>& agreement, Balances& balances);
  static Pool* pool_of(Payer& payer, const PayingCustomer& by, const Plan& plan);
  static Result<Nano> charge(const MeterPrice& meter, UsedUnits& used, std::uint64_t units);
  // Into priced_.
  Result<void> price(const Payer& payer, const Plan& plan, const ServedCall& call);
  // from_promo: what of it an entry says that the promo paid; nothing: as much as there is.
  Result<EntryView> settle_by(Payer& payer, Plan& plan, const ServedCall& call, const CallHold* hold,
                              std::int64_t now_ms, std::optional<Nano> from_promo = {});
  static Nano promo_left(const Plan& plan);  // with what is held for its pool
  // The pools of a customer, as its calls under way want them now. Error: "billing.no_funds".
  static Result<void> begin(const CallHold& hold);
  static void end(const CallHold& hold);
  static Result<void> hold_for(Payer& payer, ListUse& use, const PriceList& prices);
  static Result<void> resize(const Payer& payer, Pool& pool);
  static Result<Nano> wanted(const Payer& payer, const Pool& pool);
  void fill_usage(Plan& plan, const ServedCall& call) const;
  Balances& balances_in(Currency currency);
  Returned returned(std::uint64_t number, const Entry& call, Part part) const;
  void note_refund(const Entry& refund);
  void write_balances(StateWriter& out) const;
  void write_payers(StateWriter& out) const;
  void write_earnings(StateWriter& out) const;
  Result<void> read_balances(StateReader& in);
  Result<void> read_payers(StateReader& in);
  Result<void> read_earnings(StateReader& in);

  const BillingTerms* terms_;
  std::map<Currency, Balances> balances_;
  ByName<Payer> payers_;
  ByName<std::unique_ptr<Earnings>> earnings_;
  std::map<std::uint64_t, std::map<std::string, Nano>> returned_;  // by call and account

  // Used again by each act.
  Priced priced_;
  std::vector<Allotment> allotments_;
  std::vector<Leg> legs_;
  std::vector<PostingView> postings_;
  WaterfallState before_;
};

}  // namespace stoa::licensing
