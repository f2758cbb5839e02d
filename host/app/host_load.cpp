// host_load.cpp: from the folder of packages and the catalogue's plans to models that answer.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <optional>

#include "host/app/host_parts.hpp"
#include "host/app/wall_clock.hpp"
#include "host/runtime/load_plugin.hpp"
#include "host/worker/worker_instance.hpp"
#include "registry/package/unpacked.hpp"

namespace stoa::app {
namespace {

constexpr std::chrono::seconds kHealthInterval{5};
constexpr std::chrono::milliseconds kRolloutInterval{100};
constexpr std::chrono::milliseconds kLicenceInterval{250};  // what a licence opened is gone within a second of its end

}  // namespace

void Host::Parts::refuse(LoadReport& report, std::string_view what, const Error& error) {
  ++report.refused;
  log.write(Level::error, "package.refused", {{"package", what}, {"reason", error.reason}, {"why", error.message}});
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

LoadReport Host::Parts::load(const std::stop_token& stop) {
  LoadReport report;
  services.stop = stop;
  hold_state();
  auto scanned = registry::scan_folder(config.packages, trust);
  // A host with a registry needs no folder beside it.
  if (!scanned && scanned.error().code == Code::not_found && config.registry) scanned.emplace();
  if (!scanned) {
    refuse(report, config.packages.string(), scanned.error());
  } else {
    for (const auto& [path, package] : *scanned) {
      if (stop.stop_requested()) break;
      if (package)
        load_package(*package, path.filename().string(), report);
      else
        refuse(report, path.filename().string(), package.error());
    }
    if (scanned->empty() && !config.registry)
      log.write(Level::warn, "packages.none", {{"folder", config.packages.string()}});
  }
  health = std::make_unique<HealthWatch>(catalog, log, kHealthInterval);
  rollout_control = std::make_unique<rollout::RolloutControl>(rollout, kRolloutInterval);
  if (keys) licence_watch = std::make_unique<LicenceWatch>(watch_parts(), kLicenceInterval);
  if (registry) {
    registry->start();
    registry->await_first_plans(stop);
  }
  if (following) {
    following->start();
    following->await_first_plans(stop);
  }
  for (const auto& [name, unused] : config.models)
    if (scanned && !gate.has_configured(name) && !stop.stop_requested())
      log.write(Level::warn, "config.model_absent", {{"model", name}});
  is_loading.store(false, std::memory_order_relaxed);
  log.write(Level::info, "host.ready",
            {{"models", std::uint64_t{report.models}}, {"refused", std::uint64_t{report.refused}}});
  return report;
}

}  // namespace stoa::app
