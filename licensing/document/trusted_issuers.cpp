// trusted_issuers.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/document/trusted_issuers.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "registry/document/file.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kKeyFileMax = 16 * 1024;

}  // namespace

Result<void> TrustedIssuers::add_file(std::string issuer, const std::filesystem::path& pem_file) {
  if (!is_issuer_name(issuer))
    return failure(Code::invalid_argument, "issuer.name",
                   fmt::format("'{}' is no issuer: 'platform', or a publisher's name", registry::printable(issuer)));
  const auto pem = registry::read_small_file(pem_file, kKeyFileMax);
  if (!pem) return std::unexpected(pem.error());
  auto key = registry::PublicKey::from_pem(*pem);
  if (!key) {
    key.error().message = fmt::format("{}: {}", pem_file.string(), key.error().message);
    return std::unexpected(key.error());
  }
  add(std::move(issuer), std::move(*key));
  return {};
}

bool TrustedIssuers::knows(std::string_view issuer) const {
  return std::ranges::any_of(keys_, [&](const IssuerKey& one) { return one.issuer == issuer; });
}

Result<void> TrustedIssuers::verify(const DocumentKind& kind, const SignedDocument& document,
                                    std::string_view issuer) const {
  const IssuerKey* signer = nullptr;  // a key may be several issuers'
  for (const IssuerKey& one : keys_)
    if (one.key.id() == document.envelope.key_id && (!signer || one.issuer == issuer)) signer = &one;
  if (!signer)
    return failure(Code::unauthenticated, "signature.unknown_key",
                   fmt::format("it is signed by key {}, which no trusted issuer has", document.envelope.key_id.hex));
  if (signer->issuer != issuer)
    return failure(Code::unauthenticated, "signature.other_issuer",
                   fmt::format("it says that it is of '{}', and is signed by a key of '{}'", issuer, signer->issuer));
  return registry::verify_payload(document.envelope, kind.payload_type, document.text, signer->key);
}

Result<void> check_issuer(const Licence& licence) {
  if (licence.issuer == kPlatformIssuer) return {};
  for (const Coverage& covered : licence.covers)
    if (covered.model.substr(0, covered.model.find('/')) != licence.issuer)
      return failure(Code::permission_denied, "licence.foreign_model",
                     fmt::format("it is issued by '{}', and covers '{}': a publisher licenses its own models alone",
                                 licence.issuer, covered.model));
  return {};
}

}  // namespace stoa::licensing
