// operator_store.hpp: the rows of operators, and whose a token is. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "registry/catalogue/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

Result<void> insert_operator(database::Connection& connection, const OperatorRecord& record, const Sha256& token_hash);
// not_found "operator.unknown"; one that is revoked already stays as it was: failed_precondition "operator.revoked".
Result<void> revoke_operator_row(database::Connection& connection, std::string_view name, std::int64_t now_ms);
Result<std::vector<OperatorRecord>> read_operators(database::Connection& connection);
// Nothing: no operator who is not revoked, and no publisher that is not closed, has this token.
Result<std::optional<Actor>> read_actor(database::Connection& connection, const Sha256& token_hash);

}  // namespace stoa::registry
