// key_width.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/key_width.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "registry/document/utc_time.hpp"

namespace stoa::licensing {
namespace {

Result<void> wider(std::string text) { return failure(Code::permission_denied, "key.wider", std::move(text)); }

// Of two patterns, publisher/model or publisher/*.
bool covers(std::string_view pattern, std::string_view other) {
  if (pattern == other) return true;
  return pattern.ends_with("/*") && other.starts_with(pattern.substr(0, pattern.size() - 1));
}

std::string end_text(const std::optional<std::int64_t>& end_ms) {
  return end_ms ? registry::utc_text(*end_ms) : "never";
}

}  // namespace

std::optional<std::int64_t> end_of(const ApiKey& key) {
  if (key.expires_ms && key.rotated_until_ms) return std::min(*key.expires_ms, *key.rotated_until_ms);
  return key.expires_ms ? key.expires_ms : key.rotated_until_ms;
}

Result<void> require_no_wider(const ApiKey& key, const ApiKey& asking) {
  for (const Scope scope : {Scope::infer, Scope::account, Scope::manage})
    if (has(key.scopes, scope) && !has(asking.scopes, scope))
      return wider(fmt::format("scopes: '{}' is none of the asking key's", name_of(scope)));
  if (!asking.models.empty()) {
    if (key.models.empty()) return wider(fmt::format("models: all, the asking key has {}", asking.models));
    for (const std::string& model : key.models)
      if (std::ranges::none_of(asking.models, [&](const std::string& one) { return covers(one, model); }))
        return wider(fmt::format("models: '{}' is none of the asking key's {}", model, asking.models));
  }
  const auto end_ms = end_of(key), asking_end_ms = end_of(asking);
  if (asking_end_ms && (!end_ms || *end_ms > *asking_end_ms))
    return wider(fmt::format("expires: {}, the asking key counts until {}", end_text(end_ms), end_text(asking_end_ms)));
  return {};
}

bool has(const ApiKey& key, SharedLimit limit) {
  return limit == SharedLimit::rate ? key.rate.has_value() : key.budget.has_value();
}

}  // namespace stoa::licensing
