// config.cpp: TOML to Config, every key by its full name. SPDX-License-Identifier: Apache-2.0
#include "host/app/config.hpp"

#include <fmt/format.h>

#include <fstream>
#include <limits>
#include <set>
#include <sstream>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace stoa::app {
namespace {

// Walks one table: every key that is read is ticked off, what is left over is unknown.
class Section {
 public:
  Section(const toml::table& table, std::string prefix, std::filesystem::path base, std::optional<Error>& error)
      : table_(table), prefix_(std::move(prefix)), base_(std::move(base)), error_(error) {}

  template <class Int>
  void number(const char* key, Int& out, Int min, Int max = std::numeric_limits<Int>::max()) {
    const toml::node* node = take(key);
    if (!node) return;
    const auto value = node->value_exact<std::int64_t>();
    if (!value) return fail(key, "type", "is not a whole number");
    if (*value < 0 || static_cast<std::uint64_t>(*value) < min || static_cast<std::uint64_t>(*value) > max)
      return fail(key, "range", fmt::format("is {}, allowed are {} to {}", *value, min, max));
    out = static_cast<Int>(*value);
  }

  void text(const char* key, std::string& out) {
    const toml::node* node = take(key);
    if (!node) return;
    const auto value = node->value_exact<std::string>();
    if (!value) return fail(key, "type", "is not a string");
    out = *value;
  }

  void path(const char* key, std::filesystem::path& out) {
    std::string value;
    text(key, value);
    if (!value.empty()) out = base_ / value;
  }

  void flag(const char* key, bool& out) {
    const toml::node* node = take(key);
    if (!node) return;
    const auto value = node->value_exact<bool>();
    if (!value) return fail(key, "type", "is neither true nor false");
    out = *value;
  }

  void texts(const char* key, std::vector<std::string>& out) {
    const toml::node* node = take(key);
    if (!node) return;
    const toml::array* array = node->as_array();
    if (!array) return fail(key, "type", "is not a list of strings");
    for (const auto& item : *array) {
      const auto value = item.value_exact<std::string>();
      if (!value) return fail(key, "type", "is not a list of strings");
      out.push_back(*value);
    }
  }

  template <class Read>
  void section(const char* key, Read read) {
    const toml::node* node = take(key);
    if (!node) return;
    const toml::table* inner = node->as_table();
    if (!inner) return fail(key, "type", "is not a table");
    Section child(*inner, prefix_ + key + ".", base_, error_);
    read(child);
    child.finish();
  }

  // Every key is a name of the operator's own choosing; its value one path or a list of them.
  void paths_by_name(const char* key, std::multimap<std::string, std::filesystem::path>& out) {
    section(key, [&](Section& inner) {
      for (const auto& [key_node, node] : inner.table_) {
        const std::string name(key_node.str());
        std::vector<std::string> files;
        if (node.is_array())
          inner.texts(name.c_str(), files);
        else
          inner.text(name.c_str(), files.emplace_back());
        for (const std::string& file : files)
          if (!file.empty()) out.emplace(name, base_ / file);
      }
    });
  }

  void finish() {
    for (const auto& [key, node] : table_)
      if (!seen_.contains(std::string(key.str()))) fail(std::string(key.str()).c_str(), "unknown_key", "is not a key of the configuration");
  }

  void fail(const char* key, const char* rule, std::string what) {
    if (!error_) error_ = Error{Code::invalid_argument, std::string("config.") + rule, prefix_ + key + ": " + std::move(what), 0};
  }

 private:
  const toml::node* take(const char* key) {
    seen_.insert(key);
    return table_.get(key);
  }

  const toml::table& table_;
  std::string prefix_;
  std::filesystem::path base_;
  std::optional<Error>& error_;
  std::set<std::string> seen_;
};

void read_plane(Section& section, PlaneConfig& plane) {
  section.text("address", plane.address);
  section.number<std::uint16_t>("port", plane.port, 0);
  std::filesystem::path certificate, key;
  section.path("tls_certificate", certificate);
  section.path("tls_key", key);
  if (certificate.empty() != key.empty())
    section.fail(certificate.empty() ? "tls_certificate" : "tls_key", "missing", "is needed too: TLS takes a certificate and its key");
  if (!certificate.empty() && !key.empty()) plane.tls = http::TlsFiles{certificate.string(), key.string()};
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
  root.number<unsigned>("io_threads", config.io_threads, 1, 64);
  root.number<std::uint32_t>("drain_ms", config.drain_ms, 0);
  root.texts("in_process", config.in_process);
  root.paths_by_name("trust", config.trust);
  root.section("customer", [&](Section& s) { read_plane(s, config.customer); });
  root.section("operator", [&](Section& s) { read_plane(s, config.operators); });
  root.section("limits", [&](Section& s) { read_limits(s, config.limits); });
  root.section("log", [&](Section& s) { read_log(s, config.log); });
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

bool runs_in_process(const Config& config, std::string_view plugin_id) {
  for (const std::string& pattern : config.in_process) {
    if (pattern == plugin_id || pattern == "*") return true;
    if (pattern.ends_with("/*") && plugin_id.starts_with(std::string_view(pattern).substr(0, pattern.size() - 1)))
      return true;
  }
  return false;
}

}  // namespace stoa::app
