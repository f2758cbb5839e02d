// trust_store.cpp: loading and finding trusted keys.
// SPDX-License-Identifier: Apache-2.0
#include "registry/package/trust_store.hpp"

#include <algorithm>

#include "registry/document/file.hpp"

namespace stoa::registry {

namespace fs = std::filesystem;

void TrustStore::add(std::string publisher, PublicKey key) { keys_.push_back({std::move(publisher), std::move(key)}); }

Result<void> TrustStore::add_file(std::string publisher, const fs::path& pem_file) {
  const auto pem = read_small_file(pem_file, 16 * 1024);
  if (!pem) return std::unexpected(pem.error());
  auto key = PublicKey::from_pem(*pem);
  if (!key) {
    auto error = key.error();
    error.message = pem_file.string() + ": " + error.message;
    return std::unexpected(std::move(error));
  }
  add(std::move(publisher), std::move(*key));
  return {};
}

Result<void> TrustStore::add_folder(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder, error))
    if (entry.path().extension() == ".pem") files.push_back(entry.path());
  if (error) return std::unexpected(file_error("list", folder, error.value()));
  std::ranges::sort(files);
  for (const auto& file : files) {
    auto publisher = file.stem();
    if (publisher.extension() == ".pub") publisher = publisher.stem();
    if (auto ok = add_file(publisher.string(), file); !ok) return ok;
  }
  return {};
}

const TrustedKey* TrustStore::find(const KeyId& id, std::string_view publisher) const {
  const TrustedKey* found = nullptr;
  for (const auto& trusted : keys_) {
    if (trusted.key.id() != id) continue;
    if (trusted.publisher == publisher || trusted.publisher == kAnyPublisher) return &trusted;
    if (!found) found = &trusted;
  }
  return found;
}

}  // namespace stoa::registry
