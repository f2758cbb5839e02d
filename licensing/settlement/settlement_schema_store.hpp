// settlement_schema_store.hpp: the tables of the settlement's file. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

// Makes what is missing. Error: failed_precondition "settlement.newer": a newer Stoa wrote it.
Result<void> prepare_settlement(database::Connection& connection);

}  // namespace stoa::licensing
