// following_host.hpp: a host that serves what another one's registry publishes. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <stop_token>
#include <vector>

#include "host/api/metrics.hpp"
#include "host/api/registry/following_route.hpp"
#include "host/app/finding_reports.hpp"
#include "host/app/remote_catalogue.hpp"
#include "host/app/serving_parts.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class FollowingHost {
 public:
  // parts.config.registry->follow is there.
  static Result<std::unique_ptr<FollowingHost>> open(const ServingParts& parts);
  ~FollowingHost() { stop(); }  // its threads call each other

  void add_routes(std::vector<http::Route>& operators);
  CatalogueFollower& follower() { return *follower_; }
  std::vector<api::HostGauge> gauges() const;
  // Asks the registry once, or takes what was kept; then serves it.
  void start();
  // Of this host's roll-out: what it comes to is kept, and told where the registry listens. Prompt; any thread.
  void note_step(const std::string& model, const rollout::Step& step) {
    reports_->note(model, step);
    follower_->note_step(model, step);
  }
  void await_first_plans(const std::stop_token& stop) { follower_->await_first_plans(stop); }
  void stop();

 private:
  explicit FollowingHost(const ServingParts& parts) : parts_(parts) {}
  api::Following following() const;

  const ServingParts parts_;
  std::unique_ptr<RemoteCatalogue> remote_;
  std::unique_ptr<FindingReports> reports_;
  std::unique_ptr<CatalogueFollower> follower_;
};

}  // namespace stoa::app
