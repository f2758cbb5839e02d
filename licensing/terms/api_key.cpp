// api_key.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/api_key.hpp"

#include <utility>

#include "registry/signature/secret_text.hpp"

namespace stoa::licensing {
namespace {

constexpr std::pair<Scope, std::string_view> kScopes[] = {
    {Scope::infer, "infer"}, {Scope::account, "account"}, {Scope::manage, "manage"}};

}  // namespace

std::string new_api_key() { return registry::new_secret_text(kApiKeyPrefix); }
bool is_well_formed_api_key(std::string_view text) { return registry::is_secret_text(text, kApiKeyPrefix); }
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

}  // namespace stoa::licensing
