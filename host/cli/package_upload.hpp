// package_upload.hpp: a package's way into a registry: announced, sent in chunks, submitted; taken up again where an
// interrupted run left off. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "host/client/http_client.hpp"
#include "registry/package/package_reader.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

struct UploadPlan {
  std::filesystem::path package;
  std::string changelog;
  std::uint64_t chunk_bytes = 8 << 20;
  std::function<void(std::uint64_t sent, std::uint64_t all)> on_progress = [](std::uint64_t, std::uint64_t) {};
};

// The release as the registry shows it: submitted, or further on where an earlier run came so far. Reasons: those of
// the package, of the client and of the registry; and of upload.state, the small file <package>.upload in which a run
// leaves what the next one needs. It names the registry and the digest: one of another package is not used.
Result<client::Json> bring_package(client::HttpClient& registry, const UploadPlan& plan);

// No run needs to take this one up again.
void forget_upload(const std::filesystem::path& package);

// Asks until the checks have ended; deadline_exceeded "publish.waiting" after limit_s.
Result<client::Json> wait_for_checks(client::HttpClient& registry, const std::string& release, int limit_s);

}  // namespace stoa::cli
