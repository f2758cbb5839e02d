// money_option.hpp: what commands about money have in common: why, once, and who asks.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

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

// By an operator, or a customer by its own key: then without the action's first argument, CUSTOMER.
template <class Options>
Exit run_money_action(const std::string& command, std::span<const RegistryAction<Options>> actions,
                      const Options& options) {
  const bool is_own = is_customer(options.account);
  const auto action = std::ranges::find_if(actions, [&](const auto& one) { return options.action == one.name; });
  std::string arguments = action->arguments;
  if (is_own && arguments.starts_with("CUSTOMER"))
    arguments = arguments == "CUSTOMER" ? "" : arguments.substr(std::string_view("CUSTOMER ").size());
  if (auto good = check_arguments(command, {action->name, arguments}, options); !good) return report(good.error());
  if (!is_own && options.url.empty())
    return report(
        {Code::invalid_argument, "usage",
         "--registry and --token-file are for operators, --host and --key-file for customers: neither is given", 0});
  auto host = is_own ? connect_as_customer(options.account, options) : connect(options);
  if (!host) return report(host.error());
  const auto answer = action->ask(*host, options);
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, action->text);
  return Exit::ok;
}

}  // namespace stoa::cli
