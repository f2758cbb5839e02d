// config.hpp: one file an operator writes; unknown keys and impossible values are refused by name.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/app/model_config.hpp"
#include "host/app/registry_policy_config.hpp"
#include "host/app/settlement_config.hpp"
#include "host/http/server.hpp"
#include "host/worker/sandbox.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

struct PlaneConfig {
  std::string address = "127.0.0.1";
  std::uint16_t port = 0;
  std::optional<http::TlsFiles> tls;
};

enum class LogFormat : std::uint8_t { text, json };

struct LogConfig {
  std::string level = "info";  // debug info warn error
  LogFormat format = LogFormat::text;
  std::filesystem::path file;  // empty: standard error
  bool access = true;          // one line per request
};

// Plugins run in worker processes, but those named in in_process.
struct WorkersConfig {
  worker::Tier isolation_min = worker::Tier::t2;  // weaker than this, nothing is started
  std::filesystem::path program;                  // empty: stoa-worker beside this program
  std::uint32_t uid = 65'534;                     // what workers become where the host is root
  std::uint32_t crashes_max = 5;                  // within a minute, then a model is not started again
  std::uint64_t memory_mib = 16'384;              // address space and private memory, where no budget is stated
  std::uint32_t backoff_max_ms = 5'000;           // from one death to the next start, doubling up to this
  std::uint32_t hang_grace_ms = 1'000;            // a worker that keeps a request so long after its deadline is ended
};

// Another host's registry that this one serves from.
struct FollowConfig {
  std::string url;                            // of either of its planes
  std::filesystem::path trusted_root;         // a root of its metadata, got out of band
  std::filesystem::path token_file, ca_file;  // empty: asks as anybody; the system's authorities
};

// With a folder this host keeps the catalogue, and serves what it publishes beside the packages' folder.
struct RegistryConfig {
  std::filesystem::path folder = "registry";
  std::uint32_t cool_down_s = 0;  // from publishing until hosts take a release by themselves
  bool review_required = true;
  std::optional<bool> downloads_are_public;  // packages' bytes; nothing: where calls are asked for no keys
  std::uint64_t publisher_mib = 10'240;      // of each publisher's packages together
  RegistryPolicyConfig policy;               // what is taken
  // Of the signed metadata by which others follow: bins of a new registry; how long its timestamp counts, which bounds
  // how long somebody can keep a follower from news without its noticing.
  std::uint32_t metadata_bins = 256, timestamp_s = 86'400;
  std::optional<FollowConfig> follow;   // then this host keeps no catalogue, and the folder what it took
  std::vector<std::string> serve{"*"};  // of the catalogue, what this host serves: "acme/classify", "acme/*"
  std::uint32_t keep_s = 86'400;        // of one that follows: how long a package stays that nothing names any more
  // Releases that nothing in the catalogue names, held because somebody asks for them; 0: none. And how long such a
  // request waits for one to load before it is told to come again.
  std::uint32_t extra_releases = 4, extra_wait_ms = 10'000;
};

// With it calls are asked for keys, and who may call is kept in the folder: the book of customers, keys, licences and
// leases, licence files that were imported or copied there, and this host's key.
struct LicensingConfig {
  std::filesystem::path folder = "licensing";
  std::multimap<std::string, std::filesystem::path> issuers;  // whose licence files count -> their public keys (PEM)
  bool publishers_may_issue = false;                          // licences of their own models
  std::filesystem::path issuer_key;  // the platform's: signs licences that leave as files; empty: none do
  bool calls_need_keys = true;       // false: everybody may call, and the folder is for encrypted assets alone
};

// With it calls are charged, by what the book says they cost. The folder holds the journal, and what is made of it.
struct BillingConfig {
  std::filesystem::path folder = "billing";
  bool replies_are_durable = true;  // an answer leaves when its entry is durable; false: at once, and the entry within
  std::uint32_t window_ms = 5;      // this long
  bool unpriced_are_free = false;   // calls of models without a price; false: they are refused
  std::map<std::string, std::uint64_t, std::less<>> at_most;  // meter -> units that one call may use
  std::string log_origin;  // the name of the ledger's log, for good; empty: this machine's, at the first start
};

// Who is told of what happens, over HTTP. Needs [licensing].
struct WebhooksConfig {
  std::filesystem::path folder = "webhooks";
  bool may_be_private = false;      // addresses of this machine and of private networks are called, too
  bool may_be_plain = false;        // http://
  std::uint32_t attempts_max = 12;  // then a message is a dead letter
  std::uint32_t retry_first_ms = 5'000, answer_ms_max = 15'000;
  std::filesystem::path ca_file;  // whose authorities receivers are verified by; empty: the system's
};

struct Config {
  PlaneConfig customer{"127.0.0.1", 8080, std::nullopt};
  std::string customer_field;  // a field of each request, in which a gateway in front names its customer; empty: none
  PlaneConfig operators{"127.0.0.1", 8081, std::nullopt};
  std::filesystem::path packages = "packages";              // folder that is scanned for *.stoa
  std::filesystem::path state = "state";                    // where verified packages are unpacked
  std::uint32_t state_keep_s = 604'800;                     // how long there what no host uses any more
  std::multimap<std::string, std::filesystem::path> trust;  // publisher -> its public keys (PEM)
  std::vector<std::string> in_process;  // plugins ("publisher/plugin" or "publisher/*") run in this process
  WorkersConfig workers;
  std::optional<RegistryConfig> registry;               // nothing: this host serves a folder alone
  std::optional<LicensingConfig> licensing;             // nothing: everybody may call
  std::optional<BillingConfig> billing;                 // nothing: nobody is charged
  std::optional<WebhooksConfig> webhooks;               // nothing: nobody is told
  SettlementConfig settlement;                          // of one that charges
  std::multimap<std::string, std::string> permissions;  // plugin or "publisher/*" -> what its sandbox may open
  http::Limits limits;
  unsigned io_threads = 1;
  std::uint32_t drain_ms = 30'000;
  LogConfig log;
  ModelConfigs models;
};

// Paths in the text are relative to base. Error: invalid_argument "config.<rule>", message "<key>: …".
Result<Config> parse_config(std::string_view toml_text, const std::filesystem::path& base);
Result<Config> load_config(const std::filesystem::path& file);

// The first of the permissions asked for that the operator does not allow this plugin; null: all are allowed.
const std::string* refused_permission(const Config& config, std::string_view plugin_id,
                                      const std::vector<std::string>& asked);

// Whether the operator lets this plugin run inside the host.
bool runs_in_process(const Config& config, std::string_view plugin_id);

}  // namespace stoa::app
