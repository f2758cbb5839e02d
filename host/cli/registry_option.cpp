// registry_option.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/registry_option.hpp"

#include <fmt/format.h>

#include "registry/document/file.hpp"

namespace stoa::cli {
namespace {

constexpr std::size_t kTokenFileMax = 4096;

}  // namespace

void add_registry_options(CommandLine& line, RegistryOptions& options, bool is_needed) {
  line.text("--registry", options.url, "the registry: the operator plane of a host that has one",
            {.type_name = "URL", .is_required = is_needed, .environment = "STOA_REGISTRY"});
  line.text("--token-file", options.token_file, "file with the token of a publisher or operator",
            {.type_name = "FILE", .environment = "STOA_TOKEN_FILE"});
  line.text("--ca-file", options.ca_file, "who may vouch for the registry (PEM; default: whom this system trusts)",
            {.type_name = "FILE"});
  line.flag("--allow-plain-http", options.allow_plain_http,
            "send the token to another machine over http://, where everybody on the way can read it");
  line.flag("--json", options.json, "report as JSON");
}

Result<HttpClient> connect(const RegistryOptions& options) {
  client::ClientOptions how{
      .url = options.url, .token = {}, .ca_file = options.ca_file, .allow_plain_http = options.allow_plain_http};
  if (!options.token_file.empty()) {
    auto token = registry::read_small_file(options.token_file, kTokenFileMax);
    if (!token) return std::unexpected(token.error());
    while (token->ends_with('\n') || token->ends_with('\r')) token->pop_back();
    how.token = std::move(*token);
  }
  return HttpClient::open(std::move(how));
}

void add_actions(CommandLine& line, ActionOptions& options, const std::vector<ActionForm>& forms) {
  OptionForm action{.is_required = true};
  std::string summary;
  for (const ActionForm& form : forms) {
    action.one_of.push_back(form.name);
    summary += fmt::format("\n{} {}", form.name, form.arguments);
  }
  action.type_name = "";
  line.text("ACTION", options.action, summary.c_str(), action);
  line.texts("ARGUMENT", options.arguments, "what the action is about", {.type_name = ""});
}

Result<void> check_arguments(const std::string& command, const ActionForm& form, const ActionOptions& options) {
  const auto words = form.arguments.empty() ? 0 : std::ranges::count(form.arguments, ' ') + 1;
  if (options.arguments.size() == static_cast<std::size_t>(words)) return {};
  return failure(Code::invalid_argument, "usage",
                 fmt::format("{} arguments are given, want: stoa {} {} {}", options.arguments.size(), command,
                             form.name, form.arguments));
}

void print_answer(const Json& answer, bool is_json, std::string (*text)(const Json&)) {
  // ASCII: what others wrote into the catalogue moves no cursor.
  fmt::print("{}", is_json ? answer.dump(2, ' ', true, Json::error_handler_t::replace) + '\n' : text(answer));
}

Result<Json> ask_all(HttpClient& registry, const std::string& path) {
  Json all{{"items", Json::array()}};
  std::string after;
  while (true) {
    const char* const joint = path.find('?') == path.npos ? "?" : "&";
    auto page = registry.ask({.path = after.empty() ? path : path + joint + "after=" + client::escape(after)});
    if (!page) return page;
    const auto items = page->find("items");
    if (items == page->end() || !items->is_array())
      return failure(Code::internal, "client.answer", "the answer has no list of items");
    for (Json& item : *items) all["items"].push_back(std::move(item));
    const auto next = page->find("next");
    if (next == page->end() || !next->is_string() || next->get_ref<const std::string&>() == after) return all;
    after = next->get<std::string>();
  }
}

std::string query_of(const std::vector<std::pair<const char*, std::string>>& values) {
  std::string query;
  for (const auto& [name, value] : values)
    if (!value.empty()) query += fmt::format("{}{}={}", query.empty() ? "?" : "&", name, client::escape(value));
  return query;
}

}  // namespace stoa::cli
