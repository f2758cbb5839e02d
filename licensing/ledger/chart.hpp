// chart.hpp: the chart of accounts: which there are, which side they grow on, and which may never run dry.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::licensing {

enum class Side : std::uint8_t { debit, credit };

// A kind of account: one for each owner ("wallet:cus_…"), or one in all ("suspense").
struct AccountKind {
  std::string_view name;
  bool has_owner = true;
  Side grows = Side::credit;
  bool may_overdraw = false;  // false: never below zero, holds included
  bool is_private = false;    // who owns it is nobody's but the customer's and the operator's to know
  std::string_view meaning = {};
};
std::span<const AccountKind> chart();

// An account's kind by its name "kind" or "kind:owner". Error: invalid_argument "ledger.account": there is none, or an
// owner is missing or too much. Owners: 1 to 128 of a-z A-Z 0-9 . _ - / :
Result<const AccountKind*> kind_of_account(std::string_view account);

}  // namespace stoa::licensing
