// default_release.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/default_release.hpp"

#include <algorithm>
#include <optional>

#include "registry/resolve/default_rule.hpp"

namespace stoa::registry {
namespace {

class Answer {
 public:
  explicit Answer(const DefaultQuestion& question) : question_(question) {}

  std::vector<AliasTarget> of_alias(bool heeds_verdicts) const {
    std::vector<AliasTarget> targets;
    for (const AliasTarget& asked : question_.alias) {
      const std::string version = heeds_verdicts ? heir_of(asked.version) : asked.version;
      if (!is_offered(version)) continue;
      const auto same = std::ranges::find(targets, version, &AliasTarget::version);
      if (same == targets.end())
        targets.push_back({version, asked.ppm});
      else
        same->ppm += asked.ppm;
    }
    return targets;
  }

  std::vector<AliasTarget> best(bool heeds_verdicts) const {
    const OfferedRelease* best = nullptr;
    std::optional<VersionKey> best_key;
    for (const OfferedRelease& release : question_.releases) {
      if (!is_resolvable(release.state) || !release.is_listed || release.cool_until_ms > question_.now_ms) continue;
      if (heeds_verdicts && verdict_on(release.version) != nullptr) continue;
      auto key = parse_version_key(release.version);
      if (!key) continue;
      const bool is_better =
          best == nullptr || compare_as_default({*key, release.state == ReleaseState::deprecated},
                                                {*best_key, best->state == ReleaseState::deprecated}) > 0;
      if (!is_better) continue;
      best = &release;
      best_key.emplace(std::move(*key));
    }
    if (best == nullptr) return {};
    return {{best->version, 1'000'000}};
  }

 private:
  bool is_offered(const std::string& version) const {
    return std::ranges::any_of(question_.releases, [&](const OfferedRelease& release) {
      return release.version == version && is_resolvable(release.state) && release.is_listed;
    });
  }
  const VerdictRecord* verdict_on(std::string_view version) const {
    const auto at = std::ranges::find_if(question_.verdicts, [&](const auto* one) { return one->version == version; });
    return at == question_.verdicts.end() ? nullptr : *at;
  }
  // Who took over from it, and from that one; empty: nobody.
  std::string heir_of(std::string version) const {
    for (std::size_t i = 0; i <= question_.verdicts.size(); ++i) {
      const VerdictRecord* const verdict = verdict_on(version);
      if (verdict == nullptr) return version;
      version = verdict->back_to;
    }
    return "";  // they point at each other
  }

  const DefaultQuestion& question_;
};

}  // namespace

std::vector<AliasTarget> default_of(const DefaultQuestion& question) {
  const Answer answer(question);
  std::vector<AliasTarget> targets = answer.of_alias(true);
  if (targets.empty()) targets = answer.best(true);
  // Half a model is better than none: what was taken back answers where nothing else can.
  if (targets.empty()) targets = answer.of_alias(false);
  if (targets.empty()) targets = answer.best(false);
  std::ranges::sort(targets, [](const AliasTarget& a, const AliasTarget& b) {
    if (a.ppm != b.ppm) return a.ppm > b.ppm;
    const auto left = parse_version_key(a.version), right = parse_version_key(b.version);
    return left && right && *left < *right;
  });
  return targets;
}

}  // namespace stoa::registry
