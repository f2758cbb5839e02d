// traffic_plan.cpp SPDX-License-Identifier: Apache-2.0
#include "host/rollout/traffic_plan.hpp"

#include <algorithm>

namespace stoa::rollout {
namespace {

constexpr std::uint32_t kWholePpm = 1'000'000;

std::unexpected<Error> refused(const TrafficPlan& plan, const std::string& what) {
  return failure(Code::invalid_argument, "rollout.plan", "plan of model \"" + plan.model + "\": " + what);
}

Result<void> check_candidate(const TrafficPlan& plan, const CandidatePlan& candidate) {
  if (candidate.version.empty()) return refused(plan, "candidate.version is empty");
  if (candidate.version == plan.stable) return refused(plan, "candidate.version is the stable one, " + plan.stable);
  std::uint32_t last = 0;
  for (const std::uint32_t step : candidate.steps_ppm) {
    if (step <= last || step > kWholePpm)
      return refused(plan, "candidate.steps_ppm has " + std::to_string(step) + " behind " + std::to_string(last) +
                               ", want rising steps up to 1000000");
    last = step;
  }
  if (candidate.first_step > 0 && candidate.first_step >= candidate.steps_ppm.size())
    return refused(plan, "candidate.first_step is " + std::to_string(candidate.first_step) + " of " +
                             std::to_string(candidate.steps_ppm.size()) + " steps");
  if (candidate.promotes && candidate.steps_ppm.empty())
    return refused(plan, "candidate.promotes needs at least one of candidate.steps_ppm");
  if (std::ranges::count(candidate.customers, "") > 0)
    return refused(plan, "candidate.customers has an empty id, which is everybody's who has none");
  return {};
}

Result<void> check_shadow(const TrafficPlan& plan, const ShadowPlan& shadow) {
  if (shadow.version.empty()) return refused(plan, "shadow.version is empty");
  const bool is_served = shadow.version == plan.stable || (plan.candidate && shadow.version == plan.candidate->version);
  if (is_served || std::ranges::count(plan.pinned, shadow.version) > 0)
    return refused(plan, "shadow.version " + shadow.version + " answers requests, too");
  if (shadow.share_ppm > kWholePpm) return refused(plan, "shadow.share_ppm is more than 1000000");
  if (shadow.waiting_max == 0 || shadow.inflight_max == 0)
    return refused(plan, "shadow.waiting_max and shadow.inflight_max are at least 1");
  if (!(shadow.atol >= 0) || !(shadow.rtol >= 0)) return refused(plan, "shadow.atol and shadow.rtol are at least 0");
  return {};
}

}  // namespace

Result<void> check(const TrafficPlan& plan) {
  if (plan.model.empty()) return refused(plan, "model is empty");
  if (plan.stable.empty() && (plan.pinned.empty() || plan.candidate || plan.shadow))
    return refused(plan, "stable is empty, which only a plan of nothing but pinned versions may be");
  if (std::ranges::count(plan.pinned, "") > 0) return refused(plan, "pinned has an empty version");
  if (plan.limits.requests_min == 0) return refused(plan, "limits.requests_min is at least 1");
  if (plan.limits.window_ns == 0) return refused(plan, "limits.window_ns is at least 1");
  if (plan.limits.error_margin_ppm > kWholePpm) return refused(plan, "limits.error_margin_ppm is more than 1000000");
  if (plan.limits.p99_ratio_max != 0 && !(plan.limits.p99_ratio_max >= 1))
    return refused(plan, "limits.p99_ratio_max is 0 or at least 1");
  if (plan.candidate)
    if (auto checked = check_candidate(plan, *plan.candidate); !checked) return checked;
  return plan.shadow ? check_shadow(plan, *plan.shadow) : Result<void>();
}

}  // namespace stoa::rollout
