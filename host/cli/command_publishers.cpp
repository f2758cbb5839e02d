// command_publishers.cpp: `stoa publishers`: who may publish in a registry, and their keys.
// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "host/cli/command.hpp"
#include "host/cli/key_option.hpp"
#include "host/cli/registry_option.hpp"
#include "host/cli/registry_text.hpp"
#include "host/cli/token_answer.hpp"
#include "registry/catalogue/catalogue.hpp"
#include "registry/document/utc_time.hpp"

namespace stoa::cli {
namespace {

struct PublishersOptions : ActionOptions {
  std::string key, role, because, display_name, token_out, from, at, valid_until;
};

std::string publisher_path(const PublishersOptions& options) {
  return "/v1/publishers/" + client::escape(options.arguments[0]);
}

std::string key_path(const PublishersOptions& options) {
  return publisher_path(options) + "/keys/" + client::escape(options.arguments[1]);
}

Result<Json> list(HttpClient& registry, const PublishersOptions&) { return registry.ask({.path = "/v1/publishers"}); }

Result<Json> show(HttpClient& registry, const PublishersOptions& options) {
  return registry.ask({.path = publisher_path(options)});
}

Result<Json> create(HttpClient& registry, const PublishersOptions& options) {
  Json body{{"name", options.arguments[0]}};
  if (!options.display_name.empty()) body["display_name"] = options.display_name;
  return ask_for_token(registry, options.token_out, {"POST", "/v1/publishers", std::move(body)});
}

Result<Json> replace_token(HttpClient& registry, const PublishersOptions& options) {
  return ask_for_token(registry, options.token_out, {"POST", publisher_path(options) + "/token", nullptr});
}

Result<Json> let_pass(HttpClient& registry, const PublishersOptions& options) {
  return registry.ask({"POST", publisher_path(options) + "/let-pass", nullptr});
}

Result<Json> set_state(HttpClient& registry, const PublishersOptions& options, const char* state) {
  return registry.ask(
      {"PUT", publisher_path(options) + "/state", Json{{"state", state}, {"because", options.because}}});
}
Result<Json> suspend(HttpClient& registry, const PublishersOptions& options) {
  return set_state(registry, options, "suspended");
}
Result<Json> verify(HttpClient& registry, const PublishersOptions& options) {
  return set_state(registry, options, "verified");
}

Result<Json> list_keys(HttpClient& registry, const PublishersOptions& options) {
  return registry.ask({.path = publisher_path(options) + "/keys"});
}

// option: as it is typed, for the message. Empty: no such member.
Result<void> put_time(Json& body, const char* member, const std::string& text, const char* option) {
  if (text.empty()) return {};
  const auto at_ms = registry::utc_ms_of(text);
  if (!at_ms)
    return failure(Code::invalid_argument, "usage",
                   std::string(option) + ": is no time, want 2026-12-31 or 2026-12-31T12:00:00Z");
  body[member] = *at_ms;
  return {};
}

// The private key stays here: what it signs proves that it is had.
Result<Json> add_key(HttpClient& registry, const PublishersOptions& options) {
  if (options.key.empty()) return failure(Code::invalid_argument, "usage", "--key: is missing, want a private key");
  const auto key = registry::read_private_key(options.key);
  if (!key) return std::unexpected(key.error());
  const registry::PublicKey point = key->public_key();
  const auto possession = key->sign(registry::key_possession_text(options.arguments[0], point.id()));
  Json body{{"public_key", point.pem()}, {"possession", registry::to_hex(possession)}};
  if (!options.role.empty()) body["role"] = options.role;
  if (auto put = put_time(body, "valid_until_ms", options.valid_until, "--valid-until"); !put)
    return std::unexpected(put.error());
  return registry.ask({"POST", publisher_path(options) + "/keys", std::move(body)});
}

Result<Json> rotate_key(HttpClient& registry, const PublishersOptions& options) {
  Json body = Json::object();
  if (auto put = put_time(body, "at_ms", options.at, "--at"); !put) return std::unexpected(put.error());
  return registry.ask({"POST", key_path(options) + "/rotate", std::move(body)});
}

Result<Json> revoke_key(HttpClient& registry, const PublishersOptions& options) {
  Json body{{"because", options.because}};
  if (auto put = put_time(body, "from_ms", options.from, "--from"); !put) return std::unexpected(put.error());
  return registry.ask({"POST", key_path(options) + "/revoke", std::move(body)});
}

Result<Json> list_plugins(HttpClient& registry, const PublishersOptions& options) {
  return registry.ask({.path = publisher_path(options) + "/plugins"});
}

// PLUGIN: "acme/vision".
Result<Json> set_listed(HttpClient& registry, const PublishersOptions& options) {
  const std::string& plugin = options.arguments[0];
  const std::size_t slash = plugin.find('/');
  if (slash == plugin.npos) return failure(Code::invalid_argument, "usage", "'" + plugin + "' is not PUBLISHER/NAME");
  return registry.ask(
      {"PUT",
       "/v1/publishers/" + client::escape(plugin.substr(0, slash)) + "/plugins/" +
           client::escape(plugin.substr(slash + 1)) + "/state",
       Json{{"state", options.action == "delist" ? "delisted" : "listed"}, {"because", options.because}}});
}

std::string publishers_text(const Json& answer) {
  return table_text(answer["items"], {"name", "state", "display_name", "created", "held_because"});
}
std::string publisher_keys_text(const Json& answer) {
  return table_text(answer["items"], {"id", "state", "role", "valid_from", "valid_until", "revoked_from"});
}
std::string plugins_text(const Json& answer) { return table_text(answer["items"], {"name", "state"}); }

constexpr RegistryAction<PublishersOptions> kPublishersActions[] = {
    {"list", "", &list, &publishers_text},
    {"show", "NAME", &show, &record_text},
    {"create", "NAME", &create, &record_text},
    {"let-pass", "NAME", &let_pass, &record_text},
    {"suspend", "NAME", &suspend, &record_text},
    {"verify", "NAME", &verify, &record_text},
    {"token", "NAME", &replace_token, &record_text},
    {"keys", "NAME", &list_keys, &publisher_keys_text},
    {"add-key", "NAME", &add_key, &record_text},
    {"rotate-key", "NAME KEY", &rotate_key, &record_text},
    {"revoke-key", "NAME KEY", &revoke_key, &record_text},
    {"plugins", "NAME", &list_plugins, &plugins_text},
    {"delist", "PLUGIN", &set_listed, &record_text},
    {"relist", "PLUGIN", &set_listed, &record_text},
};

}  // namespace

Action declare_publishers(CommandLine line) {
  const auto options = std::make_shared<PublishersOptions>();
  add_actions(line, *options, forms_of(std::span<const RegistryAction<PublishersOptions>>(kPublishersActions)));
  add_registry_options(line, *options);
  line.text("--display-name", options->display_name, "create: the name as people write it", {.type_name = "TEXT"});
  line.text("--token-out", options->token_out, "create, token: a new file for the token, instead of showing it",
            {.type_name = "FILE"});
  line.text("--key", options->key, "add-key: the private key (PEM); it is not sent", {.type_name = "FILE"});
  line.text("--role", options->role, "add-key: what it may sign: release (packages and evaluations) or evaluation",
            {.type_name = "", .one_of = {"release", "evaluation"}});
  line.text("--valid-until", options->valid_until, "add-key: it signs nothing new from then on (default: no end)",
            {.type_name = "TIME"});
  line.text("--at", options->at, "rotate-key: from when on it signs nothing new (default: now)", {.type_name = "TIME"});
  line.text("--because", options->because, "suspend, verify, revoke-key, delist, relist: the reason; it is kept",
            {.type_name = "TEXT"});
  line.text("--from", options->from, "revoke-key: from when on it was no longer its owner's (default: now)",
            {.type_name = "TIME"});
  line.footer(
      "examples:\n"
      "  stoa publishers create acme --display-name 'Acme Vision' --token-out acme.token --token-file admin.token\n"
      "  stoa publishers let-pass acme --token-file admin.token       its name was held: it may pass all the same\n"
      "  stoa publishers add-key acme --key acme.key.pem --token-file acme.token\n"
      "  stoa publishers add-key acme --key bench.key.pem --role evaluation --valid-until 2027-12-31\n"
      "  stoa publishers rotate-key acme KEY --at 2027-01-31            its signatures from before stay valid\n"
      "  stoa publishers revoke-key acme KEY --because 'was stolen' --from 2026-12-31 --token-file admin.token\n"
      "  stoa publishers delist acme/vision --because 'replaced by acme/sight' --token-file acme.token\n\n"
      "--registry and --token-file may come from STOA_REGISTRY and STOA_TOKEN_FILE.");
  return [options] { return run_action<PublishersOptions>("publishers", kPublishersActions, *options); };
}

}  // namespace stoa::cli
