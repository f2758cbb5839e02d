// licences_keys.cpp: content keys in licences: wrapped for hosts, into terms that are to be signed or to be looked at.
// SPDX-License-Identifier: Apache-2.0
#include "host/cli/licences_keys.hpp"

#include <charconv>

#include "licensing/sealed/wrapped_key.hpp"
#include "registry/document/strict_json.hpp"

namespace stoa::cli {
namespace {

constexpr int kTries = 5;
// Of a licence as a host answers it: what its next serial takes over. The host gives the rest.
constexpr const char* kTerms[] = {"covers",   "entitlements", "rate",     "quotas",     "calls_at_once",
                                  "floating", "node",         "trial",    "not_before", "expires",
                                  "grace_ms", "offline_ms",   "on_clock", "on_expiry",  "on_quota"};

// A row for each pair of a key and a host.
Result<Json> rows_of(const LicencesOptions& options, const licensing::WrappedFor& licence) {
  if (options.content_keys.empty() || options.hosts.empty())
    return usage(
        "--content-key FILE and --for-host FILE go together: the key, and the public key of the host it is for");
  Json rows = Json::array();
  for (const std::string& key_file : options.content_keys) {
    const auto key = licensing::read_content_key(key_file);
    if (!key) return std::unexpected(key.error());
    for (const std::string& host_file : options.hosts) {
      const auto host = licensing::read_host_public_key(host_file);
      if (!host) return std::unexpected(host.error());
      const licensing::WrappedKey wrapped = licensing::wrap(*key, *host, licence);
      rows.push_back({{"content_key", wrapped.content_key}, {"host", wrapped.host}, {"wrapped", wrapped.wrapped}});
    }
  }
  return rows;
}

}  // namespace

Result<std::string> with_content_keys(std::string terms, const LicencesOptions& options, std::int64_t now_ms) {
  if (options.content_keys.empty() && options.hosts.empty()) return terms;
  auto parsed = registry::parse_strict_json(terms);
  if (!parsed) return std::unexpected(parsed.error());
  registry::Json& document = *parsed;
  if (!document.is_object()) return usage("the terms are no JSON object");
  // What it is wrapped for stands in the licence, so both are settled now.
  if (!document.contains("id")) document["id"] = licensing::new_id<licensing::LicenceTag>(now_ms).text;
  if (!document.contains("serial")) document["serial"] = std::uint64_t{1};
  if (!document["id"].is_string() || !document["serial"].is_number_unsigned() ||
      document["serial"].get<std::uint64_t>() > UINT32_MAX)
    return terms;  // whoever reads the terms says what is wrong with them
  const auto rows = rows_of(options, {{document["id"].get<std::string>()}, document["serial"].get<std::uint32_t>()});
  if (!rows) return std::unexpected(rows.error());
  auto& keys = document["content_keys"];
  if (keys.is_null()) keys = registry::Json::array();
  for (const Json& row : *rows)
    keys.push_back({{"content_key", row["content_key"].get<std::string>()},
                    {"host", row["host"].get<std::string>()},
                    {"wrapped", row["wrapped"].get<std::string>()}});
  return registry::json_text(document);
}

Result<Json> with_content_keys(HttpClient& host, const LicencesOptions& options, Json licence) {
  if (options.content_keys.empty() && options.hosts.empty()) return licence;
  const std::string id = licence.value("id", "");
  // Another replaced it meanwhile: then they are wrapped for the serial after that one.
  for (int tries = 0; tries < kTries; ++tries) {
    const auto serial = licence.value("serial", std::uint32_t{0}) + 1;
    auto rows = rows_of(options, {{id}, serial});
    if (!rows) return rows;
    Json terms = Json::object();
    for (const char* const name : kTerms)
      if (licence.contains(name)) terms[name] = licence[name];
    terms["content_keys"] = std::move(*rows);
    auto answer = host.ask({"PUT", "/v1/licences/" + client::escape(id), std::move(terms)});
    if (!answer || answer->value("serial", std::uint32_t{0}) == serial) return answer;
    licence = std::move(*answer);
  }
  return failure(Code::aborted, "usage", "licence " + id + " was replaced by somebody else each time: try again");
}

Exit wrap_keys(const LicencesOptions& options) {
  std::uint32_t serial = 0;
  const std::string& number = options.arguments[1];
  if (const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), serial);
      error != std::errc() || end != number.data() + number.size() || serial == 0)
    return report({Code::invalid_argument, "usage", "SERIAL: '" + number + "' is no number from 1", 0});
  const auto rows = rows_of(options, {{options.arguments[0]}, serial});
  if (!rows) return report(rows.error());
  print_answer(Json{{"content_keys", *rows}}, true, nullptr);
  return Exit::ok;
}

}  // namespace stoa::cli
