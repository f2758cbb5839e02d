// issued_statement_store.hpp: the statements that a settlement has issued, for whoever holds them against the ledger.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>
#include <vector>

#include "licensing/statement/statement.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

inline constexpr const char* kSettlementFile = "settlement.db";  // in the billing folder

// Of the settlement's file, which a host may have open; of one that is not there: none. In the order of their numbers.
// Errors: database.*; data_loss "statement.form": one is not what was signed.
Result<std::vector<Statement>> issued_statements(const std::filesystem::path& file);

}  // namespace stoa::licensing
