// command_operators.cpp: `stoa operators`: who runs a registry. SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "host/cli/token_answer.hpp"

namespace stoa::cli {
namespace {

struct OperatorsOptions : ActionOptions {
  std::string token_out;
};

Result<Json> list(HttpClient& registry, const OperatorsOptions&) { return registry.ask({.path = "/v1/operators"}); }

Result<Json> who_am_i(HttpClient& registry, const OperatorsOptions&) { return registry.ask({.path = "/v1/whoami"}); }

Result<Json> create(HttpClient& registry, const OperatorsOptions& options) {
  return ask_for_token(registry, options.token_out,
                       {"POST", "/v1/operators", Json{{"name", options.arguments[0]}, {"role", options.arguments[1]}}});
}

Result<Json> revoke(HttpClient& registry, const OperatorsOptions& options) {
  return registry.ask({"DELETE", "/v1/operators/" + client::escape(options.arguments[0]), nullptr});
}

std::string operators_text(const Json& answer) {
  return table_text(answer["items"], {"name", "role", "created", "revoked"});
}

constexpr RegistryAction<OperatorsOptions> kOperatorsActions[] = {
    {"list", "", &list, &operators_text},
    {"create", "NAME ROLE", &create, &record_text},
    {"revoke", "NAME", &revoke, &record_text},
    {"whoami", "", &who_am_i, &record_text},
};

}  // namespace

Action declare_operators(CommandLine line) {
  const auto options = std::make_shared<OperatorsOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<OperatorsOptions>>(kOperatorsActions)));
  add_registry_options(line, *options);
  line.text("--token-out", options->token_out, "create: a new file for the token, instead of showing it",
            {.type_name = "FILE"});
  line.footer(
      "examples:\n"
      "  stoa operators create rita reviewer --token-out rita.token --token-file admin.token\n"
      "  stoa operators revoke rita --token-file admin.token\n"
      "  stoa operators whoami --token-file rita.token\n\n"
      "roles: admin, reviewer, finance, auditor; host, of a machine that follows this registry. The first admin's "
      "token lies in the registry's folder: admin.token.");
  return [options] { return run_action<OperatorsOptions>("operators", kOperatorsActions, *options); };
}

}  // namespace stoa::cli
