// rollout_rules.hpp: which plans of a roll-out are taken. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "registry/catalogue/records.hpp"
#include "registry/catalogue/rollout_record.hpp"

namespace stoa::registry {

// The release that it is about: on trial, or the shadow.
const std::string& tried_version(const RolloutRecord& record);

// invalid_argument "rollout.plan", or check_words()'s: the message begins with the field. What passes here passes
// host/rollout's own check, whatever the releases are.
Result<void> check_rollout(const RolloutPlan& plan);
// invalid_argument "rollout.news", or check_words()'s.
Result<void> check_news(const RolloutNews& news);
// Beside what the model's name means now. failed_precondition "rollout.no_stable", "rollout.divided"; invalid_argument
// "rollout.plan".
Result<void> check_against_default(const RolloutPlan& plan, const std::vector<AliasTarget>& present);

}  // namespace stoa::registry
