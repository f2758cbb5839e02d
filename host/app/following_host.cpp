// following_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/following_host.hpp"

#include <algorithm>
#include <chrono>

namespace stoa::app {
namespace {

// Between two looks at which packages are needed.
constexpr std::chrono::milliseconds kLookMin{100}, kLookMax{3'600'000};

}  // namespace

Result<std::unique_ptr<FollowingHost>> FollowingHost::open(const ServingParts& parts) {
  std::unique_ptr<FollowingHost> made(new FollowingHost(parts));
  FollowingHost& host = *made;
  const RegistryConfig& config = *parts.config.registry;
  auto remote = RemoteCatalogue::open({.config = *config.follow,
                                       .serve = ServeRule(config.serve),
                                       .keep_s = config.keep_s,
                                       .folder = config.folder,
                                       .log = parts.log,
                                       .changed = [&host] { host.follower_->changed(); },
                                       .signed_at = parts.signed_at,
                                       .revoked =
                                           [&rollout = parts.rollout](const registry::PublicRelease& release) {
                                             // The follower's thread may be busy with a download.
                                             for (const std::string& model : release.models)
                                               rollout.revoke({model, release.version});
                                           }});
  if (!remote) return std::unexpected(remote.error());
  host.remote_ = std::move(*remote);
  auto reports =
      FindingReports::open({.config = *config.follow, .folder = config.folder, .log = parts.log, .changed = [&host] {
                              host.follower_->changed();
                            }});
  if (!reports) return std::unexpected(reports.error());
  host.reports_ = std::move(*reports);
  host.follower_ = std::make_unique<CatalogueFollower>(follower_parts(
      parts, {.read = [&host](std::set<std::string> models) -> Result<registry::ResolutionChange> {
                models.merge(host.reports_->take_changed());
                auto change = host.remote_->read(models);
                if (!change) return change;  // nothing was heard yet: the first one is whole
                return host.reports_->complete(std::move(*change));
              },
              .package = [&remote = *host.remote_](const WantedPackage& package) { return remote.package(package); },
              .needed = [&remote = *host.remote_](const auto& needed) { remote.keep_only(needed); },
              .needed_every =
                  std::clamp<std::chrono::milliseconds>(std::chrono::seconds(config.keep_s) / 8, kLookMin, kLookMax)}));
  return made;
}

api::Following FollowingHost::following() const {
  const RemoteCatalogue::Standing now = remote_->standing();
  const FindingReports::Standing told = reports_->standing();
  api::Following following{.registry = parts_.config.registry->follow->url,
                           .timestamp = now.version,
                           .heard_s = now.heard_s,
                           .expires_s = now.expires_s,
                           .reason = now.reason,
                           .message = now.message,
                           .reports = {.state = !told.has_token ? "none"
                                                : told.is_heard ? "heard"
                                                                : "not_heard",
                                       .waiting = told.waiting,
                                       .reason = told.reason,
                                       .message = told.message},
                           .verdicts = {},
                           .models = parts_.board.report()};
  for (const OwnVerdict& own : told.own) following.verdicts.push_back({own.record, own.is_told});
  return following;
}

void FollowingHost::add_routes(std::vector<http::Route>& operators) {
  operators.push_back(api::following_route([this] { return following(); }));
}

std::vector<api::HostGauge> FollowingHost::gauges() const {
  const RemoteCatalogue::Standing now = remote_->standing();
  std::vector<api::HostGauge> gauges{
      {"stoa_extra_releases", "releases held because somebody asked for them",
       static_cast<double>(follower_->extra_count())},
      {"stoa_follow_up", "1: the registry was followed the last time it was asked", now.reason.empty() ? 1.0 : 0.0},
      {"stoa_follow_heard_timestamp_seconds", "when the registry last confirmed what is served",
       static_cast<double>(now.heard_s)},
      {"stoa_follow_expiry_timestamp_seconds", "until when what is served counts", static_cast<double>(now.expires_s)}};
  const FindingReports::Standing told = reports_->standing();
  if (told.has_token)
    gauges.push_back(
        {"stoa_follow_heard", "1: the registry hears what this host finds of roll-outs", told.is_heard ? 1.0 : 0.0});
  gauges.push_back(
      {"stoa_follow_reports_waiting", "findings that the registry is to hear", static_cast<double>(told.waiting)});
  gauges.push_back({"stoa_follow_own_verdicts", "releases that this host took back and the registry did not",
                    static_cast<double>(told.own.size())});
  for (const auto& [reason, times] : now.refused)
    gauges.push_back({.name = "stoa_follow_failures_total",
                      .help = "times that the registry was not followed, by reason",
                      .value = static_cast<double>(times),
                      .labels = {{"reason", reason}},
                      .is_counter = true});
  return gauges;
}

void FollowingHost::start() {
  remote_->start();
  reports_->start();
  follower_->start();
}

void FollowingHost::stop() {
  if (remote_) remote_->stop();  // ends a download that the follower waits for
  if (reports_) reports_->stop();
  if (follower_) follower_->stop();
}

}  // namespace stoa::app
