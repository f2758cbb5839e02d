// holdings.hpp: all that is known of who may call, at one moment: what admission is built from.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "licensing/terms/api_key.hpp"
#include "licensing/terms/customer.hpp"
#include "licensing/terms/licence.hpp"

namespace stoa::licensing {

// A licence and what became of it since it was issued.
struct HeldLicence {
  Licence licence;
  bool is_from_file = false;  // taken in from a signed file; else issued here
  std::optional<std::int64_t> revoked_ms;
  std::string revoked_because;
  // Of what came from a file: when its issuer, or its revocation list, last spoke. Nothing: it needs no newer word.
  std::optional<std::int64_t> confirmed_ms;
};

struct Holdings {
  std::int64_t revision = 0;  // of the book; what is older never replaces what is newer
  std::vector<Customer> customers;
  std::vector<ApiKey> keys;
  std::vector<HeldLicence> licences;
};

}  // namespace stoa::licensing
