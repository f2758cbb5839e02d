// holdings.hpp: all that is known of who may call, at one moment: what admission is built from.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "licensing/terms/api_key.hpp"
#include "licensing/terms/customer.hpp"
#include "licensing/terms/licence.hpp"

namespace stoa::licensing {

// A licence and what became of it since it was issued.
struct HeldLicence {
  Licence licence;
  bool is_from_file = false;  // taken in from a signed file; else issued here
  bool is_in_book = false;    // of one from a file: the book has it, too
  std::optional<std::int64_t> revoked_ms;
  std::string revoked_because;
  // Of what came from a file: when its issuer, or its revocation list, last spoke. Nothing: it needs no newer word.
  std::optional<std::int64_t> confirmed_ms;
};

// Under which id a licence is counted, leased and looked up on this host. What stands in a file as its id is its
// issuer's word, and no secret: two issuers may have written the same. A publisher's is "acme/lic_…", so that it is
// none of another's; the platform's, and what the book has, go by their ids.
inline LicenceId held_id(const HeldLicence& held) {
  const Licence& licence = held.licence;
  if (!held.is_from_file || held.is_in_book || licence.issuer == kPlatformIssuer) return licence.id;
  return {licence.issuer + '/' + licence.id.text};
}

// Of two licences that name one API key: whose word about its holder counts before the other's. The platform's before a
// publisher's, which could name any key.
inline bool speaks_before(const Licence& a, const Licence& b) {
  const auto place = [](const Licence& one) {
    return std::tuple(one.issuer != kPlatformIssuer, std::string_view(one.issuer),
                      std::string_view(one.subject.customer), std::string_view(one.id.text));
  };
  return place(a) < place(b);
}

struct Holdings {
  std::int64_t revision = 0;  // of the book; what is older never replaces what is newer
  std::vector<Customer> customers;
  std::vector<ApiKey> keys;
  std::vector<HeldLicence> licences;
};

}  // namespace stoa::licensing
