// comparison.hpp: two evaluations on the same examples, side by side. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "registry/evaluation/evaluation.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// Of each example, which of the two did better: of a classification the one that was right; of a regression the one
// that was nearer. A failure is worse than any answer. Without any difference between the two, each would be the better
// one as often as the other; p is how likely a split at least as uneven is then, exactly (of a classification this is
// McNemar's exact test, of a regression the sign test).
struct PairedTest {
  std::uint64_t first_better = 0, second_better = 0, even = 0;
  double p = 1;
};

struct Comparison {
  double first = 0, second = 0;      // accuracy, or mean absolute error
  std::optional<PairedTest> paired;  // where the outcomes of both are there
};

// Refused, failed_precondition: comparison.dataset (other bytes, whatever the names), comparison.examples (not as many
// of them were run), comparison.task. Outcomes have been verified against their evaluations; comparison.outcomes:
// they are not about the same examples in the same order.
Result<Comparison> compare(const Evaluation& first, const Evaluation& second);
Result<Comparison> compare(const Evaluation& first, const Outcomes& first_outcomes, const Evaluation& second,
                           const Outcomes& second_outcomes);

// Two-sided, of a fair coin that fell so often on each side.
double sign_test(std::uint64_t one, std::uint64_t other);

}  // namespace stoa::registry
