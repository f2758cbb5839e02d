// catalogue_copy.hpp: one state of a registry's catalogue to look at in peace, while a host goes on writing.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <memory>

#include "registry/catalogue/catalogue.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

inline constexpr const char* kCatalogueFile = "catalogue.db";
inline constexpr const char* kRegistryKeyFile = "registry.key.pem";
inline constexpr const char* kBlobsFolder = "blobs";

// A folder in the system's place for such, mode 0700, gone with this object.
class TemporaryFolder {
 public:
  static Result<TemporaryFolder> create();
  TemporaryFolder(TemporaryFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFolder& operator=(TemporaryFolder&&) = delete;
  ~TemporaryFolder();
  const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFolder(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

// The file appears complete, alone and durable, or not at all; the original is read and never written to: a host may
// have it open. Errors: file.not_found: there is no catalogue; database.*.
Result<void> copy_catalogue(const std::filesystem::path& registry, const std::filesystem::path& to);

// Reasons: key.*, file.*.
Result<PrivateKey> read_registry_key(const std::filesystem::path& registry);

// Opens a copy, which is brought to today's schema. A file of a newer Stoa: catalogue.newer.
Result<std::unique_ptr<Catalogue>> open_copy(const std::filesystem::path& file, PrivateKey key, std::int64_t now_ms);

// Every release, without manifests.
Result<std::vector<ReleaseRecord>> all_releases(Catalogue& catalogue);

}  // namespace stoa::registry
