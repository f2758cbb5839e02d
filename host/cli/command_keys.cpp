// command_keys.cpp: `stoa keys`: what applications show to call models. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "host/cli/account_option.hpp"
#include "host/cli/command.hpp"
#include "host/cli/limit_option.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "host/cli/token_answer.hpp"

namespace stoa::cli {
namespace {

struct KeysOptions : ActionOptions {
  AccountOptions account;
  std::vector<std::string> scopes, models;
  std::string rate, budget, expires, because, out;
  int overlap_s = 86'400;
};

// Where a customer asks by its own key, the customer is not named.
std::string base_of(const KeysOptions& options) {
  return is_customer(options.account) ? "/v1/account/keys"
                                      : "/v1/customers/" + client::escape(options.arguments[0]) + "/keys";
}
std::string path_of(const KeysOptions& options, const char* act) {
  return (is_customer(options.account) ? "/v1/account/keys/" : "/v1/keys/") + client::escape(options.arguments[0]) +
         '/' + act;
}

Result<Json> list(HttpClient& host, const KeysOptions& options) { return ask_all(host, base_of(options)); }

Result<Json> create(HttpClient& host, const KeysOptions& options) {
  Json body{{"name", options.arguments.back()}};
  if (!options.scopes.empty()) body["scopes"] = options.scopes;
  if (!options.models.empty()) body["models"] = options.models;
  if (!options.expires.empty()) body["expires"] = options.expires;
  if (!options.rate.empty()) {
    auto rate = rate_in("--rate", options.rate);
    if (!rate) return rate;
    body["rate"] = std::move(*rate);
  }
  if (!options.budget.empty()) {
    auto budget = quota_in("--budget", options.budget);
    if (!budget) return budget;
    body["budget"] = std::move(*budget);
  }
  return ask_for_token(host, options.out, {"POST", base_of(options), std::move(body)}, "key");
}

Result<Json> rotate(HttpClient& host, const KeysOptions& options) {
  return ask_for_token(host, options.out, {"POST", path_of(options, "rotate"), Json{{"overlap_s", options.overlap_s}}},
                       "key");
}

Result<Json> revoke(HttpClient& host, const KeysOptions& options) {
  if (options.because.empty())
    return failure(Code::invalid_argument, "usage", "--because: is missing; it stands in the refusals from now on");
  return host.ask({"POST", path_of(options, "revoke"), Json{{"because", options.because}}});
}

std::string keys_text(const Json& answer) {
  return table_text(answer["items"], {"name", "id", "state", "scopes", "created", "expires"});
}

// arguments: an operator's; by a customer's own key the first of two is not there.
constexpr RegistryAction<KeysOptions> kKeysActions[] = {
    {"create", "CUSTOMER NAME", &create, &record_text},
    {"list", "CUSTOMER", &list, &keys_text},
    {"rotate", "KEY", &rotate, &record_text},
    {"revoke", "KEY", &revoke, &record_text},
};

Exit run(const KeysOptions& options) { return run_account_action<KeysOptions>("keys", kKeysActions, options); }

}  // namespace

Action declare_keys(CommandLine line) {
  const auto options = std::make_shared<KeysOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<KeysOptions>>(kKeysActions)));
  line.texts("--scope", options->scopes, "create: infer (default), account, manage; may be repeated",
             {.type_name = "SCOPE", .one_each = true});
  line.texts("--model", options->models, "create: for these models alone: acme/vision, acme/*; may be repeated",
             {.type_name = "MODEL", .one_each = true});
  line.text("--rate", options->rate, "create: at most so many calls: 100/1s, 5000/1h", {.type_name = "RATE"});
  line.text("--budget", options->budget, "create: what it may use: 10000/month, token.out=5000000/day",
            {.type_name = "QUOTA"});
  line.text("--expires", options->expires, "create: counts until: 2027-12-31, 2027-12-31T12:00:00Z",
            {.type_name = "TIME"});
  line.number("--overlap-s", options->overlap_s, 0, 7'776'000,
              "rotate: how long the old key counts beside the new one");
  line.text("--because", options->because, "revoke: why", {.type_name = "TEXT"});
  line.text("-o,--out", options->out, "create, rotate: a new file for the key, instead of showing it",
            {.type_name = "FILE"});
  add_registry_options(line, *options, false);
  add_account_options(line, options->account);
  line.footer(
      "examples:\n"
      "  stoa keys create northwind ci --rate 100/1s --out ci.key --token-file admin.token\n"
      "  stoa keys rotate key_01kdvfxr0000000000000000aa --out ci2.key --token-file admin.token\n"
      "  stoa keys revoke key_01kdvfxr0000000000000000aa --because 'found in a log' --token-file admin.token\n"
      "  stoa keys create staging --host https://api.example --key-file manage.key --out staging.key\n\n"
      "by operators with --registry and --token-file; by a customer with --host and a key of its own that has the "
      "scope\n"
      "manage, and then without CUSTOMER. A key is shown once; a revoked one is refused within a second.");
  return [options] { return run(*options); };
}

}  // namespace stoa::cli
