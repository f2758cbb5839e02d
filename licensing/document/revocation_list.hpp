// revocation_list.hpp: what an issuer has taken back, as a signed file. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/document/signed_document.hpp"
#include "licensing/document/trusted_issuers.hpp"
#include "licensing/terms/ids.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

inline constexpr std::string_view kRevocationsSuffix = ".stoa-revocations";
inline constexpr DocumentKind kRevocationsDocument{"application/vnd.stoa.revocations+json", "revocation_list",
                                                   16u << 20};
inline constexpr std::size_t kRevocationsMax = 50'000;

// Of a licence with every serial up to one: a higher one, issued later, counts again. Times are milliseconds of Unix
// time.
struct Revocation {
  LicenceId licence;
  std::uint32_t serials_to = 0;
  std::int64_t at_ms = 0;
  std::string because;  // for people; may be empty
  friend bool operator==(const Revocation&, const Revocation&) = default;
};

struct RevocationList {
  std::string issuer;        // whose licences it speaks of, and nobody else's
  std::uint64_t number = 0;  // 1, and then only up: a lower one is an older word
  std::int64_t issued_ms = 0;
  std::int64_t next_update_ms = 0;  // until when there is a newer one
  std::vector<Revocation> revoked;  // in the order of ids, each once
  friend bool operator==(const RevocationList&, const RevocationList&) = default;
};

// Pre: what is written makes sense; parse_revocations() refuses the rest.
std::string write_revocations(const RevocationList& list);
// Takes what write_revocations() writes and nothing else. Reasons: "revocation_list.*" with the field.
Result<RevocationList> parse_revocations(std::string_view json);
// As an issuer writes it: entries in any order, the format's number left out; issued is now where it is missing, and
// next_update 30 days later.
Result<RevocationList> parse_revocations_draft(std::string_view json, std::int64_t now_ms);

std::string sign_revocations(const RevocationList& list, const registry::PrivateKey& key);

struct OpenedRevocations {
  RevocationList list;
  SignedDocument document;
};
Result<OpenedRevocations> open_revocations(std::string_view file);  // does not verify
Result<void> verify_revocations(const OpenedRevocations& opened, const TrustedIssuers& issuers);

// nullptr: this serial is not among them.
const Revocation* find_revocation(const RevocationList& list, const LicenceId& licence, std::uint32_t serial);

}  // namespace stoa::licensing
