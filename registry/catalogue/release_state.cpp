// release_state.cpp: the drawn steps as a table. SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/release_state.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

namespace stoa::registry {
namespace {

using enum ReleaseState;

constexpr std::array<std::string_view, kReleaseStates> kNames{
    "draft", "submitted", "validating", "quarantined", "rejected", "published", "deprecated", "yanked", "revoked"};

constexpr std::pair<ReleaseState, ReleaseState> kSteps[] = {
    {draft, submitted},       {submitted, validating},  {validating, rejected},    {validating, quarantined},
    {validating, published},  {quarantined, published}, {quarantined, rejected},   {published, deprecated},
    {published, quarantined}, {published, yanked},      {published, revoked},      {deprecated, published},
    {deprecated, yanked},     {deprecated, revoked},    {deprecated, quarantined}, {yanked, published},
    {yanked, revoked},        {yanked, quarantined},
};

}  // namespace

std::string_view name_of(ReleaseState state) { return kNames[static_cast<std::size_t>(state)]; }

std::optional<ReleaseState> release_state_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<ReleaseState>(i);
  return std::nullopt;
}

Result<void> require_step(ReleaseState from, ReleaseState to) {
  std::string offered;
  for (const auto& [before, after] : kSteps) {
    if (before != from) continue;
    if (after == to) return {};
    offered += (offered.empty() ? "" : ", ") + std::string(name_of(after));
  }
  return failure(Code::failed_precondition, "release.state",
                 fmt::format("the release is {} and cannot become {}; from here it can become {}", name_of(from),
                             name_of(to), offered.empty() ? "nothing else" : offered));
}

}  // namespace stoa::registry
