// registry_host.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/registry_host.hpp"

#include <fmt/format.h>
#include <sys/utsname.h>

#include <chrono>

#include "host/api/registry/registry_routes.hpp"
#include "host/app/licensing_host.hpp"
#include "host/app/wall_clock.hpp"
#include "host/runtime/export_lint.hpp"
#include "host/thread/monotonic.hpp"
#include "registry/document/staging.hpp"

namespace stoa::app {
namespace {

constexpr unsigned kQuickThreads = 2, kSlowThreads = 2, kCheckThreads = 1;
constexpr std::size_t kQuickWaiting = 1024, kSlowWaiting = 64, kChecksWaiting = 1024;

Result<void> lint_library(const std::filesystem::path& library, const registry::PlatformDeclaration& platform) {
  utsname machine{};
  uname(&machine);
  if (platform.os != "linux" || platform.arch != machine.machine || platform.libc != "glibc")
    return failure(Code::unimplemented, "exports.other_machine",
                   fmt::format("the library is for {}-{}-{}, this machine cannot judge it", platform.os, platform.arch,
                               platform.libc));
  return runtime::lint_exports(library, platform.libc_min);
}

}  // namespace

Result<std::unique_ptr<RegistryHost>> RegistryHost::open(const Parts& parts) {
  std::unique_ptr<RegistryHost> made(new RegistryHost(parts));
  RegistryHost& host = *made;
  const RegistryConfig& config = *parts.config.registry;
  registry::PublishingOptions options{.folder = config.folder, .now_ms = &unix_ms};
  options.catalogue = {.cool_down_ms = std::int64_t{config.cool_down_s} * 1000,
                       .review_required = config.review_required,
                       .publisher_bytes_max = config.publisher_mib << 20};
  options.checks.host_abis = {{1, 1}};
  options.checks.in_process = parts.config.in_process;
  options.checks.allows_backports = config.policy.backports;
  options.checks.demands_golden = config.policy.golden_required;
  options.checks.package_bytes_max = config.policy.package_bytes_max;
  options.checks.entry_bytes_max = config.policy.file_bytes_max;
  options.checks.entries_max = config.policy.files_max;
  options.checks.licences = config.policy.licences;
  options.host = host.checks();
  auto publishing = registry::Publishing::open(std::move(options));
  if (!publishing) return std::unexpected(publishing.error());
  host.publishing_ = std::move(*publishing);
  if (auto greeted = host.greet_first_admin(); !greeted) return std::unexpected(greeted.error());
  host.follower_ = std::make_unique<CatalogueFollower>(follower_parts(
      parts, {.read = [&host](const std::set<std::string>& models) { return host.read_change(models); },
              .package = [&publishing = *host.publishing_](
                             const WantedPackage& package) { return publishing.verified_package(package.digest); },
              .begun = [&host] { host.read_all(); }}));
  host.reporter_ = std::make_unique<RolloutReporter>(RolloutReporter::Parts{
      .publishing = *host.publishing_, .log = parts.log, .on_change = [&host] { host.api_->on_change(); }});
  host.api_ = std::unique_ptr<api::RegistryApi>(new api::RegistryApi{
      .publishing = *host.publishing_,
      .quick{kQuickThreads, kQuickWaiting},
      .slow{kSlowThreads, kSlowWaiting},
      .checks{kCheckThreads, kChecksWaiting},
      .now_ms = &unix_ms,
      .on_change =
          [&host] {
            host.follower_->changed();
            host.signer_->changed();
          },
      .on_revoked =
          [&rollout = parts.rollout](const registry::ReleaseRecord& release) {
            for (const registry::ReleaseModel& model : release.models) rollout.revoke({model.name, release.version});
          },
      .rollouts = [&board = parts.board] { return board.report(); },
      .forgive_here = [&rollout = parts.rollout](
                          const std::string& model,
                          const std::string& version) { return rollout.forgive({model, version}); },
      .on_unchecked =
          [&log = parts.log](const registry::ReleaseId& id, const Error& error) {
            log.write(Level::error, "release.unchecked",
                      {{"release", id.text}, {"reason", error.reason}, {"why", error.message}});
          },
      .metadata = config.folder / "metadata"});
  host.api_->downloads_are_public = config.downloads_are_public.value_or(parts.licensing == nullptr);
  if (parts.licensing)
    host.api_->key_may_download = [licensing = parts.licensing](std::string_view key,
                                                                const registry::ReleaseRecord& release) {
      std::vector<std::string> models;
      for (const registry::ReleaseModel& model : release.models) models.push_back(model.name);
      return licensing->book().may_download(key, models, release.version);
    };
  registry::Lifetimes lifetimes;
  lifetimes.timestamp = std::chrono::seconds(config.timestamp_s);
  host.signer_ = std::make_unique<FeedSigner>(
      FeedSigner::Parts{.publishing = *host.publishing_,
                        .options = {.folder = config.folder, .bins = config.metadata_bins, .lifetimes = lifetimes},
                        .log = parts.log,
                        .told = [&api = *host.api_] { api.metadata_changed.notify(); }});
  if (auto signing = host.signer_->open(); !signing) return std::unexpected(signing.error());
  return made;
}

Result<registry::ResolutionChange> RegistryHost::read_change(const std::set<std::string>& models) {
  auto change = publishing_->with_catalogue([&](registry::Catalogue& catalogue) {
    return catalogue.resolution_change({.since = followed_, .models = models, .publishers = serve_.publishers()});
  });
  if (!change) return change;
  followed_ = change->head;
  serve_.restrict(change->input);
  return change;
}

Result<void> RegistryHost::greet_first_admin() {
  const std::filesystem::path file = parts_.config.registry->folder / "admin.token";
  const auto keep = [&file](const std::string& token) -> Result<void> {
    auto staging = registry::StagingFile::create(file, 0600);
    if (!staging) return std::unexpected(staging.error());
    const std::string line = token + "\n";
    if (auto written = registry::write_all(staging->file(), std::as_bytes(std::span(line))); !written) return written;
    return staging->publish();
  };
  const auto first = publishing_->with_catalogue(
      [&](registry::Catalogue& catalogue) { return catalogue.create_first_admin("admin", keep); });
  if (!first) return std::unexpected(first.error());
  if (*first)
    parts_.log.write(Level::info, "registry.created",
                     {{"folder", parts_.config.registry->folder.string()}, {"admin_token", file.string()}});
  return {};
}

registry::HostChecks RegistryHost::checks() {
  return {.lint_library = &lint_library,
          .run_golden = [this](const registry::Package& package) { return run_golden(package); },
          .scratch = parts_.config.registry->folder};
}

// In a worker, whatever in_process says: nobody has reviewed it yet.
Result<std::string> RegistryHost::run_golden(const registry::Package& package) {
  auto prepared = parts_.gate.admit(package, package.manifest().id() + " (check)", registry::ExtractPolicy::any);
  if (!prepared) return std::unexpected(prepared.error());
  const std::uint64_t began_ns = thread::monotonic_ns();
  for (const runtime::ModelSpec& model : prepared->plugin.models) {
    auto instance = worker::load_worker(parts_.workers.program(), prepared->plugin, model, parts_.services);
    if (!instance) return std::unexpected(instance.error());
    auto served = inference::ServedModel::start(std::move(*instance), {.log = parts_.services.log, .on_step = {}});
    if (!served) return std::unexpected(served.error());
    if (auto ended = (*served)->drain(thread::monotonic_ns() + 5'000'000'000); !ended)
      return std::unexpected(ended.error());
  }
  return fmt::format("{} golden cases of {} models in {} ms", prepared->plugin.golden.size(),
                     prepared->plugin.models.size(), (thread::monotonic_ns() - began_ns) / 1'000'000);
}

void RegistryHost::add_routes(std::vector<http::Route>& operators, std::vector<http::Route>& customers) {
  api::add_operator_routes(*api_, operators);
  api::add_publisher_routes(*api_, operators);
  api::add_release_routes(*api_, operators);
  api::add_evaluation_routes(*api_, operators);
  api::add_alias_routes(*api_, operators);
  api::add_upkeep_routes(*api_, operators);
  api::add_rollout_routes(*api_, operators);
  api::add_catalogue_routes(*api_, operators, api::PackagesFor::actors);
  api::add_catalogue_routes(*api_, customers, api::PackagesFor::everybody);
  api::add_listing_routes(*api_, operators);
  api::add_listing_routes(*api_, customers);
  api::add_metadata_routes(*api_, operators, api::PackagesFor::actors);
  api::add_metadata_routes(*api_, customers, api::PackagesFor::everybody);
}

void RegistryHost::start() {
  if (const auto undone = publishing_->unchecked())
    for (const registry::ReleaseId& id : *undone) api::check_later(*api_, id);
  follower_->start();
  reporter_->start();
}

// Where nothing was kept of it, as after a restore, both read the whole catalogue, for seconds each, and whoever serves
// its packages would wait for them. The first search waits, too: let it be this one.
void RegistryHost::read_all() {
  const bool is_posted = api_->browse.post([&api = *api_, &signer = *signer_] {
    (void)api.listing.index();
    signer.start();
  });
  if (!is_posted) signer_->start();  // many search already
}

std::vector<api::HostGauge> RegistryHost::gauges() const {
  const FeedSigner::Standing now = signer_->standing();
  return {
      {"stoa_extra_releases", "releases held because somebody asked for them",
       static_cast<double>(follower_->extra_count())},
      {"stoa_registry_metadata_version", "version of the signed timestamp", static_cast<double>(now.version)},
      {"stoa_registry_metadata_expiry_timestamp_seconds", "until when followers take the signed timestamp",
       static_cast<double>(now.expires_s)},
      {"stoa_registry_metadata_up", "1: the last attempt to sign the catalogue succeeded", now.is_failing ? 0.0 : 1.0}};
}

void RegistryHost::stop() {
  // What is not checked is taken up at the next start.
  api_->checks.close(api::Desk::Waiting::dropped);
  api_->browse.close(api::Desk::Waiting::dropped);
  api_->listing.keep();
  api_->slow.close();
  api_->quick.close();
  reporter_->stop();
  follower_->stop();
  signer_->stop();
}

}  // namespace stoa::app
