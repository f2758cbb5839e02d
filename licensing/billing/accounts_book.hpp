// accounts_book.hpp: what all entries so far come to, and what the next call costs: the same whether calls are served
// or the journal is read again. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "licensing/agreement/waterfall.hpp"
#include "licensing/billing/billing_terms.hpp"
#include "licensing/ledger/balances.hpp"
#include "licensing/ledger/entry.hpp"
#include "licensing/money/split.hpp"

namespace stoa::licensing {

// A call that was served, before it is priced.
struct ServedCall {
  std::string_view customer, model, version;
  Sha256 package{};
  Outcome outcome = Outcome::complete;
  std::vector<Quantity> quantities;
  std::int64_t happened_ms = 0;
  CallParty party;
};

// Thread: one at a time.
// Invariant: what it comes to depends on the entries and their order alone. Pricing a call and booking it are one step,
// because the next call's price depends on it.
class AccountsBook {
 public:
  explicit AccountsBook(const BillingTerms& terms) : terms_(&terms) {}
  // Later calls go by these. Old price lists and agreements stay in them. Lifetime: views terms.
  void set_terms(const BillingTerms& terms) { terms_ = &terms; }

  // The most that such a call can cost with tax, held back on the customer's account. Errors: failed_precondition
  // "billing.no_price", "billing.no_customer"; resource_exhausted "billing.no_funds", with the amounts.
  struct CallHold {
    Currency currency;
    Hold hold;
  };
  Result<CallHold> hold(std::string_view customer, std::string_view model, std::span<const Quantity> at_most,
                        std::int64_t now_ms);
  void release(const CallHold& hold);

  // Prices the call, shares it out, and books it; the hold ends. The entry is what goes into the journal. Errors:
  // out_of_range "money.overflow", "meter.overflow"; those of hold: nothing was booked then, and the hold is open.
  Result<Entry> settle(const ServedCall& call, const CallHold* hold, std::int64_t now_ms);

  // Gives back of a call what the customer paid, or a part of it: each account that got something of it gives its
  // share, and all of them together exactly what they got once everything is given back. number: of the call's entry.
  // Tiers stay where they are. Errors: failed_precondition "refund.not_a_call"; out_of_range "refund.too_much".
  Result<Entry> refund(std::uint64_t number, const Entry& call, Nano amount, std::string reason, std::int64_t now_ms);
  // What of a call can still be given back, tax included.
  Nano refundable(std::uint64_t number, const Entry& call) const;

  // An entry that was booked before. Errors: data_loss "audit.differs": a call's entry is another than settle() would
  // have made, with the first difference; those of Balances.
  Result<void> replay(const Entry& entry);
  // Of an entry that is no call's.
  Result<void> book(const Entry& entry);

  const Balances* balances(Currency currency) const;
  // Used of a meter in the price list's period that now_ms lies in.
  std::uint64_t used(std::string_view customer, std::string_view price_list, std::string_view meter,
                     std::int64_t now_ms) const;
  const WaterfallState* waterfall(std::string_view agreement) const;

 private:
  struct Used {
    std::int64_t period_start_ms = 0;
    std::uint64_t units = 0;
    Nano charged = 0;  // for them
  };
  struct Priced {
    Nano gross = 0, tax = 0;
    std::int64_t tax_carried = 0;
    std::vector<std::pair<std::string, Used>> used;  // as it is after the call
  };
  struct Found {
    const PayingCustomer* customer;
    const PriceList* list;
    const Agreement* agreement;
  };
  Result<Found> find(std::string_view customer, std::string_view model) const;
  static Result<Nano> charge(const MeterPrice& meter, Used& used, std::uint64_t units);
  Result<Priced> price(const Found& found, std::span<const Quantity> quantities, std::int64_t at_ms, bool worst) const;
  Result<Entry> make_entry(const Found& found, const ServedCall& call, const Priced& priced, Waterfall& waterfall,
                           std::int64_t now_ms) const;
  Result<Entry> settle_as(const Found& found, const ServedCall& call, const CallHold* hold, std::int64_t now_ms);
  struct Returned {
    std::vector<std::size_t> postings;  // of the call, those that got something
    Refund refund;
  };
  Returned returned(std::uint64_t number, const Entry& call) const;
  void note_refund(const Entry& refund);
  Balances& balances_in(Currency currency);
  static std::string used_name(std::string_view customer, std::string_view list, std::string_view meter);

  const BillingTerms* terms_;
  std::map<Currency, Balances> balances_;
  std::map<std::string, Used, std::less<>> used_;
  std::map<std::string, WaterfallState, std::less<>> waterfalls_;
  std::map<std::string, std::int64_t, std::less<>> tax_carried_;   // by customer
  std::map<std::uint64_t, std::map<std::string, Nano>> returned_;  // by call and account
};

}  // namespace stoa::licensing
