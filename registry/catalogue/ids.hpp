// ids.hpp: the catalogue's ids: typed, ordered by time, never guessed from one another.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace stoa::registry {

// Text form: prefix, '_', 26 characters of Crockford's base 32: 48 bits of milliseconds, then 80 random ones. Sorted as
// text they are sorted by time, which keeps an index compact.
template <class Tag>
struct Id {
  std::string text;
  friend auto operator<=>(const Id&, const Id&) = default;
};

struct OperatorTag {
  static constexpr std::string_view kPrefix = "op";
};
struct ReleaseTag {
  static constexpr std::string_view kPrefix = "rel";
};
struct ProposalTag {
  static constexpr std::string_view kPrefix = "prop";
};
struct EvaluationTag {
  static constexpr std::string_view kPrefix = "eval";
};
using EvaluationId = Id<EvaluationTag>;
using OperatorId = Id<OperatorTag>;
using ReleaseId = Id<ReleaseTag>;
using ProposalId = Id<ProposalTag>;

std::string new_id_text(std::string_view prefix, std::int64_t now_ms);

template <class Tag>
Id<Tag> new_id(std::int64_t now_ms) {
  return {new_id_text(Tag::kPrefix, now_ms)};
}

}  // namespace stoa::registry
