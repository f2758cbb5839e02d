// balances.hpp: what every account holds: a projection of the entries, in memory, with what is held back for calls
// under way. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "licensing/ledger/chart.hpp"
#include "licensing/ledger/entry.hpp"

namespace stoa::licensing {

struct Balance {
  Nano debits = 0, credits = 0;  // all that was ever posted, each >= 0
  Nano held = 0;                 // of open holds, >= 0
  friend bool operator==(const Balance&, const Balance&) = default;
};

// On the side it grows; holds are not in it.
Nano balance_of(const Balance& balance, Side grows);

// An account of one Balances, once it was asked for by its name.
enum class AccountNo : std::uint32_t {};
struct Leg {
  AccountNo account{};
  Nano amount = 0;  // debits above zero
};

// What was taken out of an account for a call until it is known what the call costs.
struct Hold {
  AccountNo account{};
  Nano amount = 0;
};

// Thread: one at a time. Accounts come into being when they are first posted to or held from.
// Invariant: for each currency all debits are all credits; no account that may not overdraw has debits + held >
// credits.
class Balances {
 public:
  explicit Balances(Currency currency) : currency_(currency) {}

  // All of it or nothing. capture: a hold on one of its accounts that ends with it; whatever the entry takes less than
  // was held is free again. Errors: those of check_entry; failed_precondition "ledger.currency"; resource_exhausted
  // "ledger.overdraft", with the account and both amounts.
  Result<void> apply(const Entry& entry, const Hold* capture = nullptr);
  // The same without an entry, of accounts that are known: 2 … 64 legs, no account twice. captures: at most 8 holds.
  // Errors: "ledger.sum", "ledger.overdraft", "money.overflow".
  Result<void> post(std::span<const Leg> legs, std::span<const Hold> captures);
  // Error: resource_exhausted "ledger.overdraft".
  Result<Hold> hold(AccountNo account, Nano amount);
  void release(const Hold& hold);
  // hold is of `amount` from now on. Error: resource_exhausted "ledger.overdraft"; it is as it was then.
  Result<void> resize(Hold& hold, Nano amount);
  // What an account held when all() was written down; nothing was posted to it since. Errors: those of open;
  // data_loss "ledger.state": a side below zero.
  Result<void> restore(std::string_view account, Nano debits, Nano credits);

  Currency currency() const { return currency_; }
  // Errors: those of kind_of_account.
  Result<AccountNo> open(std::string_view account);
  const std::string& name(AccountNo account) const { return at(account).name; }
  bool is_private(AccountNo account) const { return at(account).kind->is_private; }
  const Balance& balance(AccountNo account) const { return at(account).balance; }
  // Of one that never was posted to: zeros.
  Balance balance(std::string_view account) const;
  Nano available(std::string_view account) const;  // on its side, less what is held
  // In the order of their names, which are views into this.
  std::map<std::string_view, Balance> all() const;
  // What the invariant says, of every account. Error: internal "ledger.unbalanced".
  Result<void> verify() const;

 private:
  struct Account {
    std::string name;
    const AccountKind* kind;
    Balance balance;
  };
  struct NameHash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  const Account& at(AccountNo account) const { return accounts_[static_cast<std::size_t>(account)]; }
  Account& at(AccountNo account) { return accounts_[static_cast<std::size_t>(account)]; }
  static Result<Balance> posted(const Account& account, Nano amount, Nano released);

  const Currency currency_;
  std::deque<Account> accounts_;  // they stay where they are: names are handed out
  std::unordered_map<std::string, AccountNo, NameHash, std::equal_to<>> numbers_;
  std::vector<Balance> after_;  // used again by each act
};

}  // namespace stoa::licensing
