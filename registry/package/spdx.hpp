// spdx.hpp: the grammar of SPDX licence expressions (SPDX 2.3, annex D).
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::registry {

// Checks operators (AND, OR, WITH, +, parentheses) and the form of ids, LicenseRef- and DocumentRef- included. The
// official id list is not consulted: it grows several times a year, and a package must not become invalid by the age
// of the host that reads it. NONE and NOASSERTION are no licence and are refused. Error: reason "spdx.syntax".
Result<void> check_spdx_expression(std::string_view expression);

}  // namespace stoa::registry
