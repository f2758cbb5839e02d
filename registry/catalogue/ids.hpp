// ids.hpp: the catalogue's ids. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "registry/document/id.hpp"

namespace stoa::registry {

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

}  // namespace stoa::registry
