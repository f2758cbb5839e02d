// command_earnings.cpp: `stoa earnings`: what a publisher earned, day by day. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct EarningsOptions : RegistryOptions {
  std::string publisher, account, from, until;
};

std::string earnings_text(const Json& answer) {
  return table_text(answer["items"], {"day", "kind", "model", "currency", "entries", "gross", "amount"});
}

Exit run(const EarningsOptions& options) {
  if (options.publisher.empty() == options.account.empty())
    return report({Code::invalid_argument, "usage", "want either a PUBLISHER or --account", 0});
  auto host = connect(options);
  if (!host) return report(host.error());
  const bool is_publisher = options.account.empty();
  const std::string path =
      is_publisher ? "/v1/publishers/" + client::escape(options.publisher) + "/earnings" : "/v1/ledger/earnings";
  const auto answer = host->ask(
      {.path = path + query_of({{"account", options.account}, {"from", options.from}, {"until", options.until}})});
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, &earnings_text);
  return Exit::ok;
}

}  // namespace

Action declare_earnings(CommandLine line) {
  const auto options = std::make_shared<EarningsOptions>();
  line.text("PUBLISHER", options->publisher, "its name", {.type_name = ""});
  line.text("--account", options->account, "operators: of this account: income:platform_fee, payable:data/corpus",
            {.type_name = "ACCOUNT"});
  line.text("--from", options->from, "from this day on (default: 30 days before the end)", {.type_name = "DAY"});
  line.text("--until", options->until, "until this day, which does not count (default: now)", {.type_name = "DAY"});
  add_registry_options(line, *options);
  line.footer(
      "examples:\n"
      "  stoa earnings acme --from 2026-11-01 --until 2026-12-01 --token-file acme.token\n"
      "  stoa earnings --account income:platform_fee --token-file auditor.token\n\n"
      "days are those of UTC, on which an entry was booked, as statements have it. gross is what all who earned "
      "shared;\n"
      "amount is what is left of it for this one, below zero what it gave back or was paid.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
