// feed_keys.cpp: PEM files, durable before a root names them. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/feed_keys.hpp"

#include <algorithm>

#include "registry/document/file.hpp"
#include "registry/signature/key_file.hpp"

namespace stoa::registry {

Result<SigningRules> make_feed_keys(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return std::unexpected(file_error("make", folder, error.value()));
  std::filesystem::permissions(folder, std::filesystem::perms::owner_all, error);
  SigningRules rules;
  for (const auto& [name, rule] :
       {std::pair("root.pem", &rules.root), std::pair("targets.pem", &rules.targets),
        std::pair("snapshot.pem", &rules.snapshot), std::pair("timestamp.pem", &rules.timestamp),
        std::pair("releases.pem", &rules.releases)}) {
    const auto key = read_or_make_private_key(folder / name);
    if (!key) return std::unexpected(key.error());
    rule->keys.push_back(key->public_key());
  }
  return rules;
}

Result<std::vector<std::filesystem::path>> feed_key_files(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end; at.increment(error))
    if (at->path().extension() == ".pem") files.push_back(at->path());
  if (error) return std::unexpected(file_error("list", folder, error.value()));
  std::ranges::sort(files);
  return files;
}

Result<std::vector<PrivateKey>> read_key_files(const std::vector<std::filesystem::path>& files) {
  std::vector<PrivateKey> keys;
  for (const auto& file : files) {
    auto key = read_private_key(file);
    if (!key) return std::unexpected(key.error());
    keys.push_back(std::move(*key));
  }
  return keys;
}

Result<std::vector<PrivateKey>> read_feed_keys(const std::filesystem::path& folder) {
  const auto files = feed_key_files(folder);
  return files ? read_key_files(*files) : std::unexpected(files.error());
}

}  // namespace stoa::registry
