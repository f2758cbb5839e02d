// command_prices.cpp: `stoa prices`: what models cost, and which are charged by what.
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/account_option.hpp"
#include "host/cli/command.hpp"
#include "host/cli/json_file.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct PricesOptions : ActionOptions {
  AccountOptions account;
  std::string publisher, model, from;
};

std::string path_of(const PricesOptions& options) { return "/v1/prices/" + client::escape(options.arguments[0]); }

Result<Json> create(HttpClient& host, const PricesOptions& options) {
  auto terms = read_json_object(options.arguments[0]);
  if (!terms) return terms;
  return host.ask({"POST", "/v1/prices", std::move(*terms)});
}

Result<Json> replace(HttpClient& host, const PricesOptions& options) {
  auto terms = read_json_object(options.arguments[1]);
  if (!terms) return terms;
  return host.ask({"PUT", path_of(options), std::move(*terms)});
}

Result<Json> list(HttpClient& host, const PricesOptions& options) {
  if (is_customer(options.account)) return ask_all(host, "/v1/account/prices");
  return ask_all(host, "/v1/prices" + query_of({{"publisher", options.publisher}}));
}

Result<Json> show(HttpClient& host, const PricesOptions& options) { return host.ask({.path = path_of(options)}); }
Result<Json> versions(HttpClient& host, const PricesOptions& options) {
  return host.ask({.path = path_of(options) + "/versions"});
}

Result<Json> charge(HttpClient& host, const PricesOptions& options) {
  Json body{{"model", options.arguments[0]}, {"price_list", options.arguments[1]}, {"agreement", options.arguments[2]}};
  if (!options.from.empty()) body["from"] = options.from;
  return host.ask({"POST", "/v1/charges", std::move(body)});
}

Result<Json> charges(HttpClient& host, const PricesOptions& options) {
  return ask_all(host, "/v1/charges" + query_of({{"model", options.model}}));
}

std::string prices_text(const Json& answer) {
  const bool is_own = !answer["items"].empty() && answer["items"][0].contains("prices");
  if (is_own) return table_text(answer["items"], {"model", "prices.currency", "prices.period", "prices.meters"});
  return table_text(answer["items"], {"id", "version", "publisher", "currency", "state", "begins", "ends"});
}

std::string charges_text(const Json& answer) {
  return table_text(answer["items"], {"model", "price_list", "agreement", "from", "set_by"});
}

constexpr RegistryAction<PricesOptions> kPricesActions[] = {
    {"create", "FILE", &create, &record_text},
    {"replace", "PRICES FILE", &replace, &record_text},
    {"list", "", &list, &prices_text},
    {"show", "PRICES", &show, &record_text},
    {"versions", "PRICES", &versions, &prices_text},
    {"charge", "MODEL PRICES AGREEMENT", &charge, &record_text},
    {"charges", "", &charges, &charges_text},
};

// A customer looks at what it pays: by its key, on its own plane.
Exit run(const PricesOptions& options) {
  if (options.action != "list" || !is_customer(options.account))
    return run_action<PricesOptions>("prices", kPricesActions, options);
  if (auto good = check_arguments("prices", {"list", ""}, options); !good) return report(good.error());
  auto host = connect_as_customer(options.account, options);
  if (!host) return report(host.error());
  const auto answer = list(*host, options);
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, &prices_text);
  return Exit::ok;
}

}  // namespace

Action declare_prices(CommandLine line) {
  const auto options = std::make_shared<PricesOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<PricesOptions>>(kPricesActions)));
  add_registry_options(line, *options, false);
  add_account_options(line, options->account);
  line.text("--publisher", options->publisher, "list: of this publisher", {.type_name = "NAME"});
  line.text("--model", options->model, "charges: of this model, all there were and will be", {.type_name = "MODEL"});
  line.text("--from", options->from, "charge: from when on (default: now)", {.type_name = "TIME"});
  line.footer(
      "examples:\n"
      "  stoa prices create vision-prices.json --token-file admin.token\n"
      "  stoa prices charge acme/vision pri_… agr_… --token-file admin.token\n"
      "  stoa prices replace pri_… dearer.json --token-file admin.token\n"
      "  stoa prices list --key-file shop.key --host http://127.0.0.1:8080\n\n"
      "FILE: prices as JSON: {\"publisher\", \"currency\", \"meters\": [{\"meter\", \"tiers\": [{\"price\"}]}]}; the\n"
      "members are in docs/reference/billing-documents.md. Prices are never changed: the next version takes their\n"
      "place from its first moment on, and what was charged before stays as it was charged. A model is charged once\n"
      "its agreement has all its signatures: stoa agreements.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
