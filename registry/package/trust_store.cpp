// trust_store.cpp: loading and finding trusted keys.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/trust_store.hpp"

#include <algorithm>

#include "registry/package/file.hpp"

namespace stoa::registry {

namespace fs = std::filesystem;

Result<void> TrustStore::add(std::string name, PublicKey key) {
  if (const auto* known = find(key.id()); known && known->name != name)
    return failure(Code::already_exists, "key.duplicate",
                   "key " + key.id().hex + " is trusted as '" + known->name + "' already, not also as '" + name + "'");
  if (!find(key.id())) keys_.push_back({std::move(name), std::move(key)});
  return {};
}

Result<void> TrustStore::add_file(const fs::path& file) {
  const auto pem = read_small_file(file, 16 * 1024);
  if (!pem) return std::unexpected(pem.error());
  auto key = PublicKey::from_pem(*pem);
  if (!key) {
    auto error = key.error();
    error.message = file.string() + ": " + error.message;
    return std::unexpected(std::move(error));
  }
  auto name = file.stem();
  if (name.extension() == ".pub") name = name.stem();
  return add(name.string(), std::move(*key));
}

Result<void> TrustStore::add_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".pem") files.push_back(entry.path());
  if (error) return std::unexpected(file_error("list", folder, error.value()));
  std::ranges::sort(files);
  for (const auto& file : files)
    if (auto ok = add_file(file); !ok) return ok;
  return {};
}

const TrustedKey* TrustStore::find(const KeyId& id) const {
  const auto at = std::ranges::find_if(keys_, [&](const TrustedKey& trusted) { return trusted.key.id() == id; });
  return at == keys_.end() ? nullptr : &*at;
}

}  // namespace stoa::registry
