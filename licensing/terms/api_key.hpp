// api_key.hpp: what an application shows to call: "sk_…", shown once, kept as a hash; and what it may.
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
#include "stoa/result.hpp"

namespace stoa::licensing {

using registry::Sha256;

inline constexpr std::string_view kApiKeyPrefix = "sk_";

std::string new_api_key();
// Prefix, length and checksum; says nothing of whether it was ever given.
bool is_well_formed_api_key(std::string_view text);
// The same of what a text begins with.
bool begins_with_api_key(std::string_view text);
Sha256 hash_of_api_key(std::string_view text);

// What a key may be used for. infer: call models. account: read the customer's own keys, licences and what is left of
// them. manage: create, rotate and revoke its keys that are no wider
// than the one that asks, and hold leases for others.
enum class Scope : std::uint8_t { infer = 1, account = 2, manage = 4 };
using Scopes = std::uint8_t;  // Scope values, or'ed
constexpr bool has(Scopes scopes, Scope scope) { return (scopes & static_cast<Scopes>(scope)) != 0; }
std::string_view name_of(Scope scope);
std::optional<Scope> scope_of(std::string_view name);

// Times are milliseconds of Unix time.
struct ApiKey {
  ApiKeyId id;
  CustomerId customer;
  std::string name;  // for people; unique among the customer's keys that count
  Sha256 hash{};
  Scopes scopes = static_cast<Scopes>(Scope::infer);
  std::vector<std::string> models;  // "acme/vision", "acme/*"; empty: whatever the licences cover
  std::optional<Rate> rate;         // of this key's calls
  std::optional<Quota> budget;      // what it may use in a period
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> expires_ms;
  // Rotated: a successor was made; this one counts until then.
  std::optional<std::int64_t> rotated_until_ms;
  ApiKeyId successor;  // of a rotated one
  ApiKeyId first;      // of those that it came from by rotation; empty: itself (key_width.hpp)
  ApiKeyId made_by;    // the first() of the key that made it; empty: an operator did
  std::optional<std::int64_t> revoked_ms;
  std::string revoked_because;
};

// Error: invalid_argument "key.terms" with the field and the rule.
Result<void> check_terms(const ApiKey& key);

}  // namespace stoa::licensing
