// rollout_board.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/rollout_board.hpp"

#include <algorithm>
#include <cmath>

#include "host/rollout/judgement.hpp"

namespace stoa::app {
namespace {

constexpr std::uint64_t kWholePpm = 1'000'000;

api::ReleaseReport report_of(const rollout::ModelStatus& model, const rollout::ReleaseStatus& release) {
  api::ReleaseReport report{.version = release.version,
                            .state = std::string(rollout::name_of(release.state)),
                            .reason = release.reason,
                            .share_ppm = 0,
                            .figures = std::nullopt};
  if (release.version == model.candidate)
    report.share_ppm = model.candidate_ppm;
  else if (release.version == model.stable)
    report.share_ppm = kWholePpm - (model.candidate.empty() ? 0 : model.candidate_ppm);
  if (!release.statistics) return report;
  const rollout::Performance all = rollout::performance_between({}, *release.statistics);
  const double p99_us = rollout::p99_ns(all.latency) / 1e3;
  report.figures = {.requests = all.requests,
                    .failed = all.failed,
                    .p99_us = std::isfinite(p99_us) ? static_cast<std::uint64_t>(p99_us) : 0};
  return report;
}

api::ModelReport report_of(const rollout::ModelStatus& model) {
  api::ModelReport report{.model = model.model,
                          .stable = model.stable,
                          .candidate = model.candidate,
                          .previous = model.previous,
                          .judgement = model.judgement,
                          .releases = {},
                          .shadow = std::nullopt};
  for (const rollout::ReleaseStatus& release : model.releases) {
    report.releases.push_back(report_of(model, release));
    if (!model.shadow || release.state != rollout::ReleaseState::shadowing) continue;
    const rollout::ShadowStatistics& seen = *model.shadow;
    report.shadow = api::ShadowReport{.version = release.version,
                                      .equal = seen.equal,
                                      .different = seen.different,
                                      .failed = seen.failed,
                                      .dropped = seen.dropped,
                                      .skipped = seen.skipped,
                                      .held = seen.held,
                                      .last_difference = seen.last_difference};
  }
  return report;
}

}  // namespace

void RolloutBoard::note(const registry::ResolutionChange& change) {
  const std::lock_guard lock(mutex_);
  if (change.is_whole) verdicts_.clear();
  for (const std::string& model : change.models) verdicts_.erase(model);
  for (const registry::VerdictRecord& verdict : change.input.verdicts)
    if (!verdict.forgiven_ms) verdicts_[verdict.model].push_back(verdict);
}

std::vector<api::ModelReport> RolloutBoard::report() const {
  std::vector<api::ModelReport> all;
  for (const rollout::ModelStatus& model : rollout_.status()) all.push_back(report_of(model));
  const std::lock_guard lock(mutex_);
  for (const auto& [name, verdicts] : verdicts_) {
    auto model = std::ranges::find(all, name, &api::ModelReport::model);
    if (model == all.end()) {
      all.push_back({.model = name});
      model = std::prev(all.end());
    }
    for (const registry::VerdictRecord& verdict : verdicts) {
      const auto is_it = [&](const api::ReleaseReport& one) { return one.version == verdict.version; };
      // Here since before the verdict is known elsewhere: what runs says more.
      const auto known = std::ranges::find_if(model->releases, is_it);
      const std::string reason = verdict.reason + (verdict.numbers.empty() ? "" : ": " + verdict.numbers);
      if (known == model->releases.end())
        model->releases.push_back({.version = verdict.version, .state = verdict.state, .reason = reason});
      else if (known->reason.empty() && known->share_ppm == 0)
        known->state = verdict.state, known->reason = reason;
    }
  }
  std::ranges::sort(all, {}, &api::ModelReport::model);
  return all;
}

}  // namespace stoa::app
