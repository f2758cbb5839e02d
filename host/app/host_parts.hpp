// host_parts.hpp: every part of a running host, and the steps by which they are made.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <atomic>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "host/api/api_context.hpp"
#include "host/api/metrics.hpp"
#include "host/app/following_host.hpp"
#include "host/app/health_watch.hpp"
#include "host/app/host.hpp"
#include "host/app/licence_files.hpp"
#include "host/app/licence_keys.hpp"
#include "host/app/licence_watch.hpp"
#include "host/app/licensing_desks.hpp"
#include "host/app/licensing_host.hpp"
#include "host/app/money_host.hpp"
#include "host/app/package_gate.hpp"
#include "host/app/plugin_log.hpp"
#include "host/app/registry_host.hpp"
#include "host/app/release_loader.hpp"
#include "host/app/rollout_board.hpp"
#include "host/app/webhook_host.hpp"
#include "host/app/worker_supply.hpp"
#include "host/http/server.hpp"
#include "host/inference/catalog.hpp"
#include "host/rollout/control.hpp"
#include "host/rollout/rollout.hpp"
#include "host/thread/monotonic.hpp"
#include "registry/document/file.hpp"
#include "registry/package/trust_store.hpp"

namespace stoa::app {

// Invariant: members are declared in the order they are needed, so destruction runs from the server to the log.
struct Host::Parts {
  struct Routes {
    std::vector<http::Route> customers, operators;
  };
  Parts(Config c, Log& l) : config(std::move(c)), log(l) {}

  Config config;
  Log& log;
  registry::TrustStore trust;
  std::shared_ptr<PluginLog> plugin_log = std::make_shared<PluginLog>(log);
  api::Metrics metrics;
  runtime::HostServices services;
  WorkerSupply workers{config, plugin_log};
  std::unique_ptr<LicenceFiles> licence_files;  // where licensing is configured
  std::unique_ptr<LicenceKeys> keys;            // of encrypted assets; the same
  PackageGate gate{config, workers, [this](const KeyRequest& wanted) { return content_key(wanted); }, log};
  inference::Catalog catalog;
  ReleaseLoader loader{services, [this]() -> const worker::WorkerProgram& { return workers.program(); }};
  rollout::Rollout rollout{
      catalog,
      {.load = [this](const rollout::ReleaseId& id, const auto& on_step) { return loader.load(id, on_step); },
       .now_ns = &thread::monotonic_ns,
       .told = [this](const std::string& model, const rollout::Step& step) { note_step(model, step); },
       .loaded = [this] { api->releases_changed.notify(); }}};
  RolloutBoard board{rollout};
  std::set<rollout::ReleaseId> of_folder;  // of config.packages, which no plan names; before licence_watch looks
  std::atomic<bool> is_loading{true}, is_draining{false};
  std::shared_ptr<LicensingHost> licensing;  // where it is configured: who may call; before whoever serves calls
  std::unique_ptr<MoneyHost> money;          // where it is configured: what calls cost
  std::unique_ptr<RegistryHost> registry;    // where it is configured; handlers wait for it: the server ends first
  std::unique_ptr<FollowingHost> following;  // the same, of one that follows another's
  std::unique_ptr<LicensingDesks> licensing_desks;  // what is asked about keys and licences, of the registry's actors
  std::unique_ptr<WebhookHost> webhooks;            // the same, and the logs of all of the above
  std::unique_ptr<api::ApiContext> api;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<HealthWatch> health;
  std::unique_ptr<rollout::RolloutControl> rollout_control;
  std::unique_ptr<LicenceWatch> licence_watch;
  registry::File unpacked;  // held: what lies under config.state is in use

  ~Parts() { plugin_log->close(); }

  // The steps of Host::create, in their order.
  Result<void> open_licences();
  Result<void> open_access();
  Result<void> open_money();
  Result<void> open_catalogue(Routes& routes);
  Result<void> open_desks(Routes& routes);
  Result<void> open_webhooks(Routes& routes);
  Result<void> open_server(Routes routes);
  void resolve_by(CatalogueFollower& follower);
  std::vector<api::HostGauge> gauges() const;

  // Host::load and what it asks of the parts; host_load.cpp.
  LoadReport load(const std::stop_token& stop);
  void hold_state();
  void refuse(LoadReport& report, std::string_view what, const Error& error);
  Result<licensing::ContentKey> content_key(const KeyRequest& wanted);
  LicenceWatchParts watch_parts();
  void load_package(const registry::Package& package, const std::string& file, LoadReport& report);
  Result<void> serve_instance(std::unique_ptr<runtime::Instance> instance, LoadReport& report);

  // Any thread.
  void note_exchange(const http::ExchangeRecord& exchange);
  void note_step(const std::string& model, const rollout::Step& step);
};

}  // namespace stoa::app
