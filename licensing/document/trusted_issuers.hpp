// trusted_issuers.hpp: whose signature under a licence or a revocation list counts on this host.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/document/signed_document.hpp"
#include "licensing/terms/licence.hpp"
#include "registry/signature/ed25519.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

struct IssuerKey {
  std::string issuer;  // "platform", or a publisher
  registry::PublicKey key;
};

// An issuer may have several keys, a new one beside the old.
class TrustedIssuers {
 public:
  void add(std::string issuer, registry::PublicKey key) { keys_.push_back({std::move(issuer), std::move(key)}); }
  // Reasons: issuer.name; file.*; key.*, degenerate keys among them, with the file's name in front.
  Result<void> add_file(std::string issuer, const std::filesystem::path& pem_file);

  bool knows(std::string_view issuer) const;
  const std::vector<IssuerKey>& keys() const { return keys_; }

  // That a key of this issuer signed it. Reasons: signature.unknown_key, where nobody's here did;
  // signature.other_issuer, where somebody else's did; signature.invalid.
  Result<void> verify(const DocumentKind& kind, const SignedDocument& document, std::string_view issuer) const;

 private:
  std::vector<IssuerKey> keys_;
};

// A publisher licenses its own models alone. Reason: licence.foreign_model.
Result<void> check_issuer(const Licence& licence);

}  // namespace stoa::licensing
