// following_host.hpp: a host that serves what another one's registry publishes. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <stop_token>
#include <vector>

#include "host/api/metrics.hpp"
#include "host/app/catalogue_follower.hpp"
#include "host/app/package_gate.hpp"
#include "host/app/remote_catalogue.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class FollowingHost {
 public:
  struct Parts {
    const Config& config;  // config.registry->follow is there
    Log& log;
    PackageGate& gate;
    rollout::Rollout& rollout;
    ReleaseLoader& loader;
  };
  // All parts outlive it.
  static Result<std::unique_ptr<FollowingHost>> open(const Parts& parts);

  void add_routes(std::vector<http::Route>& operators);
  const CatalogueFollower& follower() const { return *follower_; }
  std::vector<api::HostGauge> gauges() const;
  // Asks the registry once, or takes what was kept; then serves it.
  void start();
  void await_first_plans(const std::stop_token& stop) { follower_->await_first_plans(stop); }
  void stop();

 private:
  explicit FollowingHost(const Parts& parts) : parts_(parts) {}

  const Parts parts_;
  std::unique_ptr<RemoteCatalogue> remote_;
  std::unique_ptr<CatalogueFollower> follower_;
};

}  // namespace stoa::app
