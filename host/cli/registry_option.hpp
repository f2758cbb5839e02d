// registry_option.hpp: which registry a command asks, and as whom; how its answer is shown.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "host/cli/command.hpp"
#include "host/client/http_client.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

using client::HttpClient;
using client::Json;

struct RegistryOptions {
  std::string url, token_file, ca_file;
  bool json = false, allow_plain_http = false;
};

// Lifetime: options outlive the parsing of the command line. Not is_needed: the command may do without a registry.
void add_registry_options(CommandLine& line, RegistryOptions& options, bool is_needed = true);
Result<HttpClient> connect(const RegistryOptions& options);

// What comes after an action's name: `stoa publishers add-key NAME`.
struct ActionOptions : RegistryOptions {
  std::string action;
  std::vector<std::string> arguments;
};

// One action of a command on a registry. Options: the command's own, derived from ActionOptions.
template <class Options>
struct RegistryAction {
  const char* name;
  const char* arguments;  // as in "NAME KEY": a word each
  Result<Json> (*ask)(HttpClient& registry, const Options& options);
  std::string (*text)(const Json& answer);
};

// The lines "  add-key NAME" of a command's help, and the option ACTION with its arguments.
struct ActionForm {
  std::string name, arguments;
};
void add_actions(CommandLine& line, ActionOptions& options, const std::vector<ActionForm>& forms);
// usage: the action wants so many arguments, and got others.
Result<void> check_arguments(const std::string& command, const ActionForm& form, const ActionOptions& options);
void print_answer(const Json& answer, bool is_json, std::string (*text)(const Json&));

template <class Options>
std::vector<ActionForm> forms_of(std::span<const RegistryAction<Options>> actions) {
  std::vector<ActionForm> forms;
  for (const auto& action : actions) forms.push_back({action.name, action.arguments});
  return forms;
}

template <class Options>
Exit run_action(const std::string& command, std::span<const RegistryAction<Options>> actions, const Options& options) {
  const auto action = std::ranges::find_if(actions, [&](const auto& one) { return options.action == one.name; });
  if (auto good = check_arguments(command, {action->name, action->arguments}, options); !good)
    return report(good.error());
  auto registry = connect(options);
  if (!registry) return report(registry.error());
  const auto answer = action->ask(*registry, options);
  if (!answer) return report(answer.error());
  print_answer(*answer, options.json, action->text);
  return Exit::ok;
}

// Every page of a list: {"items": [...]}. path has its query already.
Result<Json> ask_all(HttpClient& registry, const std::string& path);
// "?name=value&..." of those that are not empty.
std::string query_of(const std::vector<std::pair<const char*, std::string>>& values);

}  // namespace stoa::cli
