// comparison.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/evaluation/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace stoa::registry {
namespace {

std::unexpected<Error> refuse(const char* reason, std::string message) {
  return failure(Code::failed_precondition, reason, std::move(message));
}

double figure_of(const Evaluation& evaluation) {
  if (evaluation.scores.task == EvaluationTask::classification) return evaluation.scores.accuracy();
  return evaluation.scores.errors ? evaluation.scores.errors->mean_absolute : 0;
}

// The less the better.
double badness(const Outcome& row, EvaluationTask task) {
  if (row.is_failure()) return task == EvaluationTask::classification ? 1 : std::numeric_limits<double>::infinity();
  return task == EvaluationTask::classification ? row.answer != row.label : std::abs(row.number - row.target);
}

}  // namespace

double sign_test(std::uint64_t one, std::uint64_t other) {
  const double n = static_cast<double>(one + other), less = static_cast<double>(std::min(one, other));
  // Terms of the binomial distribution by their logarithms: 2^-n is no double from n = 1075 on.
  double tail = 0;
  for (double i = 0; i <= less; ++i)
    tail += std::exp(std::lgamma(n + 1) - std::lgamma(i + 1) - std::lgamma(n - i + 1) - n * std::log(2.0));
  return std::min(1.0, 2 * tail);
}

Result<Comparison> compare(const Evaluation& first, const Evaluation& second) {
  if (first.dataset.sha256 != second.dataset.sha256)
    return refuse("comparison.dataset",
                  fmt::format("'{}' and '{}' are not the same data: {} and {}", first.dataset.name, second.dataset.name,
                              to_hex(first.dataset.sha256), to_hex(second.dataset.sha256)));
  if (first.scores.task != second.scores.task)
    return refuse("comparison.task",
                  fmt::format("one is a {}, the other a {}", name_of(first.scores.task), name_of(second.scores.task)));
  if (first.scores.examples != second.scores.examples)
    return refuse("comparison.examples", fmt::format("one was run on {} examples of the set, the other on {}",
                                                     first.scores.examples, second.scores.examples));
  return Comparison{figure_of(first), figure_of(second), std::nullopt};
}

Result<Comparison> compare(const Evaluation& first, const Outcomes& first_outcomes, const Evaluation& second,
                           const Outcomes& second_outcomes) {
  auto compared = compare(first, second);
  if (!compared) return compared;
  const auto& one = first_outcomes.rows;
  const auto& other = second_outcomes.rows;
  const auto is_same = [](const Outcome& a, const Outcome& b) {
    return a.id == b.id && a.label == b.label && a.target == b.target;
  };
  if (first_outcomes.task != second_outcomes.task || !std::ranges::equal(one, other, is_same))
    return refuse("comparison.outcomes", "the outcomes of the two are not about the same examples in the same order");
  PairedTest test;
  for (std::size_t i = 0; i < one.size(); ++i) {
    const double a = badness(one[i], first_outcomes.task), b = badness(other[i], first_outcomes.task);
    ++(a < b ? test.first_better : b < a ? test.second_better : test.even);
  }
  test.p = sign_test(test.first_better, test.second_better);
  compared->paired = test;
  return compared;
}

}  // namespace stoa::registry
