// command_audit.cpp: `stoa audit`: what was done in a registry, and whether its log is whole.
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct Options : ActionOptions {
  std::string subject, before;
  int most = 50;
};

Result<Json> list(HttpClient& registry, const Options& options) {
  return registry.ask({.path = "/v1/audit" + query_of({{"limit", std::to_string(options.most)},
                                                       {"subject", options.subject},
                                                       {"before", options.before}})});
}

Result<Json> verify(HttpClient& registry, const Options&) { return registry.ask({.path = "/v1/audit/head"}); }

std::string list_text(const Json& answer) {
  std::string text = table_text(answer["items"], {"line", "at_ms", "actor", "action", "subject", "detail"});
  if (answer.contains("next")) text += "earlier ones: --before " + member_text(answer, "next") + "\n";
  return text;
}

std::string verify_text(const Json& answer) {
  return "whole: " + member_text(answer, "audit.lines") + " lines, the last one's hash is " +
         member_text(answer, "audit.sha256") + ", " + member_text(answer, "alias_steps") + " steps of aliases\n";
}

constexpr RegistryAction<Options> kActions[] = {
    {"list", "", &list, &list_text},
    {"verify", "", &verify, &verify_text},
};

}  // namespace

Action declare_audit(CommandLine line) {
  const auto options = std::make_shared<Options>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<Options>>(kActions)));
  add_registry_options(line, *options);
  line.text("--subject", options->subject, "list: about this alone", {.type_name = "TEXT"});
  line.text("--before", options->before, "list: lines before this one", {.type_name = "LINE"});
  line.number("--most", options->most, 1, 1000, "list: so many lines (default 50)");
  line.footer(
      "examples:\n"
      "  stoa audit list --token-file auditor.token\n"
      "  stoa audit verify --token-file auditor.token      reads every line; keep the hash, and compare it next "
      "time\n\n"
      "--registry and --token-file may come from STOA_REGISTRY and STOA_TOKEN_FILE.");
  return [options] { return run_action<Options>("audit", kActions, *options); };
}

}  // namespace stoa::cli
