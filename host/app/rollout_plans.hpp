// rollout_plans.hpp: what the catalogue's roll-outs and verdicts make of the plans by which a host divides requests.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "host/rollout/model_rollout.hpp"
#include "host/rollout/traffic_plan.hpp"
#include "registry/catalogue/default_release.hpp"
#include "registry/catalogue/resolution_store.hpp"

namespace stoa::app {

// One state of the catalogue, by model. Lifetime: views the input.
class RolloutFacts {
 public:
  explicit RolloutFacts(const registry::ResolutionInput& input);
  // Those that are not forgiven.
  std::vector<const registry::VerdictRecord*> verdicts_on(std::string_view model) const;
  const registry::RolloutRecord* last_of(std::string_view model) const;  // null: there was none

 private:
  std::multimap<std::string_view, const registry::VerdictRecord*> verdicts_;
  std::map<std::string_view, const registry::RolloutRecord*> rollouts_;
};

// The largest share is the stable release, the next one is on trial beside it.
void aim(rollout::TrafficPlan& plan, const std::vector<registry::AliasTarget>& targets);

// From a plan by the aliases alone to the one that the roll-out asks for. releases: of the model. The limits of a
// roll-out hold on after its promotion, while the fresh release is watched.
void steer(rollout::TrafficPlan& plan, const registry::RolloutRecord& record,
           const std::vector<registry::OfferedRelease>& releases);

// What a step of this host's roll-out is to the catalogue; nothing: it is this host's own affair.
std::optional<registry::RolloutNews> news_of(const std::string& model, const rollout::Step& step);

}  // namespace stoa::app
