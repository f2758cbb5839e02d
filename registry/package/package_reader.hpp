// package_reader.hpp: from a file to a verified package. Runs no partner code.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "registry/document/file.hpp"
#include "registry/package/container.hpp"
#include "registry/package/manifest.hpp"
#include "registry/package/trust_store.hpp"
#include "registry/signature/dsse.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

enum class SignatureState {
  absent,           // no envelope in the package
  unknown_key,      // signed by a key that the trust store does not have: nothing is proved
  other_publisher,  // verified, but the key does not speak for the manifest's publisher
  trusted,          // verified against a key that speaks for the manifest's publisher
};

struct SignatureReport {
  SignatureState state = SignatureState::absent;
  KeyId key_id;               // empty where absent
  std::string key_publisher;  // whom the trust store lets the key speak for; empty where absent or unknown
};

// Invariant: the container is canonical, the manifest sound, and every library and asset has the digest of the
// manifest. Lifetime: keeps its file open, so that replacing the path later changes nothing here.
class Package {
 public:
  const Manifest& manifest() const { return manifest_; }
  const std::string& manifest_json() const { return manifest_json_; }
  // Names the package's whole content: the manifest lists the digest of everything else.
  const Sha256& manifest_sha256() const { return manifest_sha256_; }
  const SignatureReport& signature() const { return signature_; }
  std::uint64_t file_size() const { return file_size_; }

  const File& file() const { return file_; }
  // Libraries in the order of manifest().platforms, assets in that of manifest().assets.
  const std::vector<ContainerEntry>& libraries() const { return libraries_; }
  const std::vector<ContainerEntry>& assets() const { return assets_; }

 private:
  friend class Verification;
  File file_;
  std::uint64_t file_size_ = 0;
  Manifest manifest_;
  std::string manifest_json_;
  Sha256 manifest_sha256_{};
  SignatureReport signature_;
  std::vector<ContainerEntry> libraries_, assets_;
};

// Checks, in this order: container, manifest, entries against the manifest, signature, digests. The first failure is
// the Error. A missing signature and one of a key that is unknown or another publisher's are reported, not refused.
Result<Package> inspect_package(const std::filesystem::path& path, const TrustStore& trust);

// The same, but a package is refused, before its content is read, unless a key signed it that speaks for its publisher.
// Reasons: signature.missing, signature.unknown_key, signature.other_publisher.
Result<Package> open_package(const std::filesystem::path& path, const TrustStore& trust);

struct ScannedPackage {
  std::filesystem::path path;
  Result<Package> package;
};

// Nothing where the package is signed by a key that speaks for its publisher; else why it is not trusted.
Result<void> require_trusted(const Package& package);

// Every *.stoa of a folder, by name, the broken ones with their reasons.
Result<std::vector<ScannedPackage>> scan_folder(const std::filesystem::path& folder, const TrustStore& trust);

}  // namespace stoa::registry
