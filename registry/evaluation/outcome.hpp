// outcome.hpp: what became of each example of a run. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "registry/evaluation/dataset.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct Outcome {
  std::string id;
  std::string label, answer;      // of a classification: what was expected, and what came
  double target = 0, number = 0;  // of a regression
  std::string failure;            // the reason, where no answer came: then answer and number say nothing
  std::uint64_t took_us = 0;

  bool is_failure() const { return !failure.empty(); }
};

struct Outcomes {
  EvaluationTask task = EvaluationTask::classification;
  std::vector<Outcome> rows;
};

inline constexpr std::size_t kOutcomesBytesMax = 8u << 20;

// The one canonical text, on one line.
std::string write_outcomes(const Outcomes& outcomes);
// Takes what write_outcomes() writes and nothing else. Reasons: evaluation.outcomes.
Result<Outcomes> parse_outcomes(std::string_view json);

}  // namespace stoa::registry
