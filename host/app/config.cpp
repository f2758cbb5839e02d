// config.cpp: TOML to Config, every key by its full name. SPDX-License-Identifier: Apache-2.0
#include "host/app/config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <fstream>
#include <sstream>

#include "host/app/config_section.hpp"
#include "host/app/model_config.hpp"
#include "host/app/serve_rule.hpp"
#include "host/app/settlement_config.hpp"
#include "registry/package/permission.hpp"

namespace stoa::app {
namespace {

void read_plane(Section& section, PlaneConfig& plane) {
  section.text("address", plane.address);
  section.number<std::uint16_t>("port", plane.port, 0);
  std::filesystem::path certificate, key;
  section.path("tls_certificate", certificate);
  section.path("tls_key", key);
  if (certificate.empty() != key.empty())
    section.fail(certificate.empty() ? "tls_certificate" : "tls_key", "missing",
                 "is needed too: TLS takes a certificate and its key");
  if (!certificate.empty() && !key.empty()) plane.tls = http::TlsFiles{certificate.string(), key.string()};
}

// Fields come in lower case (host/http).
void read_customer_field(Section& section, std::string& field) {
  section.text("customer_field", field);
  const auto is_of_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (!std::ranges::all_of(field, is_of_name))
    section.fail("customer_field", "value",
                 fmt::format("is \"{}\", want a field's name of a-z, 0-9 and hyphens", field));
}

void read_limits(Section& section, http::Limits& limits) {
  section.number<std::uint32_t>("head_bytes_max", limits.head_bytes_max, 1024, 1u << 20);
  section.number<std::uint32_t>("fields_max", limits.fields_max, 8, 1024);
  section.number<std::uint32_t>("target_bytes_max", limits.target_bytes_max, 64, 1u << 16);
  section.number<std::uint32_t>("requests_per_connection_max", limits.requests_per_connection_max, 0);
  section.number<std::uint32_t>("connections_max", limits.connections_max, 1);
  section.number<std::uint64_t>("body_bytes_inflight_max", limits.body_bytes_inflight_max, 1u << 20);
  section.number<std::uint32_t>("head_ms", limits.head_ms, 1);
  section.number<std::uint32_t>("idle_ms", limits.idle_ms, 1);
  section.number<std::uint32_t>("body_grace_ms", limits.body_grace_ms, 1);
  section.number<std::uint32_t>("body_rate_min", limits.body_rate_min, 0);
  section.number<std::uint32_t>("write_ms", limits.write_ms, 1);
  section.number<std::uint32_t>("tls_handshake_ms", limits.tls_handshake_ms, 1);
}

void read_log(Section& section, LogConfig& log) {
  section.text("level", log.level);
  if (log.level != "debug" && log.level != "info" && log.level != "warn" && log.level != "error")
    section.fail("level", "value", fmt::format("is \"{}\", allowed are debug, info, warn and error", log.level));
  std::string format = log.format == LogFormat::json ? "json" : "text";
  section.text("format", format);
  if (format != "json" && format != "text")
    section.fail("format", "value", fmt::format("is \"{}\", allowed are text and json", format));
  log.format = format == "json" ? LogFormat::json : LogFormat::text;
  section.path("file", log.file);
  section.flag("access", log.access);
}

void read_workers(Section& section, WorkersConfig& workers) {
  std::string tier(worker::name_of(workers.isolation_min));
  section.text("min_isolation", tier);
  const auto parsed = worker::parse_tier(tier);
  if (!parsed)
    section.fail("min_isolation", "value", fmt::format("is \"{}\", allowed are T1, T2 and T2n", tier));
  else if (*parsed == worker::Tier::t0)
    section.fail("min_isolation", "value", "is \"T0\": name the plugins you trust in in_process instead");
  else
    workers.isolation_min = *parsed;
  section.path("program", workers.program);
  section.number<std::uint32_t>("uid", workers.uid, 1);
  section.number<std::uint32_t>("crashes_max", workers.crashes_max, 1);
  section.number<std::uint64_t>("memory_mib", workers.memory_mib, 64, 1u << 26);
  section.number<std::uint32_t>("backoff_max_ms", workers.backoff_max_ms, 0);
  section.number<std::uint32_t>("hang_grace_ms", workers.hang_grace_ms, 10);
}

void read_serve(Section& section, RegistryConfig& registry) {
  if (section.take("serve") == nullptr) return;
  registry.serve.clear();
  section.texts("serve", registry.serve);
  for (const std::string& pattern : registry.serve)
    if (!ServeRule::is_pattern(pattern))
      section.fail("serve", "value",
                   fmt::format("has \"{}\", want \"*\", \"publisher/*\" or \"publisher/model\"", pattern));
}

void read_extras(Section& section, RegistryConfig& registry) {
  section.number<std::uint32_t>("extra_releases", registry.extra_releases, 0, 1024);
  section.number<std::uint32_t>("extra_wait_ms", registry.extra_wait_ms, 0, 600'000);
}

void read_registry(Section& section, const std::filesystem::path& base, std::optional<RegistryConfig>& registry) {
  registry.emplace();
  registry->folder = base / registry->folder;
  section.path("folder", registry->folder);
  read_extras(section, *registry);
  section.number<std::uint32_t>("cool_down_s", registry->cool_down_s, 0);
  section.flag("review_required", registry->review_required);
  std::string downloads;
  section.text("downloads", downloads);
  if (downloads == "public" || downloads == "licensed")
    registry->downloads_are_public = downloads == "public";
  else if (!downloads.empty())
    section.fail("downloads", "value", fmt::format("is \"{}\", want public or licensed", downloads));
  section.number<std::uint64_t>("publisher_mib", registry->publisher_mib, 1, 1u << 30);
  read_registry_policy(section, registry->policy);
  section.number<std::uint32_t>("metadata_bins", registry->metadata_bins, 1, 4096);
  if (!std::has_single_bit(registry->metadata_bins))
    section.fail("metadata_bins", "value", fmt::format("is {}, must be a power of two", registry->metadata_bins));
  section.number<std::uint32_t>("timestamp_s", registry->timestamp_s, 4, 31'536'000);
  read_serve(section, *registry);
}

// A host that follows decides nothing about a catalogue.
void read_follow(Section& section, const std::filesystem::path& base, std::optional<RegistryConfig>& registry) {
  FollowConfig follow;
  section.text("follow", follow.url);
  section.path("trusted_root", follow.trusted_root);
  section.path("token_file", follow.token_file);
  section.path("ca_file", follow.ca_file);
  if (follow.url.empty()) {
    for (const char* key : {"trusted_root", "token_file", "ca_file", "keep_s"})
      if (section.take(key)) section.fail(key, "value", "is for a host that follows another one: set follow, too");
    return read_registry(section, base, registry);
  }
  if (!follow.url.starts_with("http://") && !follow.url.starts_with("https://"))
    section.fail("follow", "value", fmt::format("is \"{}\", want http:// or https://", follow.url));
  if (follow.trusted_root.empty())
    section.fail("trusted_root", "missing",
                 "is needed: a root of the other registry's metadata, got from its operator");
  const auto refuse = [&](const char* key) {
    if (section.take(key))
      section.fail(key, "value", "is for a host that keeps a catalogue, and this one follows another");
  };
  for (const char* key :
       {"cool_down_s", "review_required", "downloads", "publisher_mib", "metadata_bins", "timestamp_s"})
    refuse(key);
  for (const char* key : kRegistryPolicyKeys) refuse(key);
  registry.emplace();
  registry->folder = base / registry->folder;
  section.path("folder", registry->folder);
  section.number<std::uint32_t>("keep_s", registry->keep_s, 1);
  read_serve(section, *registry);
  read_extras(section, *registry);
  registry->follow = std::move(follow);
}

void read_licensing(Section& section, const std::filesystem::path& base, std::optional<LicensingConfig>& licensing) {
  licensing.emplace();
  licensing->folder = base / licensing->folder;
  section.path("folder", licensing->folder);
  section.paths_by_name("issuers", licensing->issuers);
  section.flag("publishers_may_issue", licensing->publishers_may_issue);
  section.path("issuer_key", licensing->issuer_key);
  section.flag("calls_need_keys", licensing->calls_need_keys);
}

// One of two words; is_first: which one it is.
void read_choice(Section& section, const char* key, const char* first, const char* second, bool& is_first) {
  std::string word = is_first ? first : second;
  section.text(key, word);
  if (word != first && word != second)
    section.fail(key, "value", fmt::format("is \"{}\", allowed are {} and {}", word, first, second));
  is_first = word == first;
}

void read_billing(Section& section, const std::filesystem::path& base, std::optional<BillingConfig>& billing) {
  billing.emplace();
  billing->folder = base / billing->folder;
  section.path("folder", billing->folder);
  read_choice(section, "reply", "durable", "window", billing->replies_are_durable);
  section.number<std::uint32_t>("window_ms", billing->window_ms, 1, 1'000);
  read_choice(section, "unpriced", "free", "refuse", billing->unpriced_are_free);
  section.numbers_by_name<std::uint64_t>("at_most", billing->at_most, 1);
  section.text("log_origin", billing->log_origin);
}

void read_webhooks(Section& section, const std::filesystem::path& base, std::optional<WebhooksConfig>& webhooks) {
  webhooks.emplace();
  webhooks->folder = base / webhooks->folder;
  section.path("folder", webhooks->folder);
  section.flag("private_addresses", webhooks->may_be_private);
  section.flag("plain_http", webhooks->may_be_plain);
  section.number<std::uint32_t>("attempts_max", webhooks->attempts_max, 1, 100);
  section.number<std::uint32_t>("retry_first_ms", webhooks->retry_first_ms, 1, 3'600'000);
  section.number<std::uint32_t>("answer_ms_max", webhooks->answer_ms_max, 100, 120'000);
  section.path("ca_file", webhooks->ca_file);
}

}  // namespace

Result<Config> parse_config(std::string_view toml_text, const std::filesystem::path& base) {
  toml::parse_result parsed = toml::parse(toml_text);
  if (!parsed) {
    const auto& error = parsed.error();
    return failure(Code::invalid_argument, "config.syntax",
                   fmt::format("line {}, column {}: {}", error.source().begin.line, error.source().begin.column,
                               error.description()));
  }
  Config config;
  config.packages = base / config.packages;
  config.state = base / config.state;
  std::optional<Error> error;
  Section root(parsed.table(), "", base, error);
  root.path("packages", config.packages);
  root.path("state", config.state);
  root.number<std::uint32_t>("state_keep_s", config.state_keep_s, 0);
  root.number<unsigned>("io_threads", config.io_threads, 1, 64);
  root.number<std::uint32_t>("drain_ms", config.drain_ms, 0);
  root.texts("in_process", config.in_process);
  root.paths_by_name("trust", config.trust);
  root.texts_by_name("permissions", config.permissions);
  for (const auto& [plugin, permission] : config.permissions) {
    registry::Permissions unused;
    if (const auto good = registry::add_permission(permission, unused); !good)
      root.fail("permissions", "value", fmt::format("\"{}\" of {}: {}", permission, plugin, good.error().message));
  }
  root.section("customer", [&](Section& s) {
    read_plane(s, config.customer);
    read_customer_field(s, config.customer_field);
  });
  root.section("operator", [&](Section& s) { read_plane(s, config.operators); });
  root.section("registry", [&](Section& s) { read_follow(s, base, config.registry); });
  root.section("licensing", [&](Section& s) { read_licensing(s, base, config.licensing); });
  if (config.licensing && config.licensing->calls_need_keys && !config.customer_field.empty())
    root.fail("licensing", "value", "and customer.customer_field exclude each other: a key says whose it is");
  root.section("billing", [&](Section& s) { read_billing(s, base, config.billing); });
  if (config.billing && !(config.licensing && config.licensing->calls_need_keys))
    root.fail("billing", "value", "needs [licensing] with calls_need_keys: a key says who is charged");
  root.section("webhooks", [&](Section& s) { read_webhooks(s, base, config.webhooks); });
  if (config.webhooks && !(config.licensing && config.licensing->calls_need_keys))
    root.fail("webhooks", "value", "needs [licensing]: its operators and publishers say who is told");
  root.section("settlement", [&](Section& s) { read_settlement(s, config.settlement); });
  root.section("workers", [&](Section& s) { read_workers(s, config.workers); });
  root.section("limits", [&](Section& s) { read_limits(s, config.limits); });
  root.section("log", [&](Section& s) { read_log(s, config.log); });
  root.section("models", [&](Section& s) { read_models(s, config.models); });
  root.finish();
  if (error) return std::unexpected(*error);
  return config;
}

Result<Config> load_config(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return failure(Code::not_found, "config.not_readable", fmt::format("cannot read {}", file.string()));
  std::stringstream text;
  text << in.rdbuf();
  Result<Config> config = parse_config(text.str(), std::filesystem::absolute(file).parent_path());
  if (!config) config.error().message = fmt::format("{}: {}", file.string(), config.error().message);
  return config;
}

namespace {

bool is_meant(std::string_view pattern, std::string_view plugin_id) {
  return pattern == plugin_id || pattern == "*" ||
         (pattern.ends_with("/*") && plugin_id.starts_with(pattern.substr(0, pattern.size() - 1)));
}

}  // namespace

const std::string* refused_permission(const Config& config, std::string_view plugin_id,
                                      const std::vector<std::string>& asked) {
  for (const std::string& permission : asked) {
    const bool is_allowed = std::ranges::any_of(config.permissions, [&](const auto& row) {
      return row.second == permission && is_meant(row.first, plugin_id);
    });
    if (!is_allowed) return &permission;
  }
  return nullptr;
}

bool runs_in_process(const Config& config, std::string_view plugin_id) {
  return std::ranges::any_of(config.in_process, [&](const auto& pattern) { return is_meant(pattern, plugin_id); });
}

}  // namespace stoa::app
