// account_option.hpp: who asks about keys and leases: an operator, or a customer by its own key.
// SPDX-License-Identifier: Apache-2.0
#pragma once
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

}  // namespace stoa::cli
