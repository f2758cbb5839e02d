// licence.hpp: what a customer, or a host, may do with a publisher's models, as values.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/terms/ids.hpp"
#include "licensing/terms/limit.hpp"
#include "registry/document/digest.hpp"
#include "registry/signature/ed25519.hpp"
#include "registry/versions/version_range.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

using registry::Sha256;

// What happens when a rule of the licence is broken: refuse; serve until the grace is over, and say so; serve, and say
// so.
enum class Policy : std::uint8_t { deny, grace, advisory };
std::string_view name_of(Policy policy);
std::optional<Policy> policy_of(std::string_view name);

// A model and the versions it covers.
struct Coverage {
  std::string model;           // "acme/vision"; "acme/*": every model of the publisher
  std::string versions = "*";  // as npm's semver reads it: "^1.2"; "*": all, with those before a release
  friend bool operator==(const Coverage&, const Coverage&) = default;
};

// Beyond the call itself, for plugins to ask for ("context.long" 128000).
struct Entitlement {
  std::string feature;
  std::int64_t limit = -1;  // -1: without limit
  friend bool operator==(const Entitlement&, const Entitlement&) = default;
};

// Seats that move between those who hold a lease.
struct Floating {
  std::uint32_t seats = 0;   // 1 … 100'000
  std::uint32_t ttl_s = 60;  // 5 … 86'400: how long a lease lives without a heartbeat
  friend bool operator==(const Floating&, const Floating&) = default;
};

// The key of a release's encrypted assets, wrapped for one host (licensing/sealed).
struct WrappedKey {
  std::string content_key;  // its id: the first 16 hexadecimal digits of the SHA-256 of the key
  std::string host;         // the host key it is wrapped for, as host_key_id() says
  std::string wrapped;      // base64
  friend bool operator==(const WrappedKey&, const WrappedKey&) = default;
};

// Whose it is. A customer's licence lets its keys call; a host's lets that host open encrypted assets.
inline constexpr std::string_view kPlatformIssuer = "platform";  // else a publisher signs

struct Subject {
  std::string customer;      // "cus_…"; empty: no customer's
  std::string name;          // for people
  std::vector<Sha256> keys;  // hashes of API keys that count on a host that knows no customers; may be empty
  friend bool operator==(const Subject&, const Subject&) = default;
};

// Immutable once issued. A new serial of the same id replaces it. Times are milliseconds of Unix time.
struct Licence {
  LicenceId id;
  std::uint32_t serial = 1;
  std::string issuer;  // "platform", or the publisher whose models it covers
  Subject subject;
  std::vector<Coverage> covers;  // 1 … 64
  std::vector<Entitlement> entitlements;
  std::optional<Rate> rate;         // of all the subject's calls under it
  std::vector<Quota> quotas;        // usage-capped where there are any; each meter once
  std::uint32_t calls_at_once = 0;  // 0: as many as the host takes
  std::optional<Floating> floating;
  std::string node;  // fingerprint of the one host it is locked to; empty: any
  bool is_trial = false;
  std::int64_t issued_ms = 0, not_before_ms = 0;
  std::optional<std::int64_t> expires_ms;
  std::int64_t grace_ms = 0;               // after the expiry, under Policy::grace
  std::optional<std::int64_t> offline_ms;  // how long a host may go on without newer word from the issuer
  Policy on_expiry = Policy::deny, on_quota = Policy::deny, on_clock = Policy::deny;
  std::vector<WrappedKey> content_keys;
};

// Whether such a licence makes sense, before it is issued or taken in. Error: invalid_argument "licence.terms" with the
// field and the rule.
Result<void> check_terms(const Licence& licence);

// "publisher/model" or "publisher/*".
bool is_model_pattern(std::string_view text);
// "platform", or as publishers are named.
bool is_issuer_name(std::string_view text);

bool covers_model(const Coverage& coverage, std::string_view model);
// "*" is every version, pre-releases among them; a range admits as it says.
bool covers_version(const Coverage& coverage, const registry::VersionKey& version);

}  // namespace stoa::licensing
