// judgement.hpp: is a release worse than the one it is to replace? Counts in, a verdict with its numbers out.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>

#include "host/inference/served_model.hpp"
#include "host/rollout/traffic_plan.hpp"

namespace stoa::rollout {

// What one release did in some span of time.
struct Performance {
  std::uint64_t requests = 0, failed = 0;
  inference::LatencySnapshot latency;  // of those that were accepted
};

// Between two looks at the same model. A request counts as failed when its model failed it, took it past its deadline
// or refused it (not ready, queue full); not counted at all when its client hung up.
Performance performance_between(const inference::ModelStatistics& from, const inference::ModelStatistics& to);

enum class Finding : std::uint8_t { too_few, fine, worse };

struct Judgement {
  Finding finding = Finding::too_few;
  std::string reason;   // "rollout.errors", "rollout.latency" when worse
  std::string numbers;  // for people: both sides' counts and the bound that was or was not passed
};

// Rule. Below limits.requests_min on either side nothing is said. Then the release is worse when either
// - failures: the lower end of the confidence interval of (its share of failures - the stable's) is above
//   error_margin_ppm. The interval is Newcombe's for two proportions, of two Wilson score intervals, which hold for
//   few requests and for shares near 0, where the usual normal one says nothing.
// - latency: more than 1 % of its requests took longer than B, the first histogram bound at or above p99_ratio_max
//   times the stable's p99; by the lower end of the Wilson interval of that share. (The p99 is interpolated within its
//   bucket; the histogram has 1, 2.5 and 5 of each power of ten, so B is up to 2.5 times what was asked, never less.)
// z = 3.29: one in 2,000 looks errs by chance, because a step is looked at many times.
Judgement judge(const Performance& stable, const Performance& release, const RollbackLimits& limits);

// The 99th percentile in ns, interpolated within its bucket; 0 without requests, infinite beyond the last
// bound.
double p99_ns(const inference::LatencySnapshot& latency);

}  // namespace stoa::rollout
