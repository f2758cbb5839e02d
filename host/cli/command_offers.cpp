// command_offers.cpp: `stoa offers`: terms under a name, from which licences are issued.
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "host/client/bounded_json.hpp"
#include "registry/document/file.hpp"

namespace stoa::cli {
namespace {

constexpr std::size_t kOfferFileMax = 64u << 10;

struct OffersOptions : ActionOptions {
  int lasts_days = 0;
};

Result<Json> list(HttpClient& host, const OffersOptions&) { return ask_all(host, "/v1/offers"); }

Result<Json> create(HttpClient& host, const OffersOptions& options) {
  const auto text = registry::read_small_file(options.arguments[1], kOfferFileMax);
  if (!text) return std::unexpected(text.error());
  Json terms = client::parse_bounded_json(*text);
  if (!terms.is_object())
    return failure(Code::invalid_argument, "licence_file.json", options.arguments[1] + ": is no JSON object");
  Json body{{"name", options.arguments[0]}, {"terms", std::move(terms)}};
  if (options.lasts_days > 0) body["lasts_days"] = options.lasts_days;
  return host.ask({"POST", "/v1/offers", std::move(body)});
}

Result<Json> withdraw(HttpClient& host, const OffersOptions& options) {
  return host.ask({"POST", "/v1/offers/" + client::escape(options.arguments[0]) + "/withdraw", Json::object()});
}

std::string offers_text(const Json& answer) {
  return table_text(answer["items"], {"name", "id", "lasts_days", "created", "withdrawn"});
}

constexpr RegistryAction<OffersOptions> kOffersActions[] = {
    {"create", "NAME TERMS", &create, &record_text},
    {"list", "", &list, &offers_text},
    {"withdraw", "NAME", &withdraw, &record_text},
};

}  // namespace

Action declare_offers(CommandLine line) {
  const auto options = std::make_shared<OffersOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<OffersOptions>>(kOffersActions)));
  add_registry_options(line, *options);
  line.number("--lasts-days", options->lasts_days, 0, 36'500, "create: how long a licence of it counts; 0: no end");
  line.footer(
      "examples:\n"
      "  stoa offers create vision-pro pro.json --lasts-days 365 --token-file admin.token\n"
      "  stoa licences issue --offer vision-pro --customer northwind --token-file admin.token\n"
      "  stoa offers withdraw vision-pro --token-file admin.token\n\n"
      "TERMS: a JSON file as for `stoa licences issue --terms`, without a subject. An offer is never changed: withdraw "
      "it\n"
      "and make another; what was issued from it stays.");
  return [options] { return run_action<OffersOptions>("offers", kOffersActions, *options); };
}

}  // namespace stoa::cli
