// command_aliases.cpp: `stoa aliases`: which releases a model's names mean.
// SPDX-License-Identifier: Apache-2.0
#include <charconv>
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

constexpr std::uint32_t kWholePpm = 1'000'000;

struct AliasesOptions : ActionOptions {
  std::string note, state = "open", model, alias, before;
  int most = 50;
  std::vector<std::string> beside;
};

// "1.2.0=5": five percent of the calls, in ppm.
Result<Json> target_of(const std::string& row) {
  const std::size_t equals = row.find('=');
  unsigned percent = 0;
  const char* const end = row.data() + row.size();
  const auto [rest, bad] = std::from_chars(row.data() + std::min(equals + 1, row.size()), end, percent);
  if (equals == row.npos || bad != std::errc() || rest != end || percent < 1 || percent > 99)
    return failure(Code::invalid_argument, "usage", "--beside: '" + row + "' is not VERSION=PERCENT, 1 to 99");
  return Json{{"version", row.substr(0, equals)}, {"ppm", percent * 10'000}};
}

Result<Json> list(HttpClient& registry, const AliasesOptions& options) {
  return registry.ask({.path = "/v1/aliases" + query_of({{"model", options.model}})});
}

Result<Json> steps(HttpClient& registry, const AliasesOptions& options) {
  return registry.ask({.path = "/v1/aliases/steps" + query_of({{"model", options.model},
                                                               {"alias", options.alias},
                                                               {"before", options.before},
                                                               {"limit", std::to_string(options.most)}})});
}

Result<Json> move(HttpClient& registry, const AliasesOptions& options) {
  Json others = Json::array();
  std::uint32_t left_ppm = kWholePpm;
  for (const std::string& row : options.beside) {
    auto target = target_of(row);
    if (!target) return target;
    const auto ppm = (*target)["ppm"].get<std::uint32_t>();
    if (ppm >= left_ppm)
      return failure(Code::invalid_argument, "usage", "--beside: nothing is left for " + options.arguments[2]);
    left_ppm -= ppm;
    others.push_back(std::move(*target));
  }
  Json targets = Json::array({Json{{"version", options.arguments[2]}, {"ppm", left_ppm}}});
  for (Json& other : others) targets.push_back(std::move(other));
  return registry.ask({"PUT", "/v1/aliases",
                       Json{{"model", options.arguments[0]},
                            {"alias", options.arguments[1]},
                            {"targets", std::move(targets)},
                            {"note", options.note}}});
}

Result<Json> remove(HttpClient& registry, const AliasesOptions& options) {
  return registry.ask({"PUT", "/v1/aliases",
                       Json{{"model", options.arguments[0]},
                            {"alias", options.arguments[1]},
                            {"targets", Json::array()},
                            {"note", options.note}}});
}

// "two": whoever moves an alias of the model proposes it, and another operator approves.
Result<Json> operators(HttpClient& registry, const AliasesOptions& options) {
  const std::string& wanted = options.arguments[1];
  if (wanted != "one" && wanted != "two")
    return failure(Code::invalid_argument, "usage", "'" + wanted + "' is neither one nor two");
  return registry.ask(
      {"PUT", "/v1/aliases/approvals", Json{{"model", options.arguments[0]}, {"approvals", wanted == "two" ? 1 : 0}}});
}

Result<Json> take_back(HttpClient& registry, const AliasesOptions& options) {
  return registry.ask({"POST", "/v1/aliases/take-back",
                       Json{{"model", options.arguments[0]}, {"alias", options.arguments[1]}, {"note", options.note}}});
}

Result<Json> proposals(HttpClient& registry, const AliasesOptions& options) {
  return registry.ask({.path = "/v1/proposals" + query_of({{"state", options.state}})});
}

Result<Json> judge(HttpClient& registry, const AliasesOptions& options) {
  return registry.ask(
      {"POST", "/v1/proposals/" + client::escape(options.arguments[0]) + "/" + options.action, nullptr});
}

std::string aliases_text(const Json& answer) {
  return table_text(answer["items"], {"model", "alias", "targets", "step"});
}
std::string steps_text(const Json& answer) {
  return table_text(answer["items"], {"step", "model", "alias", "targets", "actor", "approved_by", "note"}) +
         earlier_text(answer);
}
std::string proposals_text(const Json& answer) {
  return table_text(answer["items"], {"id", "model", "alias", "targets", "actor", "state", "note"});
}

std::string outcome_text(const Json& answer) {
  if (answer.contains("proposal") && member_text(answer, "proposal.state") == "open")
    return record_text(answer["proposal"]) + "nothing has moved yet: another operator has to approve it\n";
  return record_text(answer.contains("step") ? answer["step"] : answer.value("proposal", answer));
}

constexpr RegistryAction<AliasesOptions> kAliasesActions[] = {
    {"list", "", &list, &aliases_text},
    {"move", "MODEL ALIAS VERSION", &move, &outcome_text},
    {"take-back", "MODEL ALIAS", &take_back, &outcome_text},
    {"remove", "MODEL ALIAS", &remove, &outcome_text},
    {"operators", "MODEL one|two", &operators, &record_text},
    {"steps", "", &steps, &steps_text},
    {"proposals", "", &proposals, &proposals_text},
    {"approve", "PROPOSAL", &judge, &outcome_text},
    {"decline", "PROPOSAL", &judge, &outcome_text},
};

}  // namespace

Action declare_aliases(CommandLine line) {
  const auto options = std::make_shared<AliasesOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<AliasesOptions>>(kAliasesActions)));
  add_registry_options(line, *options);
  line.texts("--beside", options->beside, "move: another version that gets a share of the calls; may be repeated",
             {.type_name = "VERSION=PERCENT", .one_each = true});
  line.text("--note", options->note, "move, take-back, remove: why; it is kept", {.type_name = "TEXT"});
  line.text("--model", options->model, "list, steps: of this model", {.type_name = "PUBLISHER/NAME"});
  line.text("--alias", options->alias, "steps: of this alias", {.type_name = "NAME"});
  line.text("--before", options->before, "steps: before this one", {.type_name = "STEP"});
  line.number("--most", options->most, 1, 1000, "steps: so many (default 50)");
  line.text("--state", options->state, "proposals: in this state (default open)", {.type_name = "STATE"});
  line.footer(
      "examples:\n"
      "  stoa aliases move acme/classify default 1.2.0 --note 'passed its trial'\n"
      "  stoa aliases move acme/classify default 1.2.0 --beside 1.3.0=5    five of a hundred calls go to 1.3.0\n"
      "  stoa aliases take-back acme/classify default                      to where it was before\n"
      "  stoa aliases operators acme/classify two --token-file admin.token from now on each move waits for a second\n"
      "  stoa aliases approve PROPOSAL --token-file otto.token             the second, of `stoa aliases proposals`\n\n"
      "hosts follow the alias 'default'. --registry and --token-file may come from STOA_REGISTRY and STOA_TOKEN_FILE.");
  return [options] { return run_action<AliasesOptions>("aliases", kAliasesActions, *options); };
}

}  // namespace stoa::cli
