// package_gate.hpp: between a verified package and the runtime: what it may do here, where it runs, how it is
// configured. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "host/app/config.hpp"
#include "host/app/log.hpp"
#include "host/app/release_loader.hpp"
#include "host/app/sealed_assets.hpp"
#include "host/app/worker_supply.hpp"
#include "licensing/sealed/secret.hpp"
#include "registry/package/extraction.hpp"

namespace stoa::app {

// Threads: any.
class PackageGate {
 public:
  // All outlive it.
  PackageGate(const Config& config, WorkerSupply& workers, ContentKeySource keys, Log& log)
      : config_(config), workers_(workers), keys_(std::move(keys)), log_(log) {}

  // Unpacks it below config.state. Errors: failed_precondition "isolation.too_weak", "licence.code_in_process",
  // permission_denied "isolation.permission", those of extraction and of plugin_source(). file is for the log.
  Result<ReleaseLoader::Prepared> admit(const registry::Package& package, const std::string& file,
                                        registry::ExtractPolicy policy = registry::ExtractPolicy::trusted_only);
  // Whether a package came that has this model.
  bool has_configured(const std::string& model) const;
  // Of every release that was admitted so far, the keys of its encrypted assets.
  std::vector<KeyRequest> encrypted_releases() const;

 private:
  void remember(KeyRequest release);
  Result<void> check_isolation(const registry::Manifest& manifest, bool is_inside);
  Result<void> check_licence(const registry::Manifest& manifest) const;  // of a plugin inside the host

  const Config& config_;
  WorkerSupply& workers_;
  const ContentKeySource keys_;
  Log& log_;
  mutable std::mutex mutex_;
  // From the first plugin on that has encrypted assets and runs in this process, where it keeps them as it likes.
  std::optional<licensing::NoCoreDump> no_dump_;  // Lock: mutex_
  std::vector<KeyRequest> encrypted_;             // Lock: mutex_
  std::set<std::string> configured_;              // Lock: mutex_; of config.models, those that a package has
};

}  // namespace stoa::app
