// scores.hpp: figures over the outcomes of a run. What each means: docs/reference/evaluation.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "registry/evaluation/outcome.hpp"

namespace stoa::registry {

// One label of the set: how often it was expected, answered, and both.
struct ClassCount {
  std::string label;
  std::uint64_t expected = 0, answered = 0, right = 0;
  friend bool operator==(const ClassCount&, const ClassCount&) = default;

  // 0 where nothing is divided by.
  double precision() const;
  double recall() const;
  double f1() const;
};

struct FailureCount {
  std::string reason;
  std::uint64_t count = 0;
  friend bool operator==(const FailureCount&, const FailureCount&) = default;
};

struct Interval {
  double low = 0, high = 0;
  friend bool operator==(const Interval&, const Interval&) = default;
};

// Nearest rank: the smallest value that so many of a hundred do not exceed. Of answered examples.
struct Latency {
  std::uint64_t p50_us = 0, p99_us = 0, max_us = 0;
  friend bool operator==(const Latency&, const Latency&) = default;
};

// Of the answered examples of a regression. The interval is that of the mean absolute error, by the normal
// approximation; of fewer than two answers it has no width.
struct ErrorFigures {
  double mean_absolute = 0, root_mean_square = 0;
  Interval mean_absolute_95;
  friend bool operator==(const ErrorFigures&, const ErrorFigures&) = default;
};

// Invariant: a failure counts as an example that is not right; no figure gets better by not answering.
struct Scores {
  EvaluationTask task = EvaluationTask::classification;
  std::uint64_t examples = 0;
  std::vector<FailureCount> failures;  // in the order of their reasons
  std::vector<ClassCount> classes;     // in the order of their labels
  std::uint64_t foreign = 0;           // answers that are no label of the set: not right, and no class of their own
  std::optional<ErrorFigures> errors;  // of a regression with an answer
  Latency latency;
  friend bool operator==(const Scores&, const Scores&) = default;

  std::uint64_t failed() const;
  std::uint64_t answered() const { return examples - failed(); }
  std::uint64_t right() const;
  double accuracy() const;  // right / examples
  Interval accuracy_95() const;
  double macro_f1() const;  // the mean of the classes'
  double micro_f1() const;  // over the sums of the classes
  // Answered / examples: what a regression's errors do not tell.
  double coverage() const;
};

Scores score(const Outcomes& outcomes);

// Wilson's interval of a share, 95 %.
Interval wilson_95(std::uint64_t hits, std::uint64_t of);

}  // namespace stoa::registry
