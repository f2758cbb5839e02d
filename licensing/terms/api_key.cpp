// api_key.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/api_key.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "licensing/terms/licence.hpp"
#include "registry/signature/secret_text.hpp"

namespace stoa::licensing {
namespace {

constexpr std::pair<Scope, std::string_view> kScopes[] = {
    {Scope::infer, "infer"}, {Scope::account, "account"}, {Scope::manage, "manage"}};

constexpr std::size_t kModelsMax = 64;

Result<void> refuse_key(std::string_view field, std::string_view rule) {
  return failure(Code::invalid_argument, "key.terms", fmt::format("{}: {}", field, rule));
}

}  // namespace

std::string new_api_key() { return registry::new_secret_text(kApiKeyPrefix); }
bool is_well_formed_api_key(std::string_view text) { return registry::is_secret_text(text, kApiKeyPrefix); }
bool begins_with_api_key(std::string_view text) { return registry::begins_with_secret_text(text, kApiKeyPrefix); }
Sha256 hash_of_api_key(std::string_view text) { return registry::hash_of_secret(text); }

std::string_view name_of(Scope scope) {
  for (const auto& [known, name] : kScopes)
    if (known == scope) return name;
  return {};
}

std::optional<Scope> scope_of(std::string_view name) {
  for (const auto& [known, its_name] : kScopes)
    if (its_name == name) return known;
  return std::nullopt;
}

Result<void> check_terms(const ApiKey& key) {
  if (!is_handle(key.name)) return refuse_key("name", "want 1 to 64 of a-z, 0-9, '-', '_', '.'");
  if (key.scopes == 0) return refuse_key("scopes", "is empty, want infer, account or manage");
  if (key.models.size() > kModelsMax)
    return refuse_key("models", fmt::format("has {}, at most {} are allowed", key.models.size(), kModelsMax));
  for (std::size_t i = 0; i < key.models.size(); ++i)
    if (!is_model_pattern(key.models[i]))
      return refuse_key(fmt::format("models[{}]", i), "is not of the form publisher/model or publisher/*");
  if (key.rate)
    if (const auto flaw = flaw_of(*key.rate)) return refuse_key("rate", *flaw);
  if (key.budget)
    if (const auto flaw = flaw_of(*key.budget)) return refuse_key("budget", *flaw);
  if (key.expires_ms && *key.expires_ms <= key.created_ms) return refuse_key("expires", "is in the past");
  return {};
}

}  // namespace stoa::licensing
