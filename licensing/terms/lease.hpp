// lease.hpp: what the holder of a floating licence's seat shows: "sl_…", shown once, kept as a hash.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "registry/document/digest.hpp"

namespace stoa::licensing {

inline constexpr std::string_view kLeasePrefix = "sl_";

std::string new_lease_token();
// Prefix, length and checksum; says nothing of whether it is held.
bool is_well_formed_lease(std::string_view text);
registry::Sha256 hash_of_lease(std::string_view text);

}  // namespace stoa::licensing
