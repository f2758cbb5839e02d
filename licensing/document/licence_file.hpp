// licence_file.hpp: a licence as a signed file, which a host verifies without a network.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "licensing/document/signed_document.hpp"
#include "licensing/document/trusted_issuers.hpp"
#include "licensing/terms/licence.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

inline constexpr std::string_view kLicenceSuffix = ".stoa-licence";
inline constexpr DocumentKind kLicenceDocument{"application/vnd.stoa.licence+json", "licence_file", 256u << 10};

// The canonical text: what RFC 8785 (JCS) makes of it. Times are RFC 3339 in UTC with milliseconds; what is empty, none
// or without limit is left out.
std::string write_licence(const Licence& licence);
// Takes what write_licence() writes and nothing else. Reasons: "licence_file.*" with the field as a JSON pointer;
// "licence.terms"; "licence.foreign_model".
Result<Licence> parse_licence(std::string_view json);

// Terms as an issuer writes them: the same members in any order, most may be left out. A missing id is made, a missing
// serial is 1, issued is now; not_before is then, policies are deny, versions are all; times may be written shorter.
Result<Licence> parse_terms(std::string_view json, std::int64_t now_ms);

std::string sign_licence(const Licence& licence, const registry::PrivateKey& key);

struct OpenedLicence {
  Licence licence;
  SignedDocument document;
};
// Does not verify: whose key counts is another's question. Reasons: those of open_document and parse_licence.
Result<OpenedLicence> open_licence(std::string_view file);
// Reasons: those of TrustedIssuers::verify.
Result<void> verify_licence(const OpenedLicence& opened, const TrustedIssuers& issuers);

}  // namespace stoa::licensing
