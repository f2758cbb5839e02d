// command_webhooks.cpp: `stoa webhooks`: who is told of what happens on a host.
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"

namespace stoa::cli {
namespace {

struct WebhooksOptions : ActionOptions {
  std::vector<std::string> types;
  int overlap_s = 86'400;
};

std::string path_of(const WebhooksOptions& options, const char* what) {
  return "/v1/webhooks/" + client::escape(options.arguments[0]) + what;
}

Result<Json> list(HttpClient& host, const WebhooksOptions&) { return ask_all(host, "/v1/webhooks"); }
Result<Json> create(HttpClient& host, const WebhooksOptions& options) {
  Json types = options.types;
  if (options.types.empty()) types = Json::array({"*"});
  return host.ask({"POST", "/v1/webhooks", Json{{"url", options.arguments[0]}, {"types", std::move(types)}}});
}
Result<Json> rotate(HttpClient& host, const WebhooksOptions& options) {
  return host.ask({"POST", path_of(options, "/rotate"), Json{{"overlap_s", options.overlap_s}}});
}
Result<Json> enable(HttpClient& host, const WebhooksOptions& options) {
  return host.ask({"POST", path_of(options, "/enable"), Json::object()});
}
Result<Json> test(HttpClient& host, const WebhooksOptions& options) {
  return host.ask({"POST", path_of(options, "/test"), Json::object()});
}
Result<Json> remove_one(HttpClient& host, const WebhooksOptions& options) {
  return host.ask({"DELETE", path_of(options, "")});
}
Result<Json> deliveries(HttpClient& host, const WebhooksOptions& options) {
  return ask_all(host, path_of(options, "/deliveries"));
}

std::string webhooks_text(const Json& answer) {
  return table_text(answer["items"], {"id", "publisher", "state", "url", "created"});
}
std::string deliveries_text(const Json& answer) {
  return table_text(answer["items"], {"at", "type", "event", "attempt", "outcome", "status", "why"});
}
std::string webhook_text(const Json& answer) {
  return record_text(answer) + "\nThe secret is not shown again: receivers check the signatures with it.\n";
}
std::string nothing_text(const Json&) { return "removed\n"; }

constexpr RegistryAction<WebhooksOptions> kWebhooksActions[] = {
    {"create", "URL", &create, &webhook_text},
    {"list", "", &list, &webhooks_text},
    {"rotate", "WEBHOOK", &rotate, &webhook_text},
    {"enable", "WEBHOOK", &enable, &record_text},
    {"test", "WEBHOOK", &test, &record_text},
    {"remove", "WEBHOOK", &remove_one, &nothing_text},
    {"deliveries", "WEBHOOK", &deliveries, &deliveries_text},
};

}  // namespace

Action declare_webhooks(CommandLine line) {
  const auto options = std::make_shared<WebhooksOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<WebhooksOptions>>(kWebhooksActions)));
  add_registry_options(line, *options);
  line.texts("--type", options->types, "create: a kind of event, 'call.*' or '*'; several times; default: all");
  line.number("--overlap-s", options->overlap_s, 0, 30 * 86'400,
              "rotate: how long the old secret signs beside the new");
  line.footer(
      "examples:\n"
      "  stoa webhooks create https://example.com/hook --type 'call.*' --type entry.payout --token-file acme.token\n"
      "  stoa webhooks test whk_… --token-file acme.token\n"
      "  stoa webhooks deliveries whk_… --token-file acme.token\n\n"
      "A publisher's token hears of its own models alone, an operator's of everything. "
      "docs/how-to/receive-webhooks.md");
  return [options] { return run_action<WebhooksOptions>("webhooks", kWebhooksActions, *options); };
}

}  // namespace stoa::cli
