// release_bins.hpp: which bin a target path falls into, and the delegations that say so.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "registry/tuf/metadata.hpp"

namespace stoa::registry {

// "bin-0a3" and its prefixes, for each of bins. Pre: bins is a power of two, 4096 at most.
std::vector<Delegation> bin_delegations(unsigned bins, const RoleRule& rule);

// The delegation of a path. Pre: delegations are bin_delegations(), whose order is the hash's.
const Delegation& bin_of(const std::vector<Delegation>& delegations, std::string_view target_path);

}  // namespace stoa::registry
