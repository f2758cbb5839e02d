// check_store.hpp: the rows of the checks that a release went through. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "registry/catalogue/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// In this order; those from before go.
Result<void> replace_checks(database::Connection& connection, const ReleaseId& id,
                            const std::vector<CheckRecord>& checks);
Result<std::vector<CheckRecord>> read_checks(database::Connection& connection, const ReleaseId& id);

}  // namespace stoa::registry
