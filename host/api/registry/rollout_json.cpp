// rollout_json.cpp: roll-outs as JSON. SPDX-License-Identifier: Apache-2.0
#include "host/api/registry/registry_json.hpp"

namespace stoa::api {

Json json_of(const registry::RolloutRecord& record) {
  const registry::RolloutPlan& plan = record.plan;
  Json json{{"id", record.id.text}, {"model", plan.model}, {"state", name_of(record.state)}, {"stable", record.stable}};
  if (plan.shadow) {
    json["shadow"] = {{"version", plan.shadow->version},
                      {"share_ppm", plan.shadow->share_ppm},
                      {"atol_nano", plan.shadow->atol_nano},
                      {"rtol_nano", plan.shadow->rtol_nano}};
  } else {
    json["version"] = plan.version;
    json["share_ppm"] = record.share_ppm();
    json["step"] = record.step;
    json["steps_ppm"] = plan.steps_ppm;
    json["customers"] = plan.customers;
    json["promotes"] = plan.promotes;
  }
  json["limits"] = {{"requests_min", plan.limits.requests_min},
                    {"window_ms", plan.limits.window_ms},
                    {"error_margin_ppm", plan.limits.error_margin_ppm},
                    {"p99_ratio_percent", plan.limits.p99_ratio_percent},
                    {"unready_ms", plan.limits.unready_ms}};
  for (const auto& [name, text] : {std::pair<const char*, const std::string&>{"reason", record.reason},
                                   {"numbers", record.numbers},
                                   {"note", plan.note}})
    if (!text.empty()) json[name] = text;
  json["actor"] = record.actor;
  json["started"] = time_text(record.started_ms);
  json["changed"] = time_text(record.changed_ms);
  return json;
}

Json json_of(const registry::VerdictRecord& verdict) {
  Json json{{"model", verdict.model},   {"version", verdict.version},    {"state", verdict.state},
            {"reason", verdict.reason}, {"numbers", verdict.numbers},    {"back_to", verdict.back_to},
            {"actor", verdict.actor},   {"at", time_text(verdict.at_ms)}};
  if (verdict.forgiven_ms) json["forgiven"] = time_text(*verdict.forgiven_ms);
  return json;
}

Json json_of(const registry::RolledBack& done) { return {{"model", done.model}, {"from", done.from}, {"to", done.to}}; }

Json json_of(const ModelReport& report) {
  Json json{{"model", report.model}, {"stable", report.stable}};
  if (!report.candidate.empty()) json["candidate"] = report.candidate;
  if (!report.previous.empty()) json["previous"] = report.previous;
  if (!report.judgement.empty()) json["judgement"] = report.judgement;
  Json releases = Json::array();
  for (const ReleaseReport& release : report.releases) {
    Json one{{"version", release.version}, {"state", release.state}, {"share_ppm", release.share_ppm}};
    if (release.figures) {
      one["requests"] = release.figures->requests;
      one["failed"] = release.figures->failed;
      if (release.figures->p99_us > 0) one["p99_us"] = release.figures->p99_us;
    }
    if (!release.reason.empty()) one["reason"] = release.reason;
    releases.push_back(std::move(one));
  }
  json["releases"] = std::move(releases);
  if (!report.shadow) return json;
  const ShadowReport& shadow = *report.shadow;
  json["shadow"] = {{"version", shadow.version}, {"equal", shadow.equal},     {"different", shadow.different},
                    {"failed", shadow.failed},   {"dropped", shadow.dropped}, {"skipped", shadow.skipped},
                    {"held", shadow.held}};
  if (!shadow.last_difference.empty()) json["shadow"]["last_difference"] = shadow.last_difference;
  return json;
}

}  // namespace stoa::api
