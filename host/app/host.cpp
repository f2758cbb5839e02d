// host.cpp: what is made is taken down in the reverse order: intake, requests, models, log.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/host.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include "host/api/key_in_url.hpp"
#include "host/api/problem.hpp"
#include "host/api/routes.hpp"
#include "host/app/host_parts.hpp"
#include "host/thread/monotonic.hpp"
#include "registry/document/digest.hpp"

namespace stoa::app {
namespace {

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

// ---- made: each step needs those before it ----

Result<void> Host::Parts::open_licences() {
  if (!config.licensing) return {};
  const LicensingConfig& wanted = *config.licensing;
  auto files = LicenceFiles::open({.folder = wanted.folder, .issuers = wanted.issuers, .log = log});
  if (!files) return std::unexpected(files.error());
  licence_files = std::move(*files);
  auto opened = LicenceKeys::open(wanted.folder, *licence_files);
  if (!opened) return std::unexpected(opened.error());
  keys = std::move(*opened);
  log.write(Level::info, "licensing.host_key", {{"fingerprint", keys->host_id()}});
  return {};
}

Result<void> Host::Parts::open_access() {
  if (!config.licensing || !config.licensing->calls_need_keys) return {};
  licensing::PayerSecret payer_secret;
  if (config.billing) {
    const auto secret = BillingHost::payer_secret(*config.billing);
    if (!secret) return std::unexpected(secret.error());
    payer_secret = *secret;
  }
  auto opened = LicensingHost::open({.config = *config.licensing,
                                     .files = *licence_files,
                                     .node = keys->host_id(),
                                     .payer_secret = payer_secret,
                                     .log = log});
  if (!opened) return std::unexpected(opened.error());
  licensing = std::move(*opened);
  api->gate = &licensing->gate();
  // A plugin's thread may ask until the process ends.
  services.entitlement = [weak = std::weak_ptr(licensing)](const runtime::EntitlementQuery& query) {
    const auto asked = weak.lock();
    return asked ? asked->entitlement(query) : failure(Code::unavailable, "host.stopping", "the host is stopping");
  };
  return {};
}

Result<void> Host::Parts::open_money() {
  if (!config.billing) return {};
  auto opened = MoneyHost::open(config, *licensing, log);
  if (!opened) return std::unexpected(opened.error());
  money = std::move(*opened);
  money->join(*licensing, *api);
  return {};
}

void Host::Parts::resolve_by(CatalogueFollower& follower) {
  api->demand_wait_ms = config.registry->extra_wait_ms;
  if (config.registry->extra_releases > 0)
    api->demand = [&follower](std::string_view model, std::string_view selector) {
      return follower.demand(model, selector);
    };
  api->no_default = [&follower](std::string_view model) { return follower.no_default(model); };
  api->resolve = [&follower](std::string_view model, std::string_view selector, std::uint32_t share_ppm) {
    return follower.resolve(model, selector, share_ppm);
  };
}

Result<void> Host::Parts::open_catalogue(Routes& routes) {
  if (!config.registry) return {};
  const ServingParts serving{.config = config,
                             .log = log,
                             .gate = gate,
                             .rollout = rollout,
                             .catalog = catalog,
                             .releases_changed = [this] { api->releases_changed.notify(); },
                             .loader = loader,
                             .board = board,
                             .signed_at =
                                 [this](std::int64_t unix_ms) {
                                   if (licence_files) licence_files->note_signed(unix_ms);
                                 }};
  if (config.registry->follow) {
    auto opened = FollowingHost::open(serving);
    if (!opened) return std::unexpected(opened.error());
    following = std::move(*opened);
    following->add_routes(routes.operators);
    resolve_by(following->follower());
    return {};
  }
  auto opened = RegistryHost::open({serving, workers, services, licensing.get()});
  if (!opened) return std::unexpected(opened.error());
  registry = std::move(*opened);
  registry->add_routes(routes.operators, routes.customers);
  resolve_by(registry->follower());
  return {};
}

Result<void> Host::Parts::open_desks(Routes& routes) {
  if (!licensing) return {};
  auto opened = LicensingDesks::open({.book = licensing->book(),
                                      .leases = licensing->leases(),
                                      .publishing = registry ? &registry->publishing() : nullptr,
                                      .issuer_key = config.licensing->issuer_key,
                                      .settlement = money ? &money->settlement().settlement() : nullptr,
                                      .statement_key = money ? money->settlement().statement_key() : std::string(),
                                      .used = [this](const std::string& holder, const licensing::Quota& quota) {
                                        return licensing->used(holder, quota);
                                      }});
  if (!opened) return std::unexpected(opened.error());
  licensing_desks = std::move(*opened);
  licensing_desks->add_routes(routes.operators, routes.customers);
  if (money) money->add_routes(licensing_desks->api(), routes.operators, routes.customers);
  return {};
}

Result<void> Host::Parts::open_webhooks(Routes& routes) {
  if (!config.webhooks) return {};
  auto opened = WebhookHost::open({.config = *config.webhooks,
                                   .log = log,
                                   .book = licensing->book(),
                                   .publishing = registry ? &registry->publishing() : nullptr,
                                   .ledger = money ? &money->journal() : nullptr,
                                   .settlement = money ? &money->settlement().settlement() : nullptr,
                                   .used = [this](const std::string& holder, const licensing::Quota& quota) {
                                     return licensing->used(holder, quota);
                                   }});
  if (!opened) return std::unexpected(opened.error());
  webhooks = std::move(*opened);
  webhooks->add_routes(licensing_desks->api(), routes.operators);
  return {};
}

Result<void> Host::Parts::open_server(Routes routes) {
  http::ServerConfig wanted;
  wanted.listeners.push_back(listener(config.customer, std::move(routes.customers)));
  wanted.listeners.push_back(listener(config.operators, std::move(routes.operators)));
  wanted.limits = config.limits;
  wanted.io_threads = config.io_threads;
  wanted.on_exchange = [this](const http::ExchangeRecord& exchange) { note_exchange(exchange); };
  wanted.render_error = &api::render_error;
  auto made = http::Server::create(std::move(wanted));
  if (!made) return std::unexpected(made.error());
  server = std::move(*made);
  services.loop = server->loop();
  api->server_statistics = [this] { return server->statistics(); };
  return {};
}

Host::Host(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Host::~Host() = default;

Result<std::unique_ptr<Host>> Host::create(Config config, Log& log) {
  auto parts = std::make_unique<Parts>(std::move(config), log);
  Parts& p = *parts;
  auto trust = read_trust(p.config);
  if (!trust) return std::unexpected(trust.error());
  p.trust = std::move(*trust);
  p.services.log = p.plugin_log;
  p.services.metrics = p.metrics.plugins();
  p.services.sha256 = [](std::string_view bytes) { return registry::sha256_of(bytes); };
  p.services.inline_threads = p.config.io_threads;

  p.api = std::make_unique<api::ApiContext>(p.catalog, p.metrics);
  p.api->is_loading = [&p] { return p.is_loading.load(std::memory_order_relaxed); };
  p.api->is_draining = [&p] { return p.is_draining.load(std::memory_order_relaxed); };
  p.api->customer_field = p.config.customer_field;
  p.api->rollouts = [&p] { return p.board.report(); };
  p.api->gauges = [&p] { return p.gauges(); };

  Parts::Routes routes;
  auto made = p.open_licences();
  if (made) made = p.open_access();
  if (made) made = p.open_money();
  if (made) {
    routes = {.customers = api::customer_routes(*p.api), .operators = api::operator_routes(*p.api)};
    made = p.open_catalogue(routes);
  }
  if (made) made = p.open_desks(routes);
  if (made) made = p.open_webhooks(routes);
  if (made) made = p.open_server(std::move(routes));
  if (!made) return std::unexpected(made.error());
  return std::unique_ptr<Host>(new Host(std::move(parts)));
}

// ---- running ----

void Host::Parts::note_exchange(const http::ExchangeRecord& exchange) {
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

void Host::Parts::note_step(const std::string& model, const rollout::Step& step) {
  log.write(rollout::is_verdict(step.to) ? Level::warn : Level::debug, "release.step",
            {{"model", model},
             {"version", step.version},
             {"from", rollout::name_of(step.from)},
             {"to", rollout::name_of(step.to)},
             {"why", step.why}});
  if (registry) registry->note_step(model, step);
  if (following) following->note_step(model, step);
}

std::vector<api::HostGauge> Host::Parts::gauges() const {
  std::vector<api::HostGauge> all;
  if (registry) all = registry->gauges();
  if (following) all = following->gauges();
  if (licensing) std::ranges::move(licensing->gauges(), std::back_inserter(all));
  if (money) std::ranges::move(money->gauges(), std::back_inserter(all));
  if (webhooks) std::ranges::move(webhooks->gauges(), std::back_inserter(all));
  return all;
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

LoadReport Host::load(std::stop_token stop) { return parts_->load(stop); }

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
  if (p.money) p.money->stop();
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
