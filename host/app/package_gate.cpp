// package_gate.cpp SPDX-License-Identifier: Apache-2.0
#include "host/app/package_gate.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/app/package_source.hpp"

namespace stoa::app {

// What the package demands holds for plugins inside the host, too; what the operator demands is about workers.
Result<void> PackageGate::check_isolation(const registry::Manifest& manifest, bool is_inside) {
  const worker::Tier tier = is_inside ? worker::Tier::t0 : workers_.program().tier;
  worker::Tier wanted = is_inside ? worker::Tier::t0 : config_.workers.isolation_min;
  if (!manifest.min_isolation.empty())
    wanted = std::max(wanted, worker::parse_tier(manifest.min_isolation).value_or(worker::Tier::t2n));
  if (tier >= wanted) return {};
  const worker::SandboxSupport support =
      workers_.support();  // of a plugin inside the host, too: what would it have found
  return failure(Code::failed_precondition, "isolation.too_weak",
                 fmt::format("{} needs {} and would run in {} (Landlock {}, seccomp {}, namespaces {}); the operator's "
                             "demand is workers.min_isolation, the package's min_isolation in its manifest",
                             manifest.id(), worker::name_of(wanted), worker::name_of(tier),
                             support.landlock_abi > 0 ? "yes" : "no", support.has_seccomp ? "yes" : "no",
                             support.has_user_namespaces ? "yes" : "no"));
}

// The registry asked that when the release came; in_process may have been written since.
Result<void> PackageGate::check_licence(const registry::Manifest& manifest) const {
  using registry::LicenceRule;
  if (!config_.registry) return {};  // whoever puts a package into the folder answers for it
  const auto found = config_.registry->policy.licences.code.evaluate(manifest.licence_code);
  if (found.rule != LicenceRule::workers_only && found.rule != LicenceRule::denied) return {};
  return failure(
      Code::failed_precondition, "licence.code_in_process",
      fmt::format("{}: code's licence {} is not taken inside the host: take the plugin out of in_process, or "
                  "allow the licence under registry.licences.code",
                  manifest.id(), found.because));
}

// Lock: mutex_.
void PackageGate::remember(KeyRequest release) {
  if (std::ranges::find(encrypted_, release) == encrypted_.end()) encrypted_.push_back(std::move(release));
}

Result<ReleaseLoader::Prepared> PackageGate::admit(const registry::Package& package, const std::string& file,
                                                   registry::ExtractPolicy policy) {
  const registry::Manifest& manifest = package.manifest();
  const bool is_inside = runs_in_process(config_, manifest.id());
  if (auto good = check_isolation(manifest, is_inside); !good) return std::unexpected(good.error());
  if (is_inside)
    if (auto good = check_licence(manifest); !good) return std::unexpected(good.error());
  if (const std::string* asked = refused_permission(config_, manifest.id(), manifest.permissions); !is_inside && asked)
    return failure(Code::permission_denied, "isolation.permission",
                   fmt::format("{} asks for \"{}\", which is not allowed to it; allow it with --allow '{}={}' or under "
                               "permissions in the configuration, if you trust it with that",
                               manifest.id(), *asked, manifest.id(), *asked));
  log_.write(Level::info, "package.loading",
             {{"package", file}, {"plugin", manifest.id()}, {"version", manifest.version}});
  const auto extracted = registry::extract_package(package, config_.state, policy);
  if (!extracted) return std::unexpected(extracted.error());
  auto source = plugin_source(manifest, extracted->folder);
  if (!source) return std::unexpected(source.error());
  decrypt_with(keys_, manifest, *source, log_);
  if (has_encrypted_assets(manifest)) {
    const std::lock_guard lock(mutex_);
    if (is_inside && !no_dump_) no_dump_.emplace();
    for (const registry::AssetDeclaration& asset : manifest.assets)
      for (const runtime::ModelSpec& model : source->models)
        if (asset.encrypted) remember({{asset.encrypted->content_key}, model.name, model.version});
  }
  for (runtime::ModelSpec& model : source->models) {
    model.package = package.manifest_sha256();
    const auto configured = config_.models.find(model.name);
    if (configured == config_.models.end()) continue;
    apply(configured->second, model);
    const std::lock_guard lock(mutex_);
    configured_.insert(model.name);
  }
  const auto is_a_card = [](const DLDevice& device) { return device.device_type == kDLCUDA; };
  for (const runtime::ModelSpec& model : source->models)
    if (!is_inside && source->permissions.devices && std::ranges::none_of(model.devices, is_a_card))
      log_.write(Level::warn, "model.no_card",
                 {{"model", model.name},
                  {"why", "it may use cards (device:cuda) and is given none: name them in devices under models"}});
  return ReleaseLoader::Prepared{std::move(*source), is_inside};
}

std::vector<KeyRequest> PackageGate::encrypted_releases() const {
  const std::lock_guard lock(mutex_);
  return encrypted_;
}

bool PackageGate::has_configured(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  return configured_.contains(model);
}

}  // namespace stoa::app
