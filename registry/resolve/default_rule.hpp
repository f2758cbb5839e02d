// default_rule.hpp: which of two releases a model's bare name rather means. The one place that says so: the index asks
// it for "model" and "model@latest", the catalogue and the hosts for what they serve by default.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>

#include "registry/versions/version_key.hpp"

namespace stoa::registry {

// Of releases that may be taken without being named: neither withdrawn nor cooling down.
struct DefaultClaim {
  const VersionKey& version;
  bool is_deprecated = false;
};

// No pre-release where there is a release; then published before deprecated; then the higher version.
inline std::strong_ordering compare_as_default(const DefaultClaim& a, const DefaultClaim& b) {
  if (a.version.is_prerelease() != b.version.is_prerelease())
    return a.version.is_prerelease() ? std::strong_ordering::less : std::strong_ordering::greater;
  if (a.is_deprecated != b.is_deprecated)
    return a.is_deprecated ? std::strong_ordering::less : std::strong_ordering::greater;
  return a.version <=> b.version;
}

}  // namespace stoa::registry
