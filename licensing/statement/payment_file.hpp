// payment_file.hpp: payouts as a bank takes them: ISO 20022 pain.001.001.09. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/money/amount.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// What of an amount can be paid: whole smallest units of the currency. The rest stays owed, and comes with the next
// statement.
struct Payable {
  Nano paid = 0, rest = 0;
};
Payable payable_of(Nano owed, Currency currency);

struct BankAccount {
  std::string name;  // of its owner; 1 … 140 characters
  std::string iban;
  std::string bic = {};  // empty: the bank finds it
};
// ISO 13616: length, letters and check digits. Error: invalid_argument "payout.iban".
Result<void> check_iban(std::string_view iban);
// ISO 9362. Error: invalid_argument "payout.bic".
Result<void> check_bic(std::string_view bic);
// Both, and the owner's name: invalid_argument "payout.terms".
Result<void> check_bank_account(const BankAccount& account);

struct Payout {
  std::string id;         // 1 … 35 characters; the bank tells it back
  std::string statement;  // what it pays, for the receiver's eyes; at most 140
  BankAccount to;
  Nano amount = 0;  // > 0, in whole smallest units
};

// One batch in one currency. Errors: invalid_argument "payout.iban", "payout.terms" with the field and the rule.
struct PaymentFile {
  std::string id;  // 1 … 35 characters
  std::int64_t created_ms = 0, execute_ms = 0;
  Currency currency;
  BankAccount from;
  std::vector<Payout> payouts = {};
};
Result<std::string> payment_file_xml(const PaymentFile& file);

}  // namespace stoa::licensing
