// lease.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/lease.hpp"

#include "registry/signature/secret_text.hpp"

namespace stoa::licensing {

std::string new_lease_token() { return registry::new_secret_text(kLeasePrefix); }
bool is_well_formed_lease(std::string_view text) { return registry::is_secret_text(text, kLeasePrefix); }
registry::Sha256 hash_of_lease(std::string_view text) { return registry::hash_of_secret(text); }

}  // namespace stoa::licensing
