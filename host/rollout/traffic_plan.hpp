// traffic_plan.hpp: what an operator wants one model name to stand for: typed, checked, whoever stores it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "stoa/result.hpp"

namespace stoa::rollout {

// One model of a release, as applications call it.
struct ReleaseId {
  std::string model, version;
  auto operator<=>(const ReleaseId&) const = default;
};

// A release on trial. Who gets it is decided by customer, else by session, else by request: see inference::Asker.
struct CandidatePlan {
  std::string version;
  std::vector<std::string> customers;  // opaque ids; these get it at every step
  std::vector<std::uint32_t>
      steps_ppm;  // shares of those who ask, each larger than the one before; empty: customers only
  // After the last step has held it becomes the stable release; else it stays at that step until the plan changes.
  bool promotes = false;
  std::size_t first_step = 0;  // where the trial begins: a host that starts again goes on with the step it had reached
};

// A release that gets copies of requests. Its answers are compared and thrown away, never sent, never charged.
struct ShadowPlan {
  std::string version;
  std::uint32_t share_ppm = 1'000'000;          // of the requests that the stable release answers
  std::uint32_t waiting_max = 256;              // copies under way; beyond that they are dropped, and counted
  std::uint64_t waiting_bytes_max = 64u << 20;  // inputs kept alive for them, and answers copied
  std::uint32_t inflight_max = 4;               // with the shadow's model at once
  double atol = 1e-5, rtol = 1e-4;              // floats differ beyond atol + rtol * |expected|; all else is exact
};

// When a release is taken back without being asked. See judgement.hpp for the rule.
struct RollbackLimits {
  std::uint64_t requests_min = 100;          // of either side, before anything is said
  std::uint64_t window_ns = 60'000'000'000;  // counts are of this long; a step holds for one window at least
  std::uint32_t error_margin_ppm = 5'000;    // more failures than the stable's, beyond what chance explains
  double p99_ratio_max = 2.0;                // of the stable's; 0: latency is not looked at
  std::uint64_t unready_ns = 5'000'000'000;  // a release that takes no requests for so long
};

struct TrafficPlan {
  std::string model;
  std::string stable;  // empty: nobody is answered by default, and what is pinned is all there is
  std::optional<CandidatePlan> candidate;
  std::optional<ShadowPlan> shadow;
  std::vector<std::string> pinned;  // stay reachable by exact version
  std::vector<std::string> barred;  // were taken back: never the way back of who answers now
  RollbackLimits limits;
  bool keeps_previous = true;  // the last stable release stays loaded; else a rollback loads it again first
};

// invalid_argument "rollout.plan": the message names the field and the rule.
Result<void> check(const TrafficPlan& plan);

}  // namespace stoa::rollout
