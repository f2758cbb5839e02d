// trust_store.hpp: the public keys whose signatures count here, each for the publisher it speaks for.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "registry/signature/ed25519.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

inline constexpr std::string_view kAnyPublisher = "*";

// A key speaks for one publisher, or for all of them under the name "*" (the operator's own key).
struct TrustedKey {
  std::string publisher;
  PublicKey key;
};

class TrustStore {
 public:
  // One publisher may have several keys (a new one beside the old), one key may speak for several publishers.
  void add(std::string publisher, PublicKey key);
  Result<void> add_file(std::string publisher, const std::filesystem::path& pem_file);
  // Every *.pem of a folder; the publisher is the file's name without .pub.pem or .pem. The first bad one is the
  // Error: a trust folder is whole or not used.
  Result<void> add_folder(const std::filesystem::path& folder);

  // The key with this id, preferably where it speaks for the publisher. nullptr where the key is not trusted at all.
  const TrustedKey* find(const KeyId& id, std::string_view publisher) const;
  const std::vector<TrustedKey>& keys() const { return keys_; }

 private:
  std::vector<TrustedKey> keys_;
};

}  // namespace stoa::registry
