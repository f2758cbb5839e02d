// balances.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/ledger/balances.hpp"

#include <fmt/format.h>

#include <cassert>
#include <vector>

#include "licensing/money/wide.hpp"

namespace stoa::licensing {
namespace {

// Both sides only grow, and each is at least 0: their difference always fits.
Nano free_of(const Balance& balance, Side grows) { return balance_of(balance, grows) - balance.held; }

std::unexpected<Error> overdraft(std::string_view account, Nano wanted, Nano there) {
  return failure(
      Code::resource_exhausted, "ledger.overdraft",
      fmt::format("account '{}': {} is wanted, {} is there", account, amount_text(wanted), amount_text(there)));
}

}  // namespace

Nano balance_of(const Balance& balance, Side grows) {
  return grows == Side::debit ? balance.debits - balance.credits : balance.credits - balance.debits;
}

Result<AccountNo> Balances::open(std::string_view account) {
  if (const auto known = numbers_.find(account); known != numbers_.end()) return known->second;
  auto kind = kind_of_account(account);
  if (!kind) return std::unexpected(kind.error());
  const auto number = AccountNo{static_cast<std::uint32_t>(accounts_.size())};
  accounts_.push_back({std::string(account), *kind, {}});
  numbers_.emplace(account, number);
  return number;
}

// What the account would be after a posting that ends a hold of it.
Result<Balance> Balances::posted(const Account& account, Nano amount, Nano released) {
  Balance after = account.balance;
  after.held -= released;
  auto& side = amount > 0 ? after.debits : after.credits;
  auto grown = amount > 0 ? plus(side, amount) : minus(side, amount);
  if (!grown) return std::unexpected(grown.error());
  side = *grown;
  const bool takes = (amount > 0) != (account.kind->grows == Side::debit);
  if (takes && !account.kind->may_overdraw && free_of(after, account.kind->grows) < 0)
    return overdraft(account.name, amount > 0 ? amount : -amount,
                     free_of(account.balance, account.kind->grows) + released);
  return after;
}

Result<void> Balances::apply(const Entry& entry, const Hold* capture) {
  if (auto fine = check_entry(entry); !fine) return fine;
  if (entry.currency != currency_)
    return failure(Code::failed_precondition, "ledger.currency",
                   fmt::format("entry: is in {}, and this ledger in {}", entry.currency.code(), currency_.code()));
  std::vector<Leg> legs;
  for (const Posting& posting : entry.postings) {
    const auto account = open(posting.account);
    if (!account) return std::unexpected(account.error());
    legs.push_back({*account, posting.amount});
  }
  return post(legs, capture ? std::span<const Hold>(capture, 1) : std::span<const Hold>());
}

Result<void> Balances::post(std::span<const Leg> legs, std::span<const Hold> captures) {
  assert(legs.size() <= kPostingsMax && captures.size() <= 8);
  after_.clear();
  unsigned captured = 0;  // a bit for each
  Nano sum = 0;
  for (std::size_t i = 0; i < legs.size(); ++i) {
    Nano released = 0;
    for (std::size_t c = 0; c < captures.size(); ++c) {
      if (captures[c].account != legs[i].account) continue;
      released += captures[c].amount;
      captured |= 1u << c;
    }
    auto balance = posted(at(legs[i].account), legs[i].amount, released);
    if (!balance) return std::unexpected(balance.error());
    after_.push_back(*balance);
    if (__builtin_add_overflow(sum, legs[i].amount, &sum))
      return failure(Code::out_of_range, "money.overflow", "postings: they sum to more than 64 bits hold");
  }
  if (sum != 0)
    return failure(Code::invalid_argument, "ledger.sum",
                   fmt::format("postings: they sum to {}, and not to zero", amount_text(sum)));
  for (std::size_t i = 0; i < legs.size(); ++i) at(legs[i].account).balance = after_[i];
  for (std::size_t c = 0; c < captures.size(); ++c)
    if ((captured >> c & 1u) == 0) release(captures[c]);
  return {};
}

Result<Hold> Balances::hold(AccountNo account, Nano amount) {
  assert(amount >= 0);
  Account& from = at(account);
  const Nano there = free_of(from.balance, from.kind->grows);
  if (!from.kind->may_overdraw && there < amount) return overdraft(from.name, amount, there);
  auto held = plus(from.balance.held, amount);
  if (!held) return std::unexpected(held.error());
  from.balance.held = *held;
  return Hold{account, amount};
}

void Balances::release(const Hold& hold) {
  Balance& balance = at(hold.account).balance;
  assert(balance.held >= hold.amount);
  balance.held -= hold.amount;
}

Result<void> Balances::resize(Hold& hold, Nano amount) {
  if (amount > hold.amount) {
    const auto more = this->hold(hold.account, amount - hold.amount);
    if (!more) return std::unexpected(more.error());
  } else {
    release({hold.account, hold.amount - amount});
  }
  hold.amount = amount;
  return {};
}

Result<void> Balances::restore(std::string_view account, Nano debits, Nano credits) {
  const auto number = open(account);
  if (!number) return std::unexpected(number.error());
  if (debits < 0 || credits < 0)
    return failure(Code::data_loss, "ledger.state", fmt::format("account '{}': a side is below zero", account));
  at(*number).balance = {debits, credits, 0};
  return {};
}

Balance Balances::balance(std::string_view account) const {
  const auto known = numbers_.find(account);
  return known == numbers_.end() ? Balance{} : at(known->second).balance;
}

Nano Balances::available(std::string_view account) const {
  const auto known = numbers_.find(account);
  if (known == numbers_.end()) return 0;
  const Account& found = at(known->second);
  return free_of(found.balance, found.kind->grows);
}

std::map<std::string_view, Balance> Balances::all() const {
  std::map<std::string_view, Balance> all;
  for (const Account& account : accounts_) all.emplace(account.name, account.balance);
  return all;
}

Result<void> Balances::verify() const {
  Wide debits = 0, credits = 0;
  for (const Account& account : accounts_) {
    debits += account.balance.debits;
    credits += account.balance.credits;
    if (!account.kind->may_overdraw && free_of(account.balance, account.kind->grows) < 0)
      return failure(Code::internal, "ledger.unbalanced", fmt::format("account '{}' is overdrawn", account.name));
  }
  if (debits == credits) return {};
  return failure(Code::internal, "ledger.unbalanced", "the debits of all accounts are not their credits");
}

}  // namespace stoa::licensing
