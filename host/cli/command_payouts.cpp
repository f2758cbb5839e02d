// command_payouts.cpp: `stoa payouts`: what parties are owed goes to their bank. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/money_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct PayoutOptions : MoneyOptions {
  std::string publisher, party, state, name, bic;
};

Result<Json> list_payouts(HttpClient& host, const PayoutOptions& options) {
  if (!options.publisher.empty())
    return ask_all(host, "/v1/publishers/" + client::escape(options.publisher) + "/payouts");
  return ask_all(host, "/v1/payouts" + query_of({{"party", options.party}, {"state", options.state}}));
}
Result<Json> show_payout(HttpClient& host, const PayoutOptions& options) {
  return host.ask({.path = "/v1/payouts/" + client::escape(options.arguments[0])});
}
Result<Json> run_payouts(HttpClient& host, const PayoutOptions& options) {
  return ask_money(host, options, "POST", "/v1/payouts/run", Json::object());
}

Result<Json> end_payout(HttpClient& host, const PayoutOptions& options, const char* how) {
  return ask_money(host, options, "POST", "/v1/payouts/" + client::escape(options.arguments[0]) + how, Json::object());
}
Result<Json> settle_payout(HttpClient& host, const PayoutOptions& options) {
  return end_payout(host, options, "/settle");
}
Result<Json> fail_payout(HttpClient& host, const PayoutOptions& options) { return end_payout(host, options, "/fail"); }
Result<Json> return_payout(HttpClient& host, const PayoutOptions& options) {
  return end_payout(host, options, "/return");
}

Result<Json> list_payees(HttpClient& host, const PayoutOptions&) { return ask_all(host, "/v1/payees"); }
Result<Json> set_payee(HttpClient& host, const PayoutOptions& options) {
  if (options.name.empty())
    return failure(Code::invalid_argument, "usage", "--name: is missing, want the name of the account's owner");
  Json body{{"party", options.arguments[0]}, {"iban", options.arguments[1]}, {"name", options.name}};
  if (!options.bic.empty()) body["bic"] = options.bic;
  return ask_money(host, options, "PUT", "/v1/payees", std::move(body));
}
Result<Json> hold_payee(HttpClient& host, const PayoutOptions& options, bool is_held) {
  return ask_money(host, options, "POST", "/v1/payees/hold", Json{{"party", options.arguments[0]}, {"held", is_held}});
}
Result<Json> hold(HttpClient& host, const PayoutOptions& options) { return hold_payee(host, options, true); }
Result<Json> release(HttpClient& host, const PayoutOptions& options) { return hold_payee(host, options, false); }

std::string payouts_text(const Json& answer) {
  std::string text =
      table_text(answer["items"], {"id", "party", "amount", "currency", "state", "statement", "because"});
  if (const auto failures = answer.find("failures"); failures != answer.end())
    for (const Json& failed : *failures) text += "not submitted: " + record_text(failed);
  return text;
}
std::string payees_text(const Json& answer) {
  return table_text(answer["items"], {"party", "name", "iban", "bic", "held_because"});
}

constexpr RegistryAction<PayoutOptions> kPayoutActions[] = {
    {"payee", "PARTY IBAN", &set_payee, &record_text},
    {"payees", "", &list_payees, &payees_text},
    {"hold", "PARTY", &hold, &record_text},
    {"release", "PARTY", &release, &record_text},
    {"run", "", &run_payouts, &payouts_text},
    {"list", "", &list_payouts, &payouts_text},
    {"show", "PAYOUT", &show_payout, &record_text},
    {"settle", "PAYOUT", &settle_payout, &record_text},
    {"fail", "PAYOUT", &fail_payout, &record_text},
    {"return", "PAYOUT", &return_payout, &record_text},
};

}  // namespace

Action declare_payouts(CommandLine line) {
  const auto options = std::make_shared<PayoutOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<PayoutOptions>>(kPayoutActions)));
  line.text("--party", options->party, "list: of this one, as publisher/acme", {.type_name = "PARTY"});
  line.text("--state", options->state, "list: held, scheduled, submitted, settled, failed, returned",
            {.type_name = "STATE"});
  line.text("--publisher", options->publisher, "list: as this publisher, by its token", {.type_name = "NAME"});
  line.text("--name", options->name, "payee: the owner of the account", {.type_name = "TEXT"});
  line.text("--bic", options->bic, "payee: its bank (default: the bank finds it)", {.type_name = "BIC"});
  add_money_options(line, *options);
  add_registry_options(line, *options);
  line.footer(
      "examples:\n"
      "  stoa payouts payee publisher/acme GB82WEST12345698765432 --name 'Acme Ltd' --reason 'their letter' \\\n"
      "    --token-file admin.token\n"
      "  stoa payouts run --reason 'monthly run' --token-file admin.token\n"
      "  stoa payouts settle pay_01kdvfxr0000000000000000aa --reason 'on the account since the 3rd' --token-file "
      "admin.token\n\n"
      "a run pays what the newest statements say is owed, in whole smallest units; what is held is told with its "
      "reason.");
  return [options] { return run_action<PayoutOptions>("payouts", kPayoutActions, *options); };
}

}  // namespace stoa::cli
