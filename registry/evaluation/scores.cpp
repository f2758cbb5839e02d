// scores.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/evaluation/scores.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace stoa::registry {
namespace {

constexpr double kZ95 = 1.959963984540054;  // of the standard normal distribution, two-sided

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

double f1_of(std::uint64_t right, std::uint64_t answered, std::uint64_t expected) {
  return share(2 * right, answered + expected);
}

std::uint64_t nearest_rank(const std::vector<std::uint64_t>& sorted, std::uint64_t percent) {
  const std::uint64_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::uint64_t>(rank, 1) - 1];
}

Latency latency_of(const Outcomes& outcomes) {
  std::vector<std::uint64_t> times;
  for (const Outcome& row : outcomes.rows)
    if (!row.is_failure()) times.push_back(row.took_us);
  if (times.empty()) return {};
  std::ranges::sort(times);
  return {nearest_rank(times, 50), nearest_rank(times, 99), times.back()};
}

void count_classes(const Outcomes& outcomes, Scores& scores) {
  std::map<std::string, ClassCount> classes;
  for (const Outcome& row : outcomes.rows) {
    ClassCount& one = classes[row.label];
    one.label = row.label;
    ++one.expected;
  }
  for (const Outcome& row : outcomes.rows) {
    if (row.is_failure()) continue;
    const auto answered = classes.find(row.answer);
    if (answered == classes.end()) {
      ++scores.foreign;
      continue;
    }
    ++answered->second.answered;
    answered->second.right += row.answer == row.label;
  }
  for (auto& [unused, one] : classes) scores.classes.push_back(std::move(one));
}

// Two passes: the sum of squares of large errors would swallow the small differences that the interval is about.
std::optional<ErrorFigures> errors_of(const Outcomes& outcomes) {
  double n = 0, sum = 0, squares = 0, spread = 0;
  for (const Outcome& row : outcomes.rows) {
    if (row.is_failure()) continue;
    const double error = std::abs(row.number - row.target);
    ++n, sum += error, squares += error * error;
  }
  if (n == 0) return std::nullopt;
  const double mean = sum / n;
  for (const Outcome& row : outcomes.rows)
    if (!row.is_failure()) spread += std::pow(std::abs(row.number - row.target) - mean, 2);
  const double half = n < 2 ? 0 : kZ95 * std::sqrt(spread / (n - 1) / n);
  return ErrorFigures{mean, std::sqrt(squares / n), {std::max(0.0, mean - half), mean + half}};
}

}  // namespace

double ClassCount::precision() const { return share(right, answered); }
double ClassCount::recall() const { return share(right, expected); }
double ClassCount::f1() const { return f1_of(right, answered, expected); }

std::uint64_t Scores::failed() const {
  std::uint64_t sum = 0;
  for (const FailureCount& one : failures) sum += one.count;
  return sum;
}

std::uint64_t Scores::right() const {
  std::uint64_t sum = 0;
  for (const ClassCount& one : classes) sum += one.right;
  return sum;
}

double Scores::accuracy() const { return share(right(), examples); }
Interval Scores::accuracy_95() const { return wilson_95(right(), examples); }
double Scores::coverage() const { return share(answered(), examples); }

double Scores::macro_f1() const {
  double sum = 0;
  for (const ClassCount& one : classes) sum += one.f1();
  return classes.empty() ? 0 : sum / static_cast<double>(classes.size());
}

double Scores::micro_f1() const {
  std::uint64_t answers = 0, expected = 0;
  for (const ClassCount& one : classes) answers += one.answered, expected += one.expected;
  return f1_of(right(), answers, expected);
}

Scores score(const Outcomes& outcomes) {
  Scores scores;
  scores.task = outcomes.task;
  scores.examples = outcomes.rows.size();
  std::map<std::string, std::uint64_t> failures;
  for (const Outcome& row : outcomes.rows)
    if (row.is_failure()) ++failures[row.failure];
  for (const auto& [reason, count] : failures) scores.failures.push_back({reason, count});
  if (scores.task == EvaluationTask::classification)
    count_classes(outcomes, scores);
  else
    scores.errors = errors_of(outcomes);
  scores.latency = latency_of(outcomes);
  return scores;
}

// E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927): unlike the
// normal approximation it stays within 0 to 1 and has a width where all or none are right.
Interval wilson_95(std::uint64_t hits, std::uint64_t of) {
  if (of == 0) return {0, 1};
  const double n = static_cast<double>(of), p = static_cast<double>(hits) / n, z2 = kZ95 * kZ95;
  const double middle = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kZ95 / (1 + z2 / n) * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n));
  return {hits == 0 ? 0 : middle - half, hits == of ? 1 : middle + half};
}

}  // namespace stoa::registry
