// proposal_store.hpp: moves of aliases that wait for a second operator, and which models ask for one.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "registry/catalogue/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// How many operators besides the one who moves it have to agree; 0 where nothing was said.
Result<std::int64_t> read_approvals_needed(database::Connection& connection, std::string_view model);
Result<void> write_approvals_needed(database::Connection& connection, std::string_view model, std::int64_t approvals);

Result<void> insert_proposal(database::Connection& connection, const AliasProposal& proposal);
Result<AliasProposal> read_proposal(database::Connection& connection,
                                    const ProposalId& id);  // not_found "proposal.unknown"
Result<std::vector<AliasProposal>> read_proposals(database::Connection& connection, std::string_view state);
// Those that this actor made; how many.
Result<std::int64_t> decline_open_proposals_of(database::Connection& connection, std::string_view actor,
                                               std::string_view by, std::int64_t now_ms);
Result<void> decide_proposal(database::Connection& connection, const ProposalId& id, std::string_view state,
                             std::string_view by, std::int64_t now_ms);

}  // namespace stoa::registry
