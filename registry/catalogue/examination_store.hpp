// examination_store.hpp: the rows of releases against the log that tells how they came to be, and against the rules.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// Error: data_loss "catalogue.broken" with the first row that cannot be, and why. The chain of the log is whole:
// verify_audit() was asked before.
Result<void> examine_rows(database::Connection& connection);

}  // namespace stoa::registry
