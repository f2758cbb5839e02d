// package_gate.hpp: between a verified package and the runtime: what it may do here, where it runs, how it is
// configured. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mutex>
#include <set>
#include <string>

#include "host/app/config.hpp"
#include "host/app/log.hpp"
#include "host/app/release_loader.hpp"
#include "host/app/worker_supply.hpp"
#include "registry/package/extraction.hpp"

namespace stoa::app {

// Threads: any.
class PackageGate {
 public:
  // All outlive it.
  PackageGate(const Config& config, WorkerSupply& workers, Log& log) : config_(config), workers_(workers), log_(log) {}

  // Unpacks it below config.state. Errors: failed_precondition "isolation.too_weak", permission_denied
  // "isolation.permission", those of extraction and of plugin_source(). file is for the log.
  Result<ReleaseLoader::Prepared> admit(const registry::Package& package, const std::string& file,
                                        registry::ExtractPolicy policy = registry::ExtractPolicy::trusted_only);
  // Whether a package came that has this model.
  bool has_configured(const std::string& model) const;

 private:
  Result<void> check_isolation(const registry::Manifest& manifest, bool is_inside);

  const Config& config_;
  WorkerSupply& workers_;
  Log& log_;
  mutable std::mutex mutex_;
  std::set<std::string> configured_;  // Lock: mutex_; of config.models, those that a package has
};

}  // namespace stoa::app
