// traffic_plan_test.cpp: each bad plan is refused with the field it is wrong in. SPDX-License-Identifier: Apache-2.0
#include "host/rollout/traffic_plan.hpp"

#include <gtest/gtest.h>

#include <functional>

namespace stoa::rollout {
namespace {

TEST(TrafficPlan, RefusesOneThingWrong) {
  struct Row {
    std::function<void(TrafficPlan&)> change;
    std::string expected;  // in the message; empty: accepted
  };
  const Row rows[] = {
      {[](auto&) {}, ""},
      {[](auto& p) { p.model.clear(); }, "model is empty"},
      {[](auto& p) { p.stable.clear(); }, "stable is empty"},
      {[](auto& p) { p.candidate->version.clear(); }, "candidate.version is empty"},
      {[](auto& p) { p.candidate->version = "1.0.0"; }, "candidate.version is the stable one"},
      {[](auto& p) { p.candidate->steps_ppm = {0}; }, "candidate.steps_ppm has 0"},
      {[](auto& p) { p.candidate->steps_ppm = {500, 500}; }, "candidate.steps_ppm has 500 behind 500"},
      {[](auto& p) { p.candidate->steps_ppm = {1'000'001}; }, "candidate.steps_ppm has 1000001"},
      {[](auto& p) { p.candidate->steps_ppm = {1'000'000}; }, ""},
      {[](auto& p) { p.candidate->steps_ppm.clear(); }, ""},
      {[](auto& p) { p.candidate->steps_ppm.clear(), p.candidate->promotes = true; }, "candidate.promotes"},
      {[](auto& p) { p.candidate->customers = {"a", ""}; }, "candidate.customers has an empty id"},
      {[](auto& p) { p.candidate.reset(); }, ""},
      {[](auto& p) { p.shadow->version = "1.0.0"; }, "shadow.version 1.0.0 answers requests"},
      {[](auto& p) { p.shadow->version = "2.0.0"; }, "shadow.version 2.0.0 answers requests"},
      {[](auto& p) { p.shadow->version = "0.9.0"; }, "shadow.version 0.9.0 answers requests"},
      {[](auto& p) { p.shadow->version.clear(); }, "shadow.version is empty"},
      {[](auto& p) { p.shadow->share_ppm = 1'000'001; }, "shadow.share_ppm"},
      {[](auto& p) { p.shadow->inflight_max = 0; }, "shadow.inflight_max"},
      {[](auto& p) { p.shadow->waiting_max = 0; }, "shadow.waiting_max"},
      {[](auto& p) { p.shadow->atol = -1; }, "shadow.atol"},
      {[](auto& p) { p.shadow->rtol = std::numeric_limits<double>::quiet_NaN(); }, "shadow.rtol"},
      {[](auto& p) { p.shadow.reset(); }, ""},
      {[](auto& p) { p.pinned = {""}; }, "pinned"},
      {[](auto& p) { p.limits.requests_min = 0; }, "limits.requests_min"},
      {[](auto& p) { p.limits.window_ns = 0; }, "limits.window_ns"},
      {[](auto& p) { p.limits.error_margin_ppm = 1'000'001; }, "limits.error_margin_ppm"},
      {[](auto& p) { p.limits.p99_ratio_max = 0.5; }, "limits.p99_ratio_max"},
      {[](auto& p) { p.limits.p99_ratio_max = 0; }, ""},
  };
  for (const Row& row : rows) {
    TrafficPlan plan;
    plan.model = "acme/vision";
    plan.stable = "1.0.0";
    plan.candidate = CandidatePlan{"2.0.0", {"c1"}, {10'000, 500'000}, false};
    plan.shadow.emplace().version = "3.0.0";
    plan.pinned = {"0.9.0"};
    row.change(plan);
    const auto checked = check(plan);
    EXPECT_EQ(checked.has_value(), row.expected.empty()) << row.expected;
    if (checked) continue;
    EXPECT_EQ(checked.error().reason, "rollout.plan");
    EXPECT_NE(checked.error().message.find(row.expected), std::string::npos) << checked.error().message;
  }
}

}  // namespace
}  // namespace stoa::rollout
