// test_outcomes.hpp: outcomes and evaluations for tests. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "registry/evaluation/evaluation.hpp"

namespace stoa::registry {

struct LabelPair {
  std::string expected, answer;  // answer empty: a failure
};

inline Outcomes labels(const std::vector<LabelPair>& pairs) {
  Outcomes outcomes;
  for (const LabelPair& pair : pairs) {
    const std::size_t n = outcomes.rows.size() + 1;
    outcomes.rows.push_back({.id = std::to_string(n),
                             .label = pair.expected,
                             .answer = pair.answer,
                             .failure = pair.answer.empty() ? "request.deadline" : "",
                             .took_us = n * 100});
  }
  return outcomes;
}

struct NumberPair {
  double target, number;
  bool is_failure = false;
};

inline Outcomes numbers(const std::vector<NumberPair>& pairs) {
  Outcomes outcomes{.task = EvaluationTask::regression, .rows = {}};
  for (const NumberPair& pair : pairs) {
    const std::size_t n = outcomes.rows.size() + 1;
    outcomes.rows.push_back({.id = std::to_string(n),
                             .label = {},
                             .answer = {},
                             .target = pair.target,
                             .number = pair.is_failure ? 0 : pair.number,
                             .failure = pair.is_failure ? "request.deadline" : "",
                             .took_us = n * 100});
  }
  return outcomes;
}

// As the command makes it; a test says what has to be otherwise.
inline Evaluation evaluation_of(const Outcomes& outcomes) {
  const std::string kept = write_outcomes(outcomes);
  return {.plugin = "acme/vision",
          .version = "1.2.0",
          .model = "acme/classify",
          .package_sha256 = sha256_of("package"),
          .dataset = {"animals", sha256_of("data"), outcomes.rows.size()},
          .scores = score(outcomes),
          .run = {.on = "package",
                  .isolation = "T2",
                  .concurrency = 2,
                  .os = "linux",
                  .arch = "x86_64",
                  .cpu = "a processor",
                  .cpus = 2,
                  .stoa = "0.1.0",
                  .at_ms = 1'790'000'000'000,
                  .took_ms = 17},
          .outcomes = OutcomesDigest{sha256_of(kept), kept.size()}};
}

}  // namespace stoa::registry
