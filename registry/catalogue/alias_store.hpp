// alias_store.hpp: where aliases point, every step that brought them there, and moves that wait for a second operator.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "registry/catalogue/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// "1.2.0" or "1.2.0:900000,1.3.0-rc.1:100000" (parts per million of the traffic); empty: nothing.
std::string text_of(const std::vector<AliasTarget>& targets);
// invalid_argument "alias.targets": no version, shares that are not 1,000,000 together, one version twice.
Result<std::vector<AliasTarget>> parse_targets(std::string_view text);

// As hash_of(AuditLine): before, step, at_ms, then each text with its length.
Sha256 hash_of(const AliasStep& step);

// The step becomes the alias's present one: number, before, hash and signature are filled in here.
Result<AliasStep> append_alias_step(database::Connection& connection, AliasStep step, const PrivateKey& key);
Result<std::optional<AliasRecord>> read_alias(database::Connection& connection, std::string_view model,
                                              std::string_view alias);
// model empty: of all.
Result<std::vector<AliasRecord>> read_aliases(database::Connection& connection, std::string_view model);
// From the newest back; alias empty: of all of the model.
Result<std::vector<AliasStep>> read_alias_steps(database::Connection& connection, std::string_view model,
                                                std::string_view alias, std::size_t most);
// data_loss "alias.broken" with the first step that does not follow or is not signed, or an alias that points elsewhere
// than its last step says.
Result<std::int64_t> verify_alias_steps(database::Connection& connection, const PublicKey& key);

// How many operators besides the one who moves it have to agree; 0 where nothing was said.
Result<std::int64_t> read_approvals_needed(database::Connection& connection, std::string_view model);
Result<void> write_approvals_needed(database::Connection& connection, std::string_view model, std::int64_t approvals);

Result<void> insert_proposal(database::Connection& connection, const AliasProposal& proposal);
Result<AliasProposal> read_proposal(database::Connection& connection,
                                    const ProposalId& id);  // not_found "proposal.unknown"
Result<std::vector<AliasProposal>> read_proposals(database::Connection& connection, std::string_view state);
Result<void> decide_proposal(database::Connection& connection, const ProposalId& id, std::string_view state,
                             std::string_view by, std::int64_t now_ms);

}  // namespace stoa::registry
