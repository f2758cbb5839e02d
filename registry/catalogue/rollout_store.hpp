// rollout_store.hpp: the rows of roll-outs and of verdicts on releases. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "registry/catalogue/default_release.hpp"
#include "registry/catalogue/rollout_record.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

Result<void> insert_rollout(database::Connection& connection, const RolloutRecord& record);
// Writes where it stands: state, step, reason, numbers, time.
Result<void> update_rollout(database::Connection& connection, const RolloutRecord& record);
// The model's active one; nothing: there is none.
Result<std::optional<RolloutRecord>> read_active_rollout(database::Connection& connection, std::string_view model);
// From the newest before this one back, empty: from the newest; model empty: of all.
Result<std::vector<RolloutRecord>> read_rollouts(database::Connection& connection, std::string_view model,
                                                 std::size_t most, std::string_view before = "");
// The last one of each model, whatever became of it.
Result<std::vector<RolloutRecord>> read_last_rollouts(database::Connection& connection);

Result<void> insert_verdict(database::Connection& connection, const VerdictRecord& verdict);
Result<void> forgive_verdict(database::Connection& connection, std::int64_t id, std::int64_t now_ms);
// The last one on each release, forgiven or not; model empty: of all.
Result<std::vector<VerdictRecord>> read_verdicts(database::Connection& connection, std::string_view model);

// Every release of the model, as what decides on its default wants them.
Result<std::vector<OfferedRelease>> read_offered(database::Connection& connection, std::string_view model);

// "50000,250000,1000000".
std::string text_of_steps(const std::vector<std::uint64_t>& steps_ppm);

}  // namespace stoa::registry
