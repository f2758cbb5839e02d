// package_reader.cpp: the order of checks of a package.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/package_reader.hpp"

#include <algorithm>

namespace stoa::registry {

namespace fs = std::filesystem;

namespace {

enum class Demand { report_signature, trusted_signature };

}  // namespace

// One package being verified, step by step. Each step relies on the ones before.
class Verification {
 public:
  Verification(File file, const TrustStore& trust) : trust_(trust) { package_.file_ = std::move(file); }

  Result<Package> run(Demand demand) {
    for (const auto step : {&Verification::read_shape, &Verification::read_manifest, &Verification::match_entries,
                            &Verification::check_signature})
      if (auto ok = (this->*step)(); !ok) return std::unexpected(ok.error());
    if (demand == Demand::trusted_signature)
      if (auto ok = require_trusted(package_); !ok) return std::unexpected(ok.error());
    if (auto ok = check_digests(); !ok) return std::unexpected(ok.error());
    return std::move(package_);
  }

 private:
  Result<void> read_shape() {
    const auto size = size_of_file(package_.file_);
    if (!size) return std::unexpected(size.error());
    package_.file_size_ = *size;
    auto entries = read_container(package_.file_, *size);
    if (!entries) return std::unexpected(entries.error());
    entries_ = std::move(*entries);
    return {};
  }

  Result<void> read_manifest() {
    if (entries_.empty() || entries_[0].path != kManifestPath)
      return refuse_package("no_manifest", "first entry is not manifest.json");
    if (entries_[0].size > kManifestBytesMax)
      return failure(Code::invalid_argument, "manifest.too_large",
                     "document: has " + std::to_string(entries_[0].size) + " bytes, limit is " +
                         std::to_string(kManifestBytesMax));
    auto json = read_entry(package_.file_, entries_[0]);
    if (!json) return std::unexpected(json.error());
    auto manifest = parse_manifest(*json);
    if (!manifest) return std::unexpected(manifest.error());
    package_.manifest_sha256_ = sha256_of(*json);
    package_.manifest_json_ = std::move(*json);
    package_.manifest_ = std::move(*manifest);
    is_signed_ = entries_.size() > 1 && entries_[1].path == kEnvelopePath;
    return {};
  }

  // Exactly the manifest's files, in its order, with its sizes.
  Result<void> match_entries() {
    struct Expected {
      const std::string* path;
      std::uint64_t size;
      std::vector<ContainerEntry>* into;
    };
    std::vector<Expected> expected;
    for (const auto& platform : package_.manifest_.platforms)
      expected.push_back({&platform.library, platform.size, &package_.libraries_});
    for (const auto& asset : package_.manifest_.assets)
      expected.push_back({&asset.path, asset.size, &package_.assets_});

    const auto files = std::span(entries_).subspan(is_signed_ ? 2 : 1);
    for (const auto& file : files)
      if (std::ranges::none_of(expected, [&](const Expected& e) { return *e.path == file.path; }))
        return refuse_package("unlisted_entry", "entry '" + file.path + "' is not in the manifest");
    for (const auto& wanted : expected)
      if (std::ranges::find(files, *wanted.path, &ContainerEntry::path) == files.end())
        return refuse_package("missing_entry", "the manifest lists '" + *wanted.path + "', the package lacks it");
    for (std::size_t i = 0; i < files.size(); ++i) {
      if (files[i].path != *expected[i].path)
        return refuse_package("entry_order",
                              "entry '" + files[i].path + "' stands where '" + *expected[i].path + "' belongs");
      if (files[i].size != expected[i].size)
        return refuse_package("size_mismatch", "entry '" + files[i].path + "' has " + std::to_string(files[i].size) +
                                                   " bytes, the manifest says " + std::to_string(expected[i].size));
      expected[i].into->push_back(files[i]);
    }
    return {};
  }

  Result<void> check_signature() {
    if (!is_signed_) return {};
    if (entries_[1].size > kEnvelopeBytesMax)
      return failure(
          Code::unauthenticated, "signature.envelope",
          "envelope has " + std::to_string(entries_[1].size) + " bytes, limit is " + std::to_string(kEnvelopeBytesMax));
    const auto json = read_entry(package_.file_, entries_[1]);
    if (!json) return std::unexpected(json.error());
    const auto envelope = parse_envelope(*json, package_.manifest_json_);
    if (!envelope) return std::unexpected(envelope.error());
    package_.signature_ = {SignatureState::unknown_key, envelope->key_id, {}};
    const auto* trusted = trust_.find(envelope->key_id, package_.manifest_.publisher);
    if (!trusted) return {};
    if (auto ok = verify_manifest(*envelope, package_.manifest_json_, trusted->key); !ok) return ok;
    const bool speaks = trusted->publisher == package_.manifest_.publisher || trusted->publisher == kAnyPublisher;
    package_.signature_ = {speaks ? SignatureState::trusted : SignatureState::other_publisher, envelope->key_id,
                           trusted->publisher};
    return {};
  }

  Result<void> check_digests() {
    for (std::size_t i = 0; i < package_.libraries_.size(); ++i)
      if (auto ok = check_digest(package_.libraries_[i], package_.manifest_.platforms[i].sha256); !ok) return ok;
    for (std::size_t i = 0; i < package_.assets_.size(); ++i)
      if (auto ok = check_digest(package_.assets_[i], package_.manifest_.assets[i].sha256); !ok) return ok;
    return {};
  }

  Result<void> check_digest(const ContainerEntry& entry, const Sha256& wanted) {
    const auto digest = digest_entry(package_.file_, entry);
    if (!digest) return std::unexpected(digest.error());
    if (*digest != wanted)
      return failure(
          Code::data_loss, "package.digest_mismatch",
          "entry '" + entry.path + "' has SHA-256 " + to_hex(*digest) + ", the manifest says " + to_hex(wanted));
    return {};
  }

  const TrustStore& trust_;
  Package package_;
  std::vector<ContainerEntry> entries_;
  bool is_signed_ = false;
};

namespace {

Result<Package> verify(const fs::path& path, const TrustStore& trust, Demand demand) {
  auto file = open_regular(path);
  if (!file) return std::unexpected(file.error());
  return Verification(std::move(*file), trust).run(demand);
}

}  // namespace

Result<void> require_trusted(const Package& package) {
  const auto& signature = package.signature();
  const auto refused = [](const char* reason, std::string message) {
    return failure(Code::unauthenticated, reason, std::move(message));
  };
  switch (signature.state) {
    case SignatureState::trusted:
      return {};
    case SignatureState::absent:
      return refused("signature.missing", "package is not signed");
    case SignatureState::unknown_key:
      return refused("signature.unknown_key",
                     "package is signed by key " + signature.key_id.hex + ", which is not trusted");
    case SignatureState::other_publisher:
      break;
  }
  return refused("signature.other_publisher", "package of publisher '" + package.manifest().publisher +
                                                  "' is signed by a key of '" + signature.key_publisher + "'");
}

Result<Package> inspect_package(const fs::path& path, const TrustStore& trust) {
  return verify(path, trust, Demand::report_signature);
}

Result<Package> open_package(const fs::path& path, const TrustStore& trust) {
  return verify(path, trust, Demand::trusted_signature);
}

Result<std::vector<ScannedPackage>> scan_folder(const fs::path& folder, const TrustStore& trust) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    const auto name = entry.path().filename().string();
    if (entry.path().extension() == ".stoa" && !name.starts_with('.')) files.push_back(entry.path());
  }
  if (error) return std::unexpected(file_error("list", folder, error.value()));
  std::ranges::sort(files);
  std::vector<ScannedPackage> scanned;
  for (const auto& file : files) scanned.push_back({file, open_package(file, trust)});
  return scanned;
}

}  // namespace stoa::registry
