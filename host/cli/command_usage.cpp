// command_usage.cpp: `stoa usage`: what a customer used, and what it paid for it. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/account_option.hpp"
#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct UsageOptions : RegistryOptions {
  AccountOptions account;
  std::string customer, from, until;
  bool is_spend = false;
};

std::string usage_text(const Json& answer) { return table_text(answer["items"], {"day", "model", "meter", "units"}); }

std::string spend_text(const Json& answer) {
  return table_text(answer["items"], {"day", "kind", "model", "currency", "entries", "gross", "tax", "paid"});
}

Exit run(const UsageOptions& options) {
  const bool is_own = is_customer(options.account);
  if (is_own != options.customer.empty())
    return report({Code::invalid_argument, "usage",
                   is_own ? "CUSTOMER: by a key of its own a customer sees itself, and is not named"
                          : "CUSTOMER: is missing; without one --host and --key-file of the customer are wanted",
                   0});
  auto host = is_own ? connect_as_customer(options.account, options) : connect(options);
  if (!host) return report(host.error());
  const std::string of = is_own ? "/v1/account" : "/v1/customers/" + client::escape(options.customer);
  const auto answer = host->ask({.path = of + (options.is_spend ? "/spend" : "/usage") +
                                         query_of({{"from", options.from}, {"until", options.until}})});
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, options.is_spend ? &spend_text : &usage_text);
  return Exit::ok;
}

}  // namespace

Action declare_usage(CommandLine line) {
  const auto options = std::make_shared<UsageOptions>();
  line.text("CUSTOMER", options->customer, "by id or name; not with a key of its own", {.type_name = ""});
  line.flag("--spend", options->is_spend, "what was paid, kind by kind, instead of units");
  line.text("--from", options->from, "from this day on (default: 30 days before the end)", {.type_name = "DAY"});
  line.text("--until", options->until, "until this day, which does not count (default: now)", {.type_name = "DAY"});
  add_registry_options(line, *options, false);
  add_account_options(line, options->account);
  line.footer(
      "examples:\n"
      "  stoa usage --host https://api.example --key-file account.key --from 2026-11-01 --until 2026-12-01\n"
      "  stoa usage northwind --spend --token-file auditor.token\n\n"
      "days are those of UTC, on which a call was served. A key needs the scope account.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
