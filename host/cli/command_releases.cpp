// command_releases.cpp: `stoa releases`: what a registry has, and what operators decide about it.
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct ReleasesOptions : ActionOptions {
  std::string because, publisher, plugin, model, task, state, text;
};

std::string release_path(const ReleasesOptions& options) {
  return "/v1/releases/" + client::escape(options.arguments[0]);
}

Result<Json> list(HttpClient& registry, const ReleasesOptions& options) {
  return ask_all(registry, "/v1/releases" + query_of({{"publisher", options.publisher},
                                                      {"plugin", options.plugin},
                                                      {"model", options.model},
                                                      {"task", options.task},
                                                      {"state", options.state},
                                                      {"q", options.text}}));
}

Result<Json> show(HttpClient& registry, const ReleasesOptions& options) {
  return registry.ask({.path = release_path(options)});
}

Result<Json> review(HttpClient& registry, const ReleasesOptions& options) {
  Json body{{"verdict", options.action}};
  if (!options.because.empty()) body["because"] = options.because;
  return registry.ask({"POST", release_path(options) + "/review", std::move(body)});
}

Result<Json> step(HttpClient& registry, const ReleasesOptions& options) {
  return registry.ask({"POST", release_path(options) + "/" + options.action, Json{{"because", options.because}}});
}

Result<Json> drop(HttpClient& registry, const ReleasesOptions& options) {
  return registry.ask({"DELETE", release_path(options), nullptr});
}

std::string releases_text(const Json& answer) {
  return table_text(answer["items"], {"id", "plugin", "version", "state", "published", "state_because"});
}

std::string release_text(const Json& release) {
  Json shown = release;
  shown.erase("manifest");  // as it is: --json
  shown.erase("checks");
  std::string text = record_text(shown);
  if (release.contains("checks") && !release["checks"].empty()) text += "checks\n" + checks_text(release["checks"]);
  return text;
}

constexpr RegistryAction<ReleasesOptions> kReleasesActions[] = {
    {"list", "", &list, &releases_text},
    {"show", "RELEASE", &show, &release_text},
    {"accept", "RELEASE", &review, &release_text},
    {"reject", "RELEASE", &review, &release_text},
    {"quarantine", "RELEASE", &review, &release_text},
    {"drop", "RELEASE", &drop, &record_text},
    {"deprecate", "RELEASE", &step, &release_text},
    {"yank", "RELEASE", &step, &release_text},
    {"restore", "RELEASE", &step, &release_text},
    {"revoke", "RELEASE", &step, &release_text},
};

}  // namespace

Action declare_releases(CommandLine line) {
  const auto options = std::make_shared<ReleasesOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<ReleasesOptions>>(kReleasesActions)));
  add_registry_options(line, *options);
  line.text("--because", options->because, "the reason for a step; it is kept and shown", {.type_name = "TEXT"});
  line.text("--publisher", options->publisher, "list: of this publisher", {.type_name = "NAME"});
  line.text("--plugin", options->plugin, "list: of this plugin", {.type_name = "PUBLISHER/NAME"});
  line.text("--model", options->model, "list: with this model", {.type_name = "PUBLISHER/NAME"});
  line.text("--task", options->task, "list: with a model for this task", {.type_name = "TASK"});
  line.text("--state", options->state, "list: in this state", {.type_name = "STATE"});
  line.text("--search", options->text, "list: with these words", {.type_name = "TEXT"});
  line.footer(
      "examples:\n"
      "  stoa releases list --state validating             what is checked, or waits for its review\n"
      "  stoa releases accept RELEASE --token-file reviewer.token\n"
      "  stoa releases drop RELEASE --token-file acme.token        a draft, with what was sent of it\n"
      "  stoa releases yank RELEASE --because 'wrong labels'       nobody new gets it; who pinned it keeps it\n"
      "  stoa releases revoke RELEASE --because 'leaks inputs'     hosts unload it within a second; cannot be "
      "undone\n\n"
      "--registry and --token-file may come from STOA_REGISTRY and STOA_TOKEN_FILE.");
  return [options] { return run_action<ReleasesOptions>("releases", kReleasesActions, *options); };
}

}  // namespace stoa::cli
