// default_release.hpp: what a model's bare name means: the alias "default", else the best release, and neither where a
// release was taken back. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/catalogue/records.hpp"
#include "registry/catalogue/rollout_record.hpp"

namespace stoa::registry {

inline constexpr std::string_view kDefaultAlias = "default";

// A release of the model, in whatever state.
struct OfferedRelease {
  std::string version;
  ReleaseState state = ReleaseState::published;
  bool is_listed = true;  // its plugin
  std::int64_t cool_until_ms = 0;
};

struct DefaultQuestion {
  std::span<const OfferedRelease> releases;
  std::span<const AliasTarget> alias;              // of kDefaultAlias; empty: there is none
  std::span<const VerdictRecord* const> verdicts;  // of the model, not forgiven
  std::int64_t now_ms = 0;
};

// Never a yanked one or one of a delisted plugin, whoever points at it. The largest share first, of equal ones the
// lower version. Empty: the model has no default. A release with a verdict gives its share to the one that took over;
// it counts only where nothing else is left.
std::vector<AliasTarget> default_of(const DefaultQuestion& question);

}  // namespace stoa::registry
