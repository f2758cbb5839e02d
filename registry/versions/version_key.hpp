// version_key.hpp: a semantic version packed for comparing: most are one number.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "registry/versions/semver.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Ordered by precedence. Build metadata is dropped: it counts for nothing, so equal keys are the same release (C1).
// Immutable; any thread may read one.
class VersionKey {
 public:
  explicit VersionKey(SemanticVersion version);

  bool is_prerelease() const { return full_ && !full_->prerelease.empty(); }
  // The same major.minor.patch.
  bool has_numbers_of(const VersionKey& other) const;
  std::string text() const;  // without build metadata

  friend std::strong_ordering operator<=>(const VersionKey& a, const VersionKey& b);
  friend bool operator==(const VersionKey& a, const VersionKey& b) { return a <=> b == 0; }

 private:
  friend Result<VersionKey> parse_version_key(std::string_view text);
  explicit VersionKey(std::uint64_t numbers) : numbers_(numbers) {}
  SemanticVersion unpacked() const;

  // 21 bits for each of major, minor and patch, or all ones where one does not fit.
  std::uint64_t numbers_;
  // Only where the number is not all: a pre-release, or numbers too large. Shared by the indexes that follow each
  // other.
  std::shared_ptr<const SemanticVersion> full_;
};

// Error: reason "version.syntax", as parse_semantic_version says it.
Result<VersionKey> parse_version_key(std::string_view text);

}  // namespace stoa::registry
