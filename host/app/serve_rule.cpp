// serve_rule.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/serve_rule.hpp"

#include <algorithm>

namespace stoa::app {
namespace {

constexpr std::string_view kAll = "*", kAllOf = "/*";

bool is_name(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

bool ServeRule::is_pattern(std::string_view text) {
  if (text == kAll) return true;
  const auto slash = text.find('/');
  return slash != text.npos && is_name(text.substr(0, slash)) &&
         (text.substr(slash) == kAllOf || is_name(text.substr(slash + 1)));
}

bool ServeRule::admits_all() const { return std::ranges::find(patterns_, kAll) != patterns_.end(); }

bool ServeRule::admits(std::string_view model) const {
  return std::ranges::any_of(patterns_, [&](std::string_view pattern) {
    return pattern == model || pattern == kAll ||
           (pattern.ends_with(kAllOf) && model.starts_with(pattern.substr(0, pattern.size() - 1)));
  });
}

std::optional<std::set<std::string>> ServeRule::publishers() const {
  if (admits_all()) return std::nullopt;
  std::set<std::string> publishers;
  for (const std::string& pattern : patterns_) publishers.insert(pattern.substr(0, pattern.find('/')));
  return publishers;
}

void ServeRule::restrict(registry::ResolutionInput& input) const {
  if (admits_all()) return;
  for (registry::ReleaseFacts& facts : input.facts)
    std::erase_if(facts.models, [&](const std::string& model) { return !admits(model); });
  std::erase_if(input.releases, [&](const auto& release) { return input.facts[release.facts].models.empty(); });
  std::erase_if(input.aliases, [&](const auto& alias) { return !admits(alias.model); });
  std::erase_if(input.rollouts, [&](const auto& rollout) { return !admits(rollout.plan.model); });
  std::erase_if(input.verdicts, [&](const auto& verdict) { return !admits(verdict.model); });
}

}  // namespace stoa::app
