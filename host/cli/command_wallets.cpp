// command_wallets.cpp: `stoa wallets`: paid ahead, owed, given. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/money_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct WalletOptions : MoneyOptions {
  std::string currency = "EUR", provider, expires;
};

Result<Json> show_wallet(HttpClient& host, const WalletOptions& options) {
  return host.ask({.path = is_customer(options.account) ? std::string("/v1/account/wallet")
                                                        : "/v1/wallets/" + client::escape(options.arguments[0])});
}

Result<Json> top_up(HttpClient& host, const WalletOptions& options) {
  Json body{{"amount", options.arguments[1]}, {"currency", options.currency}};
  if (!options.provider.empty()) body["provider"] = options.provider;
  return ask_money(host, options, "POST", "/v1/wallets/" + client::escape(options.arguments[0]) + "/top-ups",
                   std::move(body));
}

Result<Json> give_credit(HttpClient& host, const WalletOptions& options) {
  if (options.expires.empty())
    return failure(Code::invalid_argument, "usage", "--expires: is missing; a credit does not last for ever");
  return ask_money(
      host, options, "POST", "/v1/wallets/" + client::escape(options.arguments[0]) + "/credits",
      Json{{"amount", options.arguments[1]}, {"currency", options.currency}, {"expires", options.expires}});
}

constexpr RegistryAction<WalletOptions> kWalletActions[] = {
    {"show", "CUSTOMER", &show_wallet, &record_text},
    {"top-up", "CUSTOMER AMOUNT", &top_up, &record_text},
    {"credit", "CUSTOMER AMOUNT", &give_credit, &record_text},
};

}  // namespace

Action declare_wallets(CommandLine line) {
  const auto options = std::make_shared<WalletOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<WalletOptions>>(kWalletActions)));
  line.text("--currency", options->currency, "of AMOUNT (default: EUR)", {.type_name = "CODE"});
  line.text("--provider", options->provider, "top-up: where the money is: bank (default), stripe, …",
            {.type_name = "NAME"});
  line.text("--expires", options->expires, "credit: until when it can be used: 2027-12-31", {.type_name = "TIME"});
  add_money_options(line, *options);
  add_registry_options(line, *options, false);
  add_account_options(line, options->account);
  line.footer(
      "examples:\n"
      "  stoa wallets top-up northwind 30.00 --reason 'transfer of 3 November' --once t-4711 --token-file admin.token\n"
      "  stoa wallets credit northwind 5 --expires 2027-12-31 --reason welcome --token-file admin.token\n"
      "  stoa wallets show northwind --token-file admin.token\n"
      "  stoa wallets show --host https://api.example --key-file own.key\n\n"
      "a top-up of a customer that pays afterwards pays off what it owes. A credit is used before the wallet; what is\n"
      "left of it when it expires is gone.");
  return [options] { return run_account_action<WalletOptions>("wallets", kWalletActions, *options); };
}

}  // namespace stoa::cli
