// rollout_plans.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/rollout_plans.hpp"

#include <algorithm>

namespace stoa::app {
namespace {

using registry::RolloutRecord;
using registry::RolloutState;

rollout::RollbackLimits limits_of(const registry::RolloutLimits& limits) {
  return {.requests_min = limits.requests_min,
          .window_ns = limits.window_ms * 1'000'000,
          .error_margin_ppm = static_cast<std::uint32_t>(limits.error_margin_ppm),
          .p99_ratio_max = static_cast<double>(limits.p99_ratio_percent) / 100,
          .unready_ns = limits.unready_ms * 1'000'000};
}

rollout::CandidatePlan candidate_of(const RolloutRecord& record) {
  rollout::CandidatePlan candidate{.version = record.plan.version, .customers = record.plan.customers, .steps_ppm = {}};
  const std::vector<std::uint64_t>& steps = record.plan.steps_ppm;
  if (steps.empty()) return candidate;
  const std::size_t step = std::min<std::size_t>(record.step, steps.size() - 1);
  if (record.state == RolloutState::paused) {
    candidate.steps_ppm = {static_cast<std::uint32_t>(steps[step])};
    return candidate;
  }
  candidate.steps_ppm.assign(steps.begin(), steps.end());
  candidate.first_step = step;
  candidate.promotes = record.plan.promotes;
  return candidate;
}

rollout::ShadowPlan shadow_of(const registry::RolloutShadow& shadow) {
  rollout::ShadowPlan plan;
  plan.version = shadow.version;
  plan.share_ppm = static_cast<std::uint32_t>(shadow.share_ppm);
  plan.atol = static_cast<double>(shadow.atol_nano) / 1e9;
  plan.rtol = static_cast<double>(shadow.rtol_nano) / 1e9;
  return plan;
}

}  // namespace

RolloutFacts::RolloutFacts(const registry::ResolutionInput& input) {
  for (const registry::VerdictRecord& verdict : input.verdicts)
    if (!verdict.forgiven_ms) verdicts_.emplace(verdict.model, &verdict);
  for (const RolloutRecord& record : input.rollouts) rollouts_.emplace(record.plan.model, &record);
}

std::vector<const registry::VerdictRecord*> RolloutFacts::verdicts_on(std::string_view model) const {
  std::vector<const registry::VerdictRecord*> found;
  const auto [begin, end] = verdicts_.equal_range(model);
  for (auto at = begin; at != end; ++at) found.push_back(at->second);
  return found;
}

const RolloutRecord* RolloutFacts::last_of(std::string_view model) const {
  const auto at = rollouts_.find(model);
  return at == rollouts_.end() ? nullptr : at->second;
}

void aim(rollout::TrafficPlan& plan, const std::vector<registry::AliasTarget>& targets) {
  plan.stable = targets[0].version;
  if (targets.size() > 1)
    plan.candidate =
        rollout::CandidatePlan{.version = targets[1].version, .customers = {}, .steps_ppm = {targets[1].ppm}};
}

void steer(rollout::TrafficPlan& plan, const RolloutRecord& record,
           const std::vector<registry::OfferedRelease>& releases) {
  const auto state_of = [&](const std::string& version) {
    const auto at = std::ranges::find(releases, version, &registry::OfferedRelease::version);
    if (at == releases.end()) return registry::ReleaseState::revoked;
    return at->is_listed ? at->state : registry::ReleaseState::yanked;  // of a delisted plugin: nobody's either
  };
  if (record.state == RolloutState::promoted && plan.stable == record.plan.version)
    plan.limits = limits_of(record.plan.limits);
  if (!is_active(record.state)) return;
  // What it began with; where that was withdrawn meanwhile, what the name means without it.
  if (is_resolvable(state_of(record.stable))) {
    plan.stable = record.stable;
    plan.candidate.reset();
  }
  plan.limits = limits_of(record.plan.limits);
  const std::string& tried = record.plan.shadow ? record.plan.shadow->version : record.plan.version;
  if (plan.stable.empty() || tried == plan.stable || !is_resolvable(state_of(tried))) return;
  if (!record.plan.shadow)
    plan.candidate = candidate_of(record);
  else if (std::ranges::count(plan.pinned, tried) == 0)  // else an alias has it answer
    plan.shadow = shadow_of(*record.plan.shadow);
}

std::optional<registry::RolloutNews> news_of(const std::string& model, const rollout::Step& step) {
  using Kind = registry::RolloutNews::Kind;
  using enum rollout::ReleaseState;
  registry::RolloutNews news{.kind = Kind::step,
                             .model = model,
                             .version = step.version,
                             .step = step.trial_step,
                             .reason = {},
                             .numbers = step.why,
                             .back_to = {}};
  if (step.from == shifting && step.to == shifting) return news;
  constexpr std::string_view kPromoted = "promoted: ";
  if (step.to == serving && step.why.starts_with(kPromoted)) {
    news.kind = Kind::promoted;
    news.numbers = step.why.substr(kPromoted.size());
    return news;
  }
  // Failed ones that are not ready any more, too: a plugin that cannot be started again.
  if (step.to != rolled_back && step.to != failed) return std::nullopt;
  news.kind = step.to == failed ? Kind::failed : Kind::rolled_back;
  const std::size_t colon = step.why.find(": ");
  news.reason = step.why.substr(0, colon);
  news.numbers = colon == std::string::npos ? std::string() : step.why.substr(colon + 2);
  news.back_to = step.answers == step.version ? std::string() : step.answers;
  return news;
}

}  // namespace stoa::app
