// account_option.hpp: who asks about keys and leases: an operator, or a customer by its own key.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <span>
#include <string_view>

#include "host/cli/registry_option.hpp"

namespace stoa::cli {

struct AccountOptions {
  std::string host;      // the customer plane
  std::string key_file;  // of the customer's own key
  std::string key;       // the same from the environment, never from the command line
};

// Lifetime: options outlive the parsing of the command line.
void add_account_options(CommandLine& line, AccountOptions& options);
// A customer asks, where a key is given.
bool is_customer(const AccountOptions& options);
// The customer plane, with the key. usage where --host or the key is missing.
Result<HttpClient> connect_as_customer(const AccountOptions& options, const RegistryOptions& registry);

// By an operator, or a customer by its own key: then without the action's first argument, CUSTOMER.
template <class Options>
Exit run_account_action(const std::string& command, std::span<const RegistryAction<Options>> actions,
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
