// release_state.hpp: the states of a release and the steps between them (registry/README.md, "States").
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::registry {

enum class ReleaseState : std::uint8_t {
  draft,
  submitted,
  validating,
  quarantined,
  rejected,
  published,
  deprecated,
  yanked,
  revoked,
};
inline constexpr std::size_t kReleaseStates = 9;

std::string_view name_of(ReleaseState state);
std::optional<ReleaseState> release_state_of(std::string_view name);

// Error: failed_precondition "release.state", with both states and the steps there are.
Result<void> require_step(ReleaseState from, ReleaseState to);

// New requests may be given this release.
constexpr bool is_resolvable(ReleaseState state) {
  return state == ReleaseState::published || state == ReleaseState::deprecated;
}
// Those who pinned it keep it.
constexpr bool is_servable(ReleaseState state) { return is_resolvable(state) || state == ReleaseState::yanked; }
// Its version is taken for ever.
constexpr bool holds_version(ReleaseState state) {
  return state != ReleaseState::draft && state != ReleaseState::rejected;
}

}  // namespace stoa::registry
