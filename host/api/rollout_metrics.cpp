// rollout_metrics.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/rollout_metrics.hpp"

#include <optional>

namespace stoa::api {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

bool is_verdict(const ReleaseReport& release) {
  return release.state == "failed" || release.state == "rolled_back" || release.state == "revoked";
}

struct ReleaseRow {
  const char *name, *help;
  bool is_counter;
  const char* label;  // that the release's state stands under; null: none
  std::optional<double> (*value)(const ReleaseReport& release);
};
constexpr ReleaseRow kReleaseRows[] = {
    {"stoa_release_share_ratio", "part of the requests that name no version", false, nullptr,
     [](const ReleaseReport& release) { return std::optional(static_cast<double>(release.share_ppm) / 1e6); }},
    {"stoa_release_state", "1 for the state the release is in", false, "state",
     [](const ReleaseReport&) { return std::optional(1.0); }},
    {"stoa_release_requests_total", "requests that count for or against the release", true, nullptr,
     [](const ReleaseReport& release) {
       return release.figures ? std::optional(static_cast<double>(release.figures->requests)) : std::nullopt;
     }},
    {"stoa_release_failures_total", "of those, the ones it failed, refused or kept past their deadline", true, nullptr,
     [](const ReleaseReport& release) {
       return release.figures ? std::optional(static_cast<double>(release.figures->failed)) : std::nullopt;
     }},
    {"stoa_release_verdict", "1 while the release is kept from answering", false, "verdict",
     [](const ReleaseReport& release) { return is_verdict(release) ? std::optional(1.0) : std::nullopt; }},
};

struct OutcomeRow {
  const char* outcome;
  std::uint64_t ShadowReport::* count;
};
constexpr OutcomeRow kOutcomes[] = {{"equal", &ShadowReport::equal},
                                    {"different", &ShadowReport::different},
                                    {"failed", &ShadowReport::failed},
                                    {"dropped", &ShadowReport::dropped},
                                    {"skipped", &ShadowReport::skipped}};

}  // namespace

std::vector<HostGauge> rollout_gauges(const std::vector<ModelReport>& models) {
  std::vector<HostGauge> gauges;
  for (const ReleaseRow& row : kReleaseRows)
    for (const ModelReport& model : models)
      for (const ReleaseReport& release : model.releases) {
        const auto value = row.value(release);
        if (!value) continue;
        Labels labels = {{"model", model.model}, {"version", release.version}};
        if (row.label != nullptr) labels.emplace_back(row.label, release.state);
        gauges.push_back({row.name, row.help, *value, std::move(labels), row.is_counter});
      }
  for (const ModelReport& model : models) {
    if (!model.shadow) continue;
    for (const OutcomeRow& row : kOutcomes)
      gauges.push_back({"stoa_shadow_answers_total",
                        "copies of requests to a shadow, by what came of them",
                        static_cast<double>((*model.shadow).*row.count),
                        {{"model", model.model}, {"version", model.shadow->version}, {"outcome", row.outcome}},
                        true});
  }
  for (const ModelReport& model : models)
    if (model.shadow)
      gauges.push_back({"stoa_shadow_held_requests",
                        "copies under way",
                        static_cast<double>(model.shadow->held),
                        {{"model", model.model}, {"version", model.shadow->version}}});
  return gauges;
}

}  // namespace stoa::api
