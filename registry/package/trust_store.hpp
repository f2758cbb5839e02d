// trust_store.hpp: the public keys whose signatures count here, each under the name its owner gave it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "registry/package/ed25519.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

struct TrustedKey {
  std::string name;
  PublicKey key;
};

class TrustStore {
 public:
  // Reason key.duplicate where the same key is there under another name: a report could not say whose it is.
  Result<void> add(std::string name, PublicKey key);
  // One key file; its name is the file's, without .pub.pem or .pem.
  Result<void> add_file(const std::filesystem::path& file);
  // Every *.pem of a folder, by name. The first bad one is the Error: a trust folder is whole or not used.
  Result<void> add_folder(const std::filesystem::path& folder);

  // nullptr where the key is not trusted.
  const TrustedKey* find(const KeyId& id) const;
  const std::vector<TrustedKey>& keys() const { return keys_; }

 private:
  std::vector<TrustedKey> keys_;
};

}  // namespace stoa::registry
