// publisher_audit.hpp: what a publisher's entries come to, worked out from what it was given and nothing else.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "licensing/agreement/waterfall.hpp"
#include "licensing/billing/billing_terms.hpp"
#include "licensing/ledger/entry.hpp"

namespace stoa::licensing {

// Prices and shares each call anew, by the terms that it names, from public halves alone: what AccountsBook does with
// whole entries. Rationale: a second way to the same figures, which shares the arithmetic of prices and splits with the
// first and none of its state. What it cannot know: a customer's tax rate, and calls of other publishers.
// Thread: one at a time.
class PublisherAudit {
 public:
  // An earlier entry of the same publisher by its number; errors are passed on, not_found is a difference.
  using ReadEntry = std::function<Result<Entry>(std::uint64_t number)>;
  // Lifetime: views terms.
  PublisherAudit(std::string publisher, const BillingTerms& terms, ReadEntry read_entry);

  // In their order, from the first. total: what the host says that the publisher is owed then. Errors: data_loss
  // "audit.differs" with the first difference; those of read_entry.
  Result<void> add(std::uint64_t number, const Entry& entry, Nano total);

  struct Counts {
    std::uint64_t entries = 0;
    std::uint64_t calls = 0, refunds = 0;  // worked out anew
    std::uint64_t others = 0;              // payouts, adjustments, shares of other publishers' calls: only summed up
    std::map<Currency, Nano> gross = {};   // of the calls
    std::map<Currency, Nano> owed = {};    // to the publisher, now
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Used {
    std::int64_t period_start_ms = 0;
    std::uint64_t units = 0;
    Nano charged = 0;
  };
  struct Payer {  // one payer by one price list
    std::shared_ptr<const PriceList> list;
    std::vector<Used> used;  // of each of its meters
  };
  struct Shares {
    std::shared_ptr<const Agreement> agreement;
    Waterfall waterfall;
    std::array<std::string, 4> step_accounts;  // of the steps before the parties
    std::vector<std::string> accounts;         // of the parties
    const std::string& account_of(const Allotment& part) const {
      return part.step == Step::party ? accounts[part.party] : step_accounts[static_cast<std::size_t>(part.step)];
    }
  };
  Result<Payer*> payer_of(const Usage& usage);
  Result<Shares*> shares_of(const Usage& usage);
  static Result<Nano> charge(Payer& payer, const Usage& usage, std::int64_t at_ms);
  Result<void> add_call(const Entry& entry);
  Result<void> add_refund(const Entry& entry);
  Result<void> add_total(const Entry& entry, Nano total);
  bool is_own(const Entry& call) const;

  const std::string publisher_, account_;
  const BillingTerms& terms_;
  const ReadEntry read_entry_;
  std::unordered_map<std::string, Payer> payers_;                    // by payer and price list
  std::unordered_map<std::string, std::unique_ptr<Shares>> shares_;  // by agreement
  std::map<std::uint64_t, std::map<std::string, Nano>> returned_;    // by call and account
  std::uint64_t next_ = 0;                                           // numbers below it were seen
  Counts counts_;
  std::string name_;                   // used again
  std::vector<Allotment> allotments_;  // used again
};

}  // namespace stoa::licensing
