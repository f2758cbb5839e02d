// command_customers.cpp: `stoa customers`: organisations that call models. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct CustomersOptions : ActionOptions {
  std::string display_name, because;
  std::string currency, pays, credit_limit, tax_office;
  int tax_ppm = 0;
};

std::string path_of(const CustomersOptions& options) { return "/v1/customers/" + client::escape(options.arguments[0]); }

Result<Json> list(HttpClient& host, const CustomersOptions&) { return ask_all(host, "/v1/customers"); }
Result<Json> show(HttpClient& host, const CustomersOptions& options) { return host.ask({.path = path_of(options)}); }

Result<Json> create(HttpClient& host, const CustomersOptions& options) {
  Json body{{"name", options.arguments[0]}};
  if (!options.display_name.empty()) body["display_name"] = options.display_name;
  return host.ask({"POST", "/v1/customers", std::move(body)});
}

Result<Json> set_state(HttpClient& host, const CustomersOptions& options, const char* state) {
  if (options.because.empty())
    return failure(Code::invalid_argument, "usage", "--because: is missing; the customer reads it, and the audit log");
  return host.ask({"PUT", path_of(options) + "/state", Json{{"state", state}, {"because", options.because}}});
}
Result<Json> suspend(HttpClient& host, const CustomersOptions& options) {
  return set_state(host, options, "suspended");
}
Result<Json> resume(HttpClient& host, const CustomersOptions& options) { return set_state(host, options, "active"); }
Result<Json> close(HttpClient& host, const CustomersOptions& options) { return set_state(host, options, "closed"); }

// How it pays; with --currency, how it pays from now on.
Result<Json> billing(HttpClient& host, const CustomersOptions& options) {
  if (options.currency.empty()) return host.ask({.path = path_of(options) + "/billing"});
  Json body{{"currency", options.currency}};
  if (!options.pays.empty()) body["pays"] = options.pays;
  if (!options.credit_limit.empty()) body["credit_limit"] = options.credit_limit;
  if (options.tax_ppm > 0) body["tax_ppm"] = options.tax_ppm;
  if (!options.tax_office.empty()) body["tax_office"] = options.tax_office;
  return host.ask({"PUT", path_of(options) + "/billing", std::move(body)});
}

std::string customers_text(const Json& answer) {
  return table_text(answer["items"], {"name", "id", "state", "display_name", "created"});
}

constexpr RegistryAction<CustomersOptions> kCustomersActions[] = {
    {"create", "NAME", &create, &record_text},   {"list", "", &list, &customers_text},
    {"show", "NAME", &show, &record_text},       {"suspend", "NAME", &suspend, &record_text},
    {"resume", "NAME", &resume, &record_text},   {"close", "NAME", &close, &record_text},
    {"billing", "NAME", &billing, &record_text},
};

}  // namespace

Action declare_customers(CommandLine line) {
  const auto options = std::make_shared<CustomersOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<CustomersOptions>>(kCustomersActions)));
  add_registry_options(line, *options);
  line.text("--display-name", options->display_name, "create: the name for people (default: NAME)",
            {.type_name = "TEXT"});
  line.text("--because", options->because, "suspend, resume, close: why", {.type_name = "TEXT"});
  line.text("--currency", options->currency, "billing: how it pays from now on, in this currency",
            {.type_name = "CODE"});
  line.text("--pays", options->pays, "billing: ahead (default), out of a wallet; or afterwards, up to a limit",
            {.one_of = {"ahead", "afterwards"}});
  line.text("--credit-limit", options->credit_limit, "billing: what it may owe, where it pays afterwards",
            {.type_name = "AMOUNT"});
  line.number("--tax-ppm", options->tax_ppm, 0, 1'000'000, "billing: tax on top of prices, in millionths");
  line.text("--tax-office", options->tax_office, "billing: whom the tax is owed to", {.type_name = "NAME"});
  line.footer(
      "examples:\n"
      "  stoa customers create northwind --display-name 'Northwind Traders' --token-file admin.token\n"
      "  stoa customers suspend northwind --because 'invoice 7 is unpaid' --token-file admin.token\n"
      "  stoa customers resume northwind --because paid --token-file admin.token\n"
      "  stoa customers billing northwind --currency EUR --tax-ppm 190000 --tax-office DE --token-file admin.token\n\n"
      "a suspended customer's calls are refused within a second; closing is for ever. What it may call: stoa "
      "licences,\n"
      "what it calls with: stoa keys.");
  return [options] { return run_action<CustomersOptions>("customers", kCustomersActions, *options); };
}

}  // namespace stoa::cli
