// mirror_source.hpp: where a bundle's metadata, packages and evaluations come from: a registry's folder, or a host that
// has one, over HTTP. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "host/client/http_client.hpp"
#include "registry/mirror/bundle.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

struct WantedPackage {
  std::string path;  // "acme/vision/1.2.0.stoa"
  registry::Target target;
};

struct MirrorSource {
  registry::FetchMetadata fetch;
  registry::OpenBlob open;  // of what bring() brought
  std::function<Result<void>(const std::vector<WantedPackage>& packages)> bring;
  // What was said of a release with a key that counts.
  std::function<Result<std::vector<registry::BundleEvaluation>>(const std::string& release_id)> evaluations;
  std::shared_ptr<const void> owner;  // of what the functions use
};

// Beside a host that runs, or alone.
Result<MirrorSource> source_in_folder(const std::filesystem::path& registry);

// Packages come into the folder parts, each under its digest: a run that was interrupted goes on where it stopped.
// on_progress: bytes of all packages. Reasons: those of the client; target.digest.
Result<MirrorSource> source_of_host(client::HttpClient host, const std::filesystem::path& parts,
                                    std::function<void(std::uint64_t brought, std::uint64_t all)> on_progress);

}  // namespace stoa::cli
