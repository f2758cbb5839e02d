// version_range.hpp: ranges of versions as npm's semver reads them: ^1.2, ~1.2.3, >=1 <3, 1.2 - 2, 1.x, *, and || of
// them. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "registry/versions/version_key.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

enum class RangeOperator { equal, less, less_equal, greater, greater_equal };

struct Comparator {
  RangeOperator op = RangeOperator::equal;
  VersionKey version;

  bool admits(const VersionKey& candidate) const;
  std::string text() const;  // ">=1.2.0"
  bool operator==(const Comparator&) const = default;
};

// Alternatives of comparators that must all hold. Only parse_version_range makes one. Immutable; any thread.
class VersionRange {
 public:
  // A pre-release is admitted only where a comparator of the alternative names one of the same major.minor.patch.
  bool admits(const VersionKey& version) const;
  // What it comes to, as npm prints it: "^1.2 || 3" is ">=1.2.0 <2.0.0-0||>=3.0.0 <4.0.0-0", everything is "*".
  std::string text() const;
  // A version at its border, to tell what lies near it.
  VersionKey edge() const;

 private:
  friend Result<VersionRange> parse_version_range(std::string_view text);
  using Alternative = std::vector<Comparator>;  // empty: every version but pre-releases
  std::vector<Alternative> alternatives_;       // Invariant: never empty
};

// Every range of npm's grammar (range.bnf of its package "semver"), and its habit of reading v1.2, ==1.2 and ~>1.2; the
// empty text is every version. Numbers have no upper limit, npm's end at 2^53 - 1. Refused although npm takes it,
// because it takes it by accident: a star inside or beside a version (1.2.3*), build metadata without a version (+b),
// or twice. Error: invalid_argument "range.syntax", the message names the part that is wrong.
Result<VersionRange> parse_version_range(std::string_view text);

inline constexpr std::size_t kRangeBytesMax = 256;       // four versions of the longest kind a manifest may have
inline constexpr std::size_t kRangeComparatorsMax = 32;  // written ones; each may come to two

}  // namespace stoa::registry
