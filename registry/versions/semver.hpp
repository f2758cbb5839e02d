// semver.hpp: semantic versions 2.0.0 (semver.org): the strict grammar and the order of precedence.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <string>
#include <string_view>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::registry {

// Numbers stay text: the grammar sets them no upper bound, and the published corpus uses that.
// Invariant: only parse_semantic_version makes one, so no part is empty and no number has a leading zero.
struct SemanticVersion {
  std::string major, minor, patch;
  std::vector<std::string> prerelease, build;

  std::string text() const;
};

// Error: reason "version.syntax", message without a field name (the caller knows where the text came from).
Result<SemanticVersion> parse_semantic_version(std::string_view text);

// Precedence, section 11 of the specification: build metadata does not count, so two different texts can be equal.
std::strong_ordering compare_precedence(const SemanticVersion& a, const SemanticVersion& b);

}  // namespace stoa::registry
