// submission.hpp: what the checks look at: a package, who hands it in, what is there already, what the operator wants.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "registry/checks/licence_policy.hpp"
#include "registry/package/package_reader.hpp"

namespace stoa::registry {

// A key as the registry knows it. It speaks for its publisher ("*": for all) from valid_from on, until valid_until (it
// was rotated or ran out) or revoked_from, whichever is earlier.
struct SubmissionKey {
  std::string publisher;
  PublicKey key;
  bool may_sign_releases = true;
  std::int64_t valid_from_ms = 0;
  std::optional<std::int64_t> valid_until_ms, revoked_from_ms;
};

// A release of the same plugin that has its version for good, whatever became of it.
struct TakenVersion {
  std::string version;
  Sha256 package_sha256{};  // of the file
  Sha256 content_sha256{};  // content_digest() of its manifest
  bool is_revoked = false;
};

struct AbiRange {
  std::uint32_t min = 1, max = 1;
};

struct CheckPolicy {
  bool allows_backports = false;        // 1.2.5 after 1.3.0: a warning instead of a refusal
  bool demands_golden = false;          // a package without golden cases is refused instead of warned of
  std::vector<AbiRange> host_abis;      // of the hosts that follow this registry
  std::vector<std::string> in_process;  // what the operator runs in the host's own process: "acme/vision", "acme/*"
  LicencePolicy licences = default_licence_policy();
  std::uint64_t package_bytes_max = std::uint64_t{16} << 30, entry_bytes_max = kEntryBytesMax;
  std::size_t entries_max = 1024;  // libraries and assets together
};

struct Submission {
  Result<Package> package = failure(Code::not_found, "file.not_found", "no package");  // of inspect_submission()
  Sha256 package_sha256{};  // of the file, by whoever stored it
  std::string publisher;    // who hands it in, as the token says
  std::vector<SubmissionKey> keys;
  std::vector<TakenVersion> versions;                          // of this plugin
  std::vector<std::string> other_plugins;                      // of this publisher, without this plugin
  std::uint64_t publisher_bytes = 0, publisher_bytes_max = 0;  // stored already; 0: no limit
  CheckPolicy policy;
  // By the registry's clock. The signature is no younger than received_ms, when the file was submitted.
  std::int64_t received_ms = 0, now_ms = 0;
};

// Opens a package with every key given, to say later whose it was. Bounded memory; runs and writes nothing.
Result<Package> inspect_submission(const std::filesystem::path& file, const std::vector<SubmissionKey>& keys);

// Names what a package does: its libraries and assets, and not what its manifest says of them.
Sha256 content_digest(const Manifest& manifest);

}  // namespace stoa::registry
