// rules.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/verification/rules.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "licensing/money/wide.hpp"

namespace stoa::licensing {
namespace {

std::unexpected<Error> broken_rule(std::string_view reason, std::string message) {
  return failure(Code::data_loss, std::string(reason), std::move(message));
}

Flaw flaw_of_all(std::string_view reason, std::string message) { return {{}, std::string(reason), std::move(message)}; }

class SumRule final : public Rule {
 public:
  SumRule() : Rule("I1", "every entry sums to zero, of accounts that there are") {}

 private:
  Result<void> check(const SeenEntry& seen) override {
    // A call that costs nothing moves nothing.
    const auto& usage = seen.entry.usage;
    const bool moves_nothing = seen.entry.postings.empty() && usage && usage->gross == 0 && usage->tax == 0;
    return moves_nothing ? Result<void>() : check_entry(seen.entry);
  }
};

class FormRule final : public Rule {
 public:
  FormRule() : Rule("I3", "every served call is one entry, with what was used and by whom") {}

 private:
  Result<void> check(const SeenEntry& seen) override {
    const Entry& entry = seen.entry;
    const bool is_call = entry.kind == EntryKind::usage;
    if (is_call != entry.usage.has_value() || (is_call && !entry.party))
      return broken_rule("entry.form", is_call ? "a call's entry lacks what was used, or by whom"
                                               : "an entry that is no call's has what only calls have");
    if (is_call && entry.refers) return broken_rule("entry.form", "a call's entry refers to another");
    return {};
  }
};

class OnceRule final : public Rule {
 public:
  OnceRule() : Rule("I4", "no customer's idempotency key is charged twice") {}

 private:
  Result<void> check(const SeenEntry& seen) override {
    const auto& party = seen.entry.party;
    if (!party || party->idempotency_key.empty()) return {};
    count(++keys_);
    const auto [known, is_new] = numbers_.try_emplace({party->customer, party->idempotency_key}, seen.number);
    if (is_new) return {};
    return broken_rule("idempotency.twice", fmt::format("customer '{}', key '{}': entry {} has charged it before",
                                                        party->customer, party->idempotency_key, known->second));
  }
  bool counts_entries() const override { return false; }
  std::uint64_t keys_ = 0;
  std::map<std::pair<std::string, std::string>, std::uint64_t> numbers_;
};

// As the entries say; that they say what their terms come to is SplitRule's.
class OverdraftRule final : public Rule {
 public:
  OverdraftRule() : Rule("I6", "no account that may not run dry has less than nothing after any entry") {}

 private:
  Result<void> check(const SeenEntry& seen) override {
    Balances& balances = balances_.try_emplace(seen.entry.currency, seen.entry.currency).first->second;
    auto applied = balances.apply(seen.entry);
    // What else is wrong with an entry is another rule's.
    if (applied || applied.error().reason == "ledger.overdraft") return applied;
    return {};
  }
  std::map<Currency, Balances> balances_;
};

// Prices and shares worked out again, to the unit. What an agreement still owes each party of what it shared out is
// what the party is away from exact, in millionths of a unit.
class SplitRule final : public Rule {
 public:
  explicit SplitRule(const BillingTerms& terms)
      : Rule("I7", "prices, taxes and shares are what the terms come to, to the unit, each party within 1.15 of exact"),
        book_(terms) {}

 private:
  Result<void> check(const SeenEntry& seen) override {
    // What is wrong with an entry that is no call's is another rule's.
    const auto replayed = book_.replay(seen.entry);
    if (seen.entry.kind != EntryKind::usage) return {};
    if (!replayed) return replayed;
    const WaterfallState* const state = book_.waterfall(seen.entry.usage->agreement);
    constexpr std::int64_t kMost = 1'150'000;
    if (state && std::ranges::any_of(state->remainders, [](std::int64_t left) { return std::abs(left) > kMost; }))
      return broken_rule("split.bounds", fmt::format("agreement '{}': a party is more than 1.15 units from exact",
                                                     seen.entry.usage->agreement));
    return {};
  }
  AccountsBook book_;
};

// A book of its own, so that it says what it has to say whatever the other rules found.
class BookRule final : public Rule {
 public:
  explicit BookRule(const VerificationSources& sources)
      : Rule("I2", "balances, used units and carried remainders that were kept are what the entries come to"),
        saved_(sources.book),
        book_(*sources.terms) {
    if (!saved_) was_not_checked();
  }

 private:
  Result<void> check(const SeenEntry& seen) override {
    if (!saved_ || seen.number >= saved_->entries) return {};
    // An entry that its terms do not come to is booked by its terms, here and in the teller: other rules tell of it.
    (void)book_.replay(seen.entry);
    count(seen.number + 1);
    return {};
  }
  std::optional<Flaw> check_end() override {
    if (!saved_ || book_.state() == saved_->state) return {};
    return flaw_of_all("book.differs", fmt::format("the book of {} entries holds something else: {}", saved_->entries,
                                                   first_difference()));
  }
  bool counts_entries() const override { return false; }
  std::string first_difference() const;

  const std::optional<SavedBook>& saved_;
  AccountsBook book_;
};

// What of it people can compare: an account.
std::string BookRule::first_difference() const {
  const BillingTerms none;
  AccountsBook theirs(none);
  // Balances come first: they are read before what follows needs terms.
  (void)theirs.restore(saved_->state);
  for (const char* const code : {"EUR", "USD", "GBP", "CHF", "JPY"}) {
    const Currency currency = *Currency::parse(code);
    const Balances *const ours = book_.balances(currency), *const kept = theirs.balances(currency);
    if (!ours || !kept) continue;
    for (const auto& [name, balance] : ours->all()) {
      const Balance other = kept->balance(name);
      if (other.debits != balance.debits || other.credits != balance.credits)
        return fmt::format("account '{}' {}: debits {} and credits {}, the entries come to {} and {}", name, code,
                           amount_text(other.debits), amount_text(other.credits), amount_text(balance.debits),
                           amount_text(balance.credits));
    }
  }
  return "used units, remainders, or another account";
}

class LogRule final : public Rule {
 public:
  explicit LogRule(const VerificationSources& sources)
      : Rule("I9", "the log's root is that of the journal's first entries"), checkpoint_(sources.checkpoint) {
    if (!checkpoint_) was_not_checked();
  }

 private:
  Result<void> check(const SeenEntry& seen) override {
    if (!checkpoint_ || frontier_.size() == checkpoint_->head.size) return {};
    const auto opened = open_record(seen.record);
    if (!opened) return std::unexpected(opened.error());
    const Sha256 commitment = entry_commitment(*opened);
    frontier_.append(leaf_hash({reinterpret_cast<const char*>(commitment.data()), commitment.size()}));
    count(frontier_.size());
    return {};
  }
  std::optional<Flaw> check_end() override {
    if (!checkpoint_) return {};
    const TreeHead& head = checkpoint_->head;
    if (frontier_.size() < head.size)
      return flaw_of_all("log.ahead",
                         fmt::format("the log holds {} entries, the journal {}", head.size, frontier_.size()));
    const Sha256 root = frontier_.size() == 0 ? empty_root() : frontier_.root();
    if (root == head.root) return {};
    return flaw_of_all("log.root", fmt::format("of {} entries: the checkpoint says {}, the journal comes to {}",
                                               head.size, registry::to_hex(head.root), registry::to_hex(root)));
  }
  bool counts_entries() const override { return false; }
  const std::optional<Checkpoint>& checkpoint_;
  Frontier frontier_;
};

class StatementRule final : public Rule {
 public:
  explicit StatementRule(const VerificationSources& sources)
      : Rule("I11", "statements say what the entries come to"), issued_(sources.statements) {
    for (const Statement& one : issued_) builders_.emplace_back(one.party, one.currency, one.from_ms, one.until_ms);
    if (issued_.empty()) was_not_checked();
  }

 private:
  Result<void> check(const SeenEntry& seen) override {
    for (std::size_t i = 0; i < issued_.size(); ++i)
      if (seen.number < issued_[i].head.size)
        if (auto added = builders_[i].add(seen.number, seen.entry); !added) return added;
    return {};
  }
  std::optional<Flaw> check_end() override {
    for (std::size_t i = 0; i < issued_.size(); ++i) {
      count(i + 1);
      if (auto same = licensing::compare(issued_[i], builders_[i].finish(issued_[i].head)); !same)
        return flaw_of_all(same.error().reason,
                           fmt::format("{} from {}: {}", issued_[i].party, issued_[i].from_ms, same.error().message));
    }
    return {};
  }
  bool counts_entries() const override { return false; }
  const std::vector<Statement>& issued_;
  std::vector<StatementBuilder> builders_;
};

}  // namespace

void Rule::see(const SeenEntry& seen) {
  if (verdict_.flaw) return;
  if (counts_entries()) ++verdict_.checked;
  if (auto fine = check(seen); !fine) verdict_.flaw = Flaw{seen.number, fine.error().reason, fine.error().message};
}

void Rule::end() {
  if (verdict_.flaw) return;
  verdict_.flaw = check_end();
}

std::vector<std::unique_ptr<Rule>> rules_of(const VerificationSources& sources) {
  std::vector<std::unique_ptr<Rule>> rules;
  rules.push_back(std::make_unique<SumRule>());
  rules.push_back(std::make_unique<BookRule>(sources));
  rules.push_back(std::make_unique<FormRule>());
  rules.push_back(std::make_unique<OnceRule>());
  rules.push_back(std::make_unique<OverdraftRule>());
  rules.push_back(std::make_unique<SplitRule>(*sources.terms));
  rules.push_back(std::make_unique<LogRule>(sources));
  rules.push_back(std::make_unique<StatementRule>(sources));
  return rules;
}

RefundRule::RefundRule() : Rule("I8", "what is refunded of a call mirrors it: nobody gives back more than it got") {}

Result<void> RefundRule::check(const SeenEntry& seen) {
  const Entry& entry = seen.entry;
  if (entry.kind != EntryKind::refund) return {};
  count(refunds_.size());
  if (!entry.refers || *entry.refers >= seen.number)
    return broken_rule("refund.not_a_call", "a refund refers to no earlier entry");
  refunds_[*entry.refers].push_back({seen.number, entry.postings});
  return {};
}

void RefundRule::see_call(std::uint64_t number, const Entry& call) {
  std::map<std::string, Wide> left;  // of the call, on the side it was posted
  for (const Posting& posting : call.postings) left[posting.account] += posting.amount;
  for (const SeenRefund& refund : refunds_.at(number)) {
    const auto note = [&](std::string_view reason, std::string message) {
      flaws_.emplace(refund.number, Flaw{refund.number, std::string(reason), std::move(message)});
    };
    if (call.kind != EntryKind::usage) return note("refund.not_a_call", fmt::format("entry {} is no call", number));
    for (const Posting& posting : refund.postings) {
      const auto known = left.find(posting.account);
      const Wide rest = known == left.end() ? 0 : known->second, after = rest + posting.amount;
      const bool mirrors = rest > 0 ? posting.amount < 0 && after >= 0 : posting.amount > 0 && after <= 0;
      if (!mirrors)
        return note("refund.too_much",
                    fmt::format("account '{}': {} is posted, {} of entry {} is left to give back", posting.account,
                                amount_text(posting.amount), amount_text(static_cast<Nano>(-rest)), number));
      known->second = after;
    }
  }
}

std::optional<Flaw> RefundRule::check_end() {
  return flaws_.empty() ? std::nullopt : std::optional(flaws_.begin()->second);
}

}  // namespace stoa::licensing
