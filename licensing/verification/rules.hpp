// rules.hpp: the rules that are checked entry by entry, each until it finds a flaw.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/billing/accounts_book.hpp"
#include "licensing/ledger/balances.hpp"
#include "licensing/ledger/entry_codec.hpp"
#include "licensing/log/merkle.hpp"
#include "licensing/verification/verification.hpp"

namespace stoa::licensing {

struct SeenEntry {
  std::uint64_t number;
  std::string_view record;
  const Entry& entry;
};

// Thread: one at a time, entries in their order.
class Rule {
 public:
  virtual ~Rule() = default;
  // Until there is a flaw.
  void see(const SeenEntry& seen);
  // After the last entry.
  void end();
  RuleVerdict verdict() const { return verdict_; }

 protected:
  Rule(std::string_view rule, std::string_view says) : verdict_{std::string(rule), std::string(says)} {}
  virtual Result<void> check(const SeenEntry& seen) = 0;
  virtual std::optional<Flaw> check_end() { return {}; }
  void was_not_checked() { verdict_.was_checked = false; }
  // Of one that counts something else than entries.
  void count(std::uint64_t checked) { verdict_.checked = checked; }
  virtual bool counts_entries() const { return true; }

 private:
  RuleVerdict verdict_;
};

// All of them, but I2's projection, I5 and I8. Lifetime: views sources.
std::vector<std::unique_ptr<Rule>> rules_of(const VerificationSources& sources);

// I8, after all others: calls that were refunded are read a second time.
class RefundRule final : public Rule {
 public:
  RefundRule();
  bool is_needed() const { return !refunds_.empty(); }
  bool wants(std::uint64_t number) const { return refunds_.contains(number); }
  // The call of a refund, once all refunds were seen.
  void see_call(std::uint64_t number, const Entry& call);

 private:
  struct SeenRefund {
    std::uint64_t number;
    std::vector<Posting> postings;
  };
  Result<void> check(const SeenEntry& seen) override;
  std::optional<Flaw> check_end() override;
  bool counts_entries() const override { return false; }
  std::map<std::uint64_t, std::vector<SeenRefund>> refunds_;  // by the call's number
  std::map<std::uint64_t, Flaw> flaws_;                       // by the refund's
};

}  // namespace stoa::licensing
