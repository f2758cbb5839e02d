// following_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/following_host.hpp"

#include <algorithm>
#include <chrono>

#include "host/api/registry/following_route.hpp"
#include "host/app/wall_clock.hpp"

namespace stoa::app {
namespace {

// Between two looks at which packages are needed.
constexpr std::chrono::milliseconds kLookMin{100}, kLookMax{3'600'000};

}  // namespace

Result<std::unique_ptr<FollowingHost>> FollowingHost::open(const Parts& parts) {
  std::unique_ptr<FollowingHost> made(new FollowingHost(parts));
  FollowingHost& host = *made;
  const RegistryConfig& config = *parts.config.registry;
  auto remote = RemoteCatalogue::open({.config = *config.follow,
                                       .serve = ServeRule(config.serve),
                                       .keep_s = config.keep_s,
                                       .folder = config.folder,
                                       .log = parts.log,
                                       .changed = [&host] { host.follower_->changed(); },
                                       .revoked =
                                           [&rollout = parts.rollout](const registry::PublicRelease& release) {
                                             // The follower's thread may be busy with a download.
                                             for (const std::string& model : release.models)
                                               rollout.revoke({model, release.version});
                                           }});
  if (!remote) return std::unexpected(remote.error());
  host.remote_ = std::move(*remote);
  host.follower_ = std::make_unique<CatalogueFollower>(CatalogueFollower::Parts{
      .read = [&remote = *host.remote_](const std::set<std::string>& models) { return remote.read(models); },
      .package = [&remote = *host.remote_](const WantedPackage& package) { return remote.package(package); },
      .rollout = parts.rollout,
      .loader = parts.loader,
      .prepare =
          [&gate = parts.gate](const registry::Package& package) {
            return gate.admit(package, package.manifest().id() + " " + package.manifest().version);
          },
      .log = parts.log,
      .now_ms = &unix_ms,
      .told = {},
      .needed = [&remote = *host.remote_](const auto& needed) { remote.keep_only(needed); },
      .needed_every =
          std::clamp<std::chrono::milliseconds>(std::chrono::seconds(config.keep_s) / 8, kLookMin, kLookMax)});
  return made;
}

void FollowingHost::add_routes(std::vector<http::Route>& operators) {
  operators.push_back(api::following_route([this] {
    const RemoteCatalogue::Standing now = remote_->standing();
    return api::Following{.registry = parts_.config.registry->follow->url,
                          .timestamp = now.version,
                          .heard_s = now.heard_s,
                          .expires_s = now.expires_s,
                          .reason = now.reason,
                          .message = now.message};
  }));
}

std::vector<api::HostGauge> FollowingHost::gauges() const {
  const RemoteCatalogue::Standing now = remote_->standing();
  std::vector<api::HostGauge> gauges{
      {"stoa_follow_up", "1: the registry was followed the last time it was asked", now.reason.empty() ? 1.0 : 0.0},
      {"stoa_follow_heard_timestamp_seconds", "when the registry last confirmed what is served",
       static_cast<double>(now.heard_s)},
      {"stoa_follow_expiry_timestamp_seconds", "until when what is served counts", static_cast<double>(now.expires_s)}};
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
  follower_->start();
}

void FollowingHost::stop() {
  remote_->stop();  // ends a download that the follower waits for
  follower_->stop();
}

}  // namespace stoa::app
