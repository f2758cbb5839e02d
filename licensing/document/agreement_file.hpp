// agreement_file.hpp: an agreement as a document, and its parties' signatures under it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "licensing/agreement/agreement.hpp"
#include "licensing/document/signed_document.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

inline constexpr DocumentKind kAgreementDocument{"application/vnd.stoa.agreement+json", "agreement", 64u << 10};
inline constexpr std::string_view kAgreementSignatureSuffix = ".stoa-signature";

// The canonical text (RFC 8785): what every party signs. Amounts are decimals in quotes, times RFC 3339 in UTC; what is
// none is left out.
std::string write_agreement(const Agreement& agreement);
// Takes what write_agreement() writes and nothing else. Reasons: "agreement.*" with the field as a JSON pointer;
// "agreement.terms".
Result<Agreement> parse_agreement(std::string_view json);
// As whoever proposes it writes it: members in any order, most may be left out. A missing id is made, the version is 1,
// from is now; the residual party is the publisher.
Result<Agreement> parse_agreement_draft(std::string_view json, std::int64_t now_ms);

// A party's signature as a file: the text and the signature in one envelope (sign_document). The parties sign the same
// bytes, each in a file of its own.
std::string sign_agreement_text(std::string_view text, const registry::PrivateKey& key);
struct OpenedAgreement {
  Agreement agreement;
  SignedDocument document;
};
// Does not verify: whose key counts is another's question. Reasons: those of open_document and parse_agreement.
Result<OpenedAgreement> open_agreement(std::string_view file);
// Reasons: signature.unknown_key, signature.invalid.
Result<void> verify_agreement(const SignedDocument& document, const registry::PublicKey& key);

}  // namespace stoa::licensing
