// catalogue_copy.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/upkeep/catalogue_copy.hpp"

#include <stdlib.h>

#include <cerrno>

#include "registry/database/sqlite_store.hpp"
#include "registry/document/file.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kAll = 1'000'000'000;

}  // namespace

Result<TemporaryFolder> TemporaryFolder::create() {
  std::error_code error;
  const auto root = std::filesystem::temp_directory_path(error);
  if (error) return std::unexpected(file_error("find", "folder for temporary files", error.value()));
  std::string name = (root / "stoa-registry-XXXXXX").string();
  if (!::mkdtemp(name.data())) return std::unexpected(file_error("make", name, errno));
  return TemporaryFolder(name);
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

Result<void> copy_catalogue(const std::filesystem::path& registry, const std::filesystem::path& to) {
  const auto file = registry / kCatalogueFile;
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error))
    return failure(Code::not_found, "file.not_found",
                   file.string() + ": there is no catalogue, so this is no registry");
  const auto reading = database::Connection::open(file, database::Access::read);
  return reading ? reading->back_up(to) : std::unexpected(reading.error());
}

Result<PrivateKey> read_registry_key(const std::filesystem::path& registry) {
  return read_private_key(registry / kRegistryKeyFile);
}

Result<std::unique_ptr<Catalogue>> open_copy(const std::filesystem::path& file, PrivateKey key, std::int64_t now_ms) {
  return Catalogue::open({.file = file, .now_ms = [now_ms] { return now_ms; }}, std::move(key));
}

Result<std::vector<ReleaseRecord>> all_releases(Catalogue& catalogue) {
  ReleaseFilter filter;
  filter.most = kAll;
  return catalogue.releases(filter);
}

}  // namespace stoa::registry
