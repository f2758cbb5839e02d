// registry_host.hpp: a registry inside this host: its files, its API, its checks with this host's means, and the
// follower that serves what it publishes. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <memory>
#include <stop_token>
#include <vector>

#include "host/api/metrics.hpp"
#include "host/api/registry/registry_call.hpp"
#include "host/app/feed_signer.hpp"
#include "host/app/rollout_reporter.hpp"
#include "host/app/serve_rule.hpp"
#include "host/app/serving_parts.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

class LicensingHost;

class RegistryHost {
 public:
  struct Parts : ServingParts {
    WorkerSupply& workers;
    const runtime::HostServices& services;
    LicensingHost* licensing = nullptr;  // null: nobody is asked for keys here
  };
  // All parts outlive it. Where the registry is new, its first admin's token is written to admin.token in its folder.
  static Result<std::unique_ptr<RegistryHost>> open(const Parts& parts);

  void add_routes(std::vector<http::Route>& operators, std::vector<http::Route>& customers);
  registry::Publishing& publishing() { return *publishing_; }
  CatalogueFollower& follower() { return *follower_; }
  // Takes up checks that a stopped process left undone, and begins to serve what is published; what is read of the
  // catalogue as a whole is read after that.
  void start();
  // Until what the catalogue said at the start answers, or cannot: as long as these models take to load.
  void await_first_plans(const std::stop_token& stop) { follower_->await_first_plans(stop); }
  // Of this host's roll-out: what it comes to is kept. Prompt; any thread.
  void note_step(const std::string& model, const rollout::Step& step) {
    reporter_->note(model, step);
    follower_->note_step(model, step);
  }
  std::vector<api::HostGauge> gauges() const;
  // Before the server drains: who waits for news of the catalogue is answered.
  void end_waits() { api_->metadata_changed.close(); }
  // Before the roll-out is drained; what waits at the desks is done first.
  void stop();

 private:
  explicit RegistryHost(const Parts& parts) : parts_(parts), serve_(parts.config.registry->serve) {}
  Result<registry::ResolutionChange> read_change(const std::set<std::string>& models);
  void read_all();
  registry::HostChecks checks();
  Result<std::string> run_golden(const registry::Package& package);
  Result<void> greet_first_admin();

  const Parts parts_;
  const ServeRule serve_;
  registry::AuditHead followed_;  // the follower's thread
  std::unique_ptr<registry::Publishing> publishing_;
  std::unique_ptr<api::RegistryApi> api_;
  std::unique_ptr<CatalogueFollower> follower_;
  std::unique_ptr<RolloutReporter> reporter_;  // tells the follower
  std::unique_ptr<FeedSigner> signer_;
};

}  // namespace stoa::app
