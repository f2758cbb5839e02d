// money_option.hpp: what commands about money have in common: why, once, and who asks.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/cli/account_option.hpp"
#include "host/cli/registry_option.hpp"

namespace stoa::cli {

struct MoneyOptions : ActionOptions {
  AccountOptions account;  // of a customer that asks about itself
  std::string reason, once;
};

// --reason and --once. Lifetime: options outlive the parsing of the command line.
void add_money_options(CommandLine& line, MoneyOptions& options);

// An act with its reason. usage where --reason is missing.
Result<Json> ask_money(HttpClient& host, const MoneyOptions& options, const char* method, std::string path, Json body);

// Of an answer {"name", "text"}; of any other its members.
std::string document_or_record_text(const Json& answer);

}  // namespace stoa::cli
