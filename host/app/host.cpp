// host.cpp: what is made is taken down in the reverse order: intake, requests, models, log.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <optional>
#include <set>

#include "host/api/key_in_url.hpp"
#include "host/api/problem.hpp"
#include "host/api/routes.hpp"
#include "host/app/answers_host.hpp"
#include "host/app/billing_host.hpp"
#include "host/app/following_host.hpp"
#include "host/app/health_watch.hpp"
#include "host/app/ledger_host.hpp"
#include "host/app/licence_files.hpp"
#include "host/app/licence_keys.hpp"
#include "host/app/licence_watch.hpp"
#include "host/app/licensing_desks.hpp"
#include "host/app/licensing_host.hpp"
#include "host/app/package_gate.hpp"
#include "host/app/plugin_log.hpp"
#include "host/app/proof_host.hpp"
#include "host/app/registry_host.hpp"
#include "host/app/release_loader.hpp"
#include "host/app/rollout_board.hpp"
#include "host/app/settlement_host.hpp"
#include "host/app/wall_clock.hpp"
#include "host/app/webhook_host.hpp"
#include "host/inference/catalog.hpp"
#include "host/rollout/control.hpp"
#include "host/runtime/load_plugin.hpp"
#include "host/thread/monotonic.hpp"
#include "host/worker/worker_instance.hpp"
#include "registry/document/digest.hpp"
#include "registry/package/unpacked.hpp"

namespace stoa::app {
namespace {

constexpr std::chrono::seconds kHealthInterval{5};
constexpr std::chrono::milliseconds kRolloutInterval{100};
constexpr std::chrono::milliseconds kLicenceInterval{250};  // what a licence opened is gone within a second of its end

std::string_view name_of_method(http::Method method) {
  constexpr std::string_view kNames[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "OTHER"};
  return kNames[static_cast<std::size_t>(method)];
}

Result<registry::TrustStore> read_trust(const Config& config) {
  registry::TrustStore trust;
  for (const auto& [publisher, file] : config.trust)
    if (auto added = trust.add_file(publisher, file); !added) return std::unexpected(added.error());
  return trust;
}

http::ListenerConfig listener(const PlaneConfig& plane, std::vector<http::Route> routes) {
  return {.address = plane.address, .port = plane.port, .tls = plane.tls, .routes = std::move(routes)};
}

}  // namespace

// Invariant: members are declared in the order they are needed, so destruction runs from the server to the log.
struct Host::Parts {
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
  std::shared_ptr<LicensingHost> licensing;    // where it is configured: who may call; before whoever serves calls
  std::unique_ptr<BillingHost> billing;        // where it is configured: what calls cost
  std::unique_ptr<ProofHost> proof;            // the same: the log of what they cost
  std::unique_ptr<LedgerHost> ledger;          // with it: what is asked of the journal
  std::unique_ptr<SettlementHost> settlement;  // the same: money in and out beside calls
  std::unique_ptr<AnswersHost> answers;        // the same: calls with an Idempotency-Key
  std::unique_ptr<RegistryHost>
      registry;  // where it is configured; handlers wait for it, so that the server ends first
  std::unique_ptr<FollowingHost> following;         // the same, of one that follows another's
  std::unique_ptr<LicensingDesks> licensing_desks;  // what is asked about keys and licences, of the registry's actors
  std::unique_ptr<WebhookHost> webhooks;            // the same, and the logs of all of the above
  std::unique_ptr<api::ApiContext> api;
  std::unique_ptr<http::Server> server;
  std::unique_ptr<HealthWatch> health;
  std::unique_ptr<rollout::RolloutControl> rollout_control;
  std::unique_ptr<LicenceWatch> licence_watch;
  registry::File unpacked;  // held: what lies under config.state is in use

  ~Parts() { plugin_log->close(); }

  void note_exchange(const http::ExchangeRecord& exchange) {
    metrics.record_exchange(exchange);
    if (!config.log.access || !log.wants(Level::info)) return;
    log.write(Level::info, "http.request",
              {{"method", name_of_method(exchange.method)},
               {"target", api::without_keys(exchange.target)},
               {"status", std::uint64_t{exchange.status}},
               {"took_us", exchange.duration_ns / 1000},
               {"bytes_in", exchange.bytes_in},
               {"bytes_out", exchange.bytes_out},
               {"remote", exchange.remote_address},
               {"request_id", exchange.request_id},
               LogField::of("receipt", exchange.mark)});
  }

  void hold_state();
  void refuse(LoadReport& report, std::string_view what, const Error& error) {
    ++report.refused;
    log.write(Level::error, "package.refused", {{"package", what}, {"reason", error.reason}, {"why", error.message}});
  }

  void note_step(const std::string& model, const rollout::Step& step) {
    log.write(rollout::is_verdict(step.to) ? Level::warn : Level::debug, "release.step",
              {{"model", model},
               {"version", step.version},
               {"from", rollout::name_of(step.from)},
               {"to", rollout::name_of(step.to)},
               {"why", step.why}});
    if (registry) registry->note_step(model, step);
    if (following) following->note_step(model, step);
  }

  Result<licensing::ContentKey> content_key(const KeyRequest& wanted);
  LicenceWatchParts watch_parts();
  void load_package(const registry::Package& package, const std::string& file, LoadReport& report);
  Result<void> serve_instance(std::unique_ptr<runtime::Instance> instance, LoadReport& report);

  std::vector<api::HostGauge> gauges() const {
    std::vector<api::HostGauge> all;
    if (registry) all = registry->gauges();
    if (following) all = following->gauges();
    if (licensing) std::ranges::move(licensing->gauges(), std::back_inserter(all));
    if (billing) std::ranges::move(billing->gauges(), std::back_inserter(all));
    if (proof) std::ranges::move(proof->gauges(), std::back_inserter(all));
    if (ledger) std::ranges::move(ledger->gauges(), std::back_inserter(all));
    if (answers) std::ranges::move(answers->gauges(), std::back_inserter(all));
    if (webhooks) std::ranges::move(webhooks->gauges(), std::back_inserter(all));
    return all;
  }
};

Host::Host(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Host::~Host() = default;

Result<std::unique_ptr<Host>> Host::create(Config config, Log& log) {
  auto parts = std::make_unique<Parts>(std::move(config), log);
  auto trust = read_trust(parts->config);
  if (!trust) return std::unexpected(trust.error());
  parts->trust = std::move(*trust);

  parts->services.log = parts->plugin_log;
  parts->services.metrics = parts->metrics.plugins();
  parts->services.sha256 = [](std::string_view bytes) { return registry::sha256_of(bytes); };
  parts->services.inline_threads = parts->config.io_threads;

  if (const auto& licensing = parts->config.licensing) {
    auto files = LicenceFiles::open({.folder = licensing->folder, .issuers = licensing->issuers, .log = log});
    if (!files) return std::unexpected(files.error());
    parts->licence_files = std::move(*files);
    auto keys = LicenceKeys::open(licensing->folder, *parts->licence_files);
    if (!keys) return std::unexpected(keys.error());
    parts->keys = std::move(*keys);
    log.write(Level::info, "licensing.host_key", {{"fingerprint", parts->keys->host_id()}});
  }

  Parts& p = *parts;
  p.api = std::make_unique<api::ApiContext>(p.catalog, p.metrics);
  p.api->is_loading = [&p] { return p.is_loading.load(std::memory_order_relaxed); };
  p.api->is_draining = [&p] { return p.is_draining.load(std::memory_order_relaxed); };

  p.api->customer_field = p.config.customer_field;
  if (p.config.licensing && p.config.licensing->calls_need_keys) {
    licensing::PayerSecret payer_secret;
    if (p.config.billing) {
      auto secret = BillingHost::payer_secret(*p.config.billing);
      if (!secret) return std::unexpected(secret.error());
      payer_secret = *secret;
    }
    auto licensing = LicensingHost::open({.config = *p.config.licensing,
                                          .files = *p.licence_files,
                                          .node = p.keys->host_id(),
                                          .payer_secret = payer_secret,
                                          .log = log});
    if (!licensing) return std::unexpected(licensing.error());
    p.licensing = std::move(*licensing);
    p.api->gate = &p.licensing->gate();
    // A plugin's thread may ask until the process ends.
    p.services.entitlement = [weak = std::weak_ptr(p.licensing)](const runtime::EntitlementQuery& query) {
      const auto licensing = weak.lock();
      return licensing ? licensing->entitlement(query)
                       : failure(Code::unavailable, "host.stopping", "the host is stopping");
    };
  }
  if (p.config.billing) {
    auto billing = BillingHost::open(*p.config.billing, *p.licensing, log);
    if (!billing) return std::unexpected(billing.error());
    p.billing = std::move(*billing);
    p.licensing->gate().charge_by(p.billing->gate());
    p.api->billing = &p.billing->gate();
    auto proof = ProofHost::open({.journal = p.billing->journal(),
                                  .folder = p.config.billing->folder,
                                  .origin = p.config.billing->log_origin,
                                  .log = log});
    if (!proof) return std::unexpected(proof.error());
    p.proof = std::move(*proof);
    auto ledger = LedgerHost::open(*p.config.billing, *p.billing, *p.licensing, log);
    if (!ledger) return std::unexpected(ledger.error());
    p.ledger = std::move(*ledger);
    auto answers = AnswersHost::open(p.config.billing->folder, p.billing->journal(), log);
    if (!answers) return std::unexpected(answers.error());
    p.answers = std::move(*answers);
    p.api->keys = &p.answers->gate();
    auto settlement = SettlementHost::open({.config = p.config.settlement,
                                            .folder = p.config.billing->folder,
                                            .journal = p.billing->journal(),
                                            .teller = p.billing->teller(),
                                            .book = p.licensing->book(),
                                            .log = log});
    if (!settlement) return std::unexpected(settlement.error());
    p.settlement = std::move(*settlement);
  }
  p.api->rollouts = [&p] { return p.board.report(); };
  std::vector<http::Route> customers = api::customer_routes(*p.api), operators = api::operator_routes(*p.api);
  const auto resolve_with = [&p](CatalogueFollower& follower) {
    p.api->demand_wait_ms = p.config.registry->extra_wait_ms;
    if (p.config.registry->extra_releases > 0)
      p.api->demand = [&follower](std::string_view model, std::string_view selector) {
        return follower.demand(model, selector);
      };
    p.api->resolve = [&follower](std::string_view model, std::string_view selector, std::uint32_t share_ppm) {
      return follower.resolve(model, selector, share_ppm);
    };
  };
  const ServingParts serving{.config = p.config,
                             .log = log,
                             .gate = p.gate,
                             .rollout = p.rollout,
                             .catalog = p.catalog,
                             .releases_changed = [&p] { p.api->releases_changed.notify(); },
                             .loader = p.loader,
                             .board = p.board,
                             .signed_at =
                                 [&p](std::int64_t unix_ms) {
                                   if (p.licence_files) p.licence_files->note_signed(unix_ms);
                                 }};
  if (p.config.registry && p.config.registry->follow) {
    auto following = FollowingHost::open(serving);
    if (!following) return std::unexpected(following.error());
    p.following = std::move(*following);
    p.following->add_routes(operators);
    resolve_with(p.following->follower());
  } else if (p.config.registry) {
    auto registry = RegistryHost::open({serving, p.workers, p.services, p.licensing.get()});
    if (!registry) return std::unexpected(registry.error());
    p.registry = std::move(*registry);
    p.registry->add_routes(operators, customers);
    resolve_with(p.registry->follower());
  }
  if (p.licensing) {
    auto desks =
        LicensingDesks::open({.book = p.licensing->book(),
                              .leases = p.licensing->leases(),
                              .publishing = p.registry ? &p.registry->publishing() : nullptr,
                              .issuer_key = p.config.licensing->issuer_key,
                              .settlement = p.settlement ? &p.settlement->settlement() : nullptr,
                              .statement_key = p.settlement ? p.settlement->statement_key() : std::string(),
                              .used = [&host = *p.licensing](const std::string& holder, const licensing::Quota& quota) {
                                return host.used(holder, quota);
                              }});
    if (!desks) return std::unexpected(desks.error());
    p.licensing_desks = std::move(*desks);
    p.licensing_desks->add_routes(operators, customers);
    if (p.proof) p.proof->add_routes(p.licensing_desks->api(), operators, customers);
    if (p.ledger) p.ledger->add_routes(p.licensing_desks->api(), operators, customers);
  }
  if (p.config.webhooks) {
    auto webhooks =
        WebhookHost::open({.config = *p.config.webhooks,
                           .log = log,
                           .book = p.licensing->book(),
                           .publishing = p.registry ? &p.registry->publishing() : nullptr,
                           .ledger = p.billing ? &p.billing->journal() : nullptr,
                           .settlement = p.settlement ? &p.settlement->settlement() : nullptr,
                           .used = [&host = *p.licensing](const std::string& holder, const licensing::Quota& quota) {
                             return host.used(holder, quota);
                           }});
    if (!webhooks) return std::unexpected(webhooks.error());
    p.webhooks = std::move(*webhooks);
    p.webhooks->add_routes(p.licensing_desks->api(), operators);
  }
  p.api->gauges = [&p] { return p.gauges(); };
  http::ServerConfig server;
  server.listeners.push_back(listener(p.config.customer, std::move(customers)));
  server.listeners.push_back(listener(p.config.operators, std::move(operators)));
  server.limits = p.config.limits;
  server.io_threads = p.config.io_threads;
  server.on_exchange = [&p](const http::ExchangeRecord& exchange) { p.note_exchange(exchange); };
  server.render_error = &api::render_error;
  auto made = http::Server::create(std::move(server));
  if (!made) return std::unexpected(made.error());
  p.server = std::move(*made);
  p.services.loop = p.server->loop();
  p.api->server_statistics = [&p] { return p.server->statistics(); };
  return std::unique_ptr<Host>(new Host(std::move(parts)));
}

Ports Host::ports() const {
  const auto ports = parts_->server->ports();
  return {ports.at(0), ports.at(1)};
}

void Host::start() {
  parts_->server->start();
  if (parts_->webhooks) parts_->webhooks->start();
  parts_->log.write(Level::info, "host.listening",
                    {{"version", STOA_VERSION},
                     {"customer_port", std::uint64_t{ports().customer}},
                     {"operator_port", std::uint64_t{ports().operators}}});
}

Result<void> Host::Parts::serve_instance(std::unique_ptr<runtime::Instance> instance, LoadReport& report) {
  const std::string name = instance->spec().name, version = instance->spec().version;
  const std::string tier(instance->isolation());
  const std::uint64_t began_ns = thread::monotonic_ns();
  auto model =
      inference::ServedModel::start(std::move(instance), {.inline_trusted = true, .log = plugin_log, .on_step = {}});
  if (!model) return std::unexpected(model.error());
  if (auto adopted = rollout.adopt(*model); !adopted) return adopted;
  ++report.models;
  report.names.push_back(name + " " + version);
  log.write(Level::info, "model.ready",
            {{"model", name},
             {"version", version},
             {"tier", tier},
             {"inline", (*model)->statistics().is_inline},
             {"warmup_ms", (thread::monotonic_ns() - began_ns) / 1'000'000}});
  return {};
}

Result<licensing::ContentKey> Host::Parts::content_key(const KeyRequest& wanted) {
  if (keys) return keys->key_for(wanted);
  return failure(
      Code::permission_denied, "licence.none",
      fmt::format("this host opens nothing for {}: a section [licensing] of its configuration names the folder "
                  "of its key and licences, and whose licences count",
                  wanted.model));
}

LicenceWatchParts Host::Parts::watch_parts() {
  return {.releases = [this] { return gate.encrypted_releases(); },
          .may_open = [this](const KeyRequest& wanted) { return keys->may_open(wanted); },
          .was_served = [this](const rollout::ReleaseId& release) -> std::optional<bool> {
            if (!of_folder.contains(release)) return std::nullopt;
            const auto served = catalog.list();
            return std::ranges::any_of(served, [&](const auto& model) {
              return model->spec().name == release.model && model->spec().version == release.version;
            });
          },
          .end = [this](const rollout::ReleaseId& release, const std::string& why) { rollout.withhold(release, why); },
          .serve =
              [this](const rollout::ReleaseId& release) {
                rollout.readmit(release);
                if (of_folder.contains(release)) rollout.bring(release);  // it may have been refused at the start
              },
          .log = log};
}

void Host::Parts::load_package(const registry::Package& package, const std::string& file, LoadReport& report) {
  const auto prepared = gate.admit(package, file);
  if (!prepared) return refuse(report, file, prepared.error());
  loader.remember(*prepared);
  for (const runtime::ModelSpec& model : prepared->plugin.models) of_folder.insert({model.name, model.version});
  const auto serve = [&](const std::string& name, Result<std::unique_ptr<runtime::Instance>> instance) {
    auto served = instance ? serve_instance(std::move(*instance), report) : std::unexpected(instance.error());
    if (!served) refuse(report, file + ": " + name, served.error());
  };
  if (!prepared->is_inside) {
    for (const runtime::ModelSpec& model : prepared->plugin.models)
      serve(model.name, worker::load_worker(workers.program(), prepared->plugin, model, services));
    return;
  }
  auto instances = runtime::load_plugin(prepared->plugin, services);
  if (!instances) return refuse(report, file, instances.error());
  for (auto& instance : *instances) {
    const std::string name = instance->spec().name;
    serve(name, std::move(instance));
  }
}

void Host::Parts::hold_state() {
  auto hold = registry::hold_unpacked(config.state, unix_ms() - std::int64_t{config.state_keep_s} * 1'000);
  if (!hold)
    return log.write(Level::warn, "state.not_held", {{"reason", hold.error().reason}, {"why", hold.error().message}});
  unpacked = std::move(hold->lock);
  for (const std::string& name : hold->removed) log.write(Level::info, "state.removed", {{"folder", name}});
}

LoadReport Host::load(std::stop_token stop) {
  Parts& p = *parts_;
  LoadReport report;
  p.hold_state();
  auto scanned = registry::scan_folder(p.config.packages, p.trust);
  // A host with a registry needs no folder beside it.
  if (!scanned && scanned.error().code == Code::not_found && p.config.registry) scanned.emplace();
  if (!scanned) {
    p.refuse(report, p.config.packages.string(), scanned.error());
  } else {
    for (const auto& [path, package] : *scanned) {
      if (stop.stop_requested()) break;
      if (package)
        p.load_package(*package, path.filename().string(), report);
      else
        p.refuse(report, path.filename().string(), package.error());
    }
    if (scanned->empty() && !p.config.registry)
      p.log.write(Level::warn, "packages.none", {{"folder", p.config.packages.string()}});
  }
  p.health = std::make_unique<HealthWatch>(p.catalog, p.log, kHealthInterval);
  p.rollout_control = std::make_unique<rollout::RolloutControl>(p.rollout, kRolloutInterval);
  if (p.keys) p.licence_watch = std::make_unique<LicenceWatch>(p.watch_parts(), kLicenceInterval);
  if (p.registry) {
    p.registry->start();
    p.registry->await_first_plans(stop);
  }
  if (p.following) {
    p.following->start();
    p.following->await_first_plans(stop);
  }
  for (const auto& [name, unused] : p.config.models)
    if (scanned && !p.gate.has_configured(name) && !stop.stop_requested())
      p.log.write(Level::warn, "config.model_absent", {{"model", name}});
  p.is_loading.store(false, std::memory_order_relaxed);
  p.log.write(Level::info, "host.ready",
              {{"models", std::uint64_t{report.models}}, {"refused", std::uint64_t{report.refused}}});
  return report;
}

bool Host::drain() {
  Parts& p = *parts_;
  const std::uint64_t began_ns = thread::monotonic_ns();
  const std::uint64_t deadline_ns = began_ns + std::uint64_t{p.config.drain_ms} * 1'000'000;
  p.is_draining.store(true, std::memory_order_relaxed);
  p.log.write(Level::info, "host.draining",
              {{"requests", p.server->statistics().requests_inflight}, {"drain_ms", std::uint64_t{p.config.drain_ms}}});
  p.api->releases_changed.close();
  if (p.registry) p.registry->end_waits();
  bool is_whole = p.server->drain(p.config.drain_ms);
  if (p.licensing_desks) p.licensing_desks->stop();
  if (p.settlement) p.settlement->stop();
  if (p.proof) p.proof->stop();
  if (p.ledger) p.ledger->stop();
  if (p.answers) p.answers->stop();
  if (p.billing) p.billing->stop();
  if (p.webhooks) p.webhooks->stop();
  if (p.licensing) p.licensing->stop();
  if (p.registry) p.registry->stop();
  if (p.following) p.following->stop();
  p.licence_watch.reset();
  p.rollout_control.reset();  // joins, as the next one does: a load, a check and a drain are all [control]
  p.health.reset();
  for (const auto& [release, error] : p.rollout.drain(deadline_ns)) {
    is_whole = false;
    p.log.write(Level::error, "model.not_drained",
                {{"model", release.model}, {"reason", error.reason}, {"why", error.message}});
  }
  p.log.write(is_whole ? Level::info : Level::error, "host.drained",
              {{"whole", is_whole}, {"took_ms", (thread::monotonic_ns() - began_ns) / 1'000'000}});
  return is_whole;
}

}  // namespace stoa::app
