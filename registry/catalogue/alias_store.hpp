// alias_store.hpp: where aliases point, and every step that brought them there.
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
Result<std::vector<AliasTarget>> parse_alias_targets(std::string_view text);

// Over before, step, at_ms, model, alias, targets, actor, approved_by and note, as ChainHash says.
Sha256 hash_of(const AliasStep& step);

// The step becomes the alias's present one: number, before, hash and signature are filled in here.
Result<AliasStep> append_alias_step(database::Connection& connection, AliasStep step, const PrivateKey& key);
Result<std::optional<AliasRecord>> read_alias(database::Connection& connection, std::string_view model,
                                              std::string_view alias);
// model empty: of all.
Result<std::vector<AliasRecord>> read_aliases(database::Connection& connection, std::string_view model);
// From the newest before this one back, 0: from the newest; alias empty: of all of the model.
Result<std::vector<AliasStep>> read_alias_steps(database::Connection& connection, std::string_view model,
                                                std::string_view alias, std::size_t most, std::int64_t before = 0);
// data_loss "alias.broken" with the first step that does not follow or is not signed, or an alias that points elsewhere
// than its last step says.
Result<std::int64_t> verify_alias_steps(database::Connection& connection, const PublicKey& key);

}  // namespace stoa::registry
