// served_plans.hpp: what a catalogue says a host is to serve, kept by what changed of it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/rollout/traffic_plan.hpp"
#include "registry/catalogue/resolution_store.hpp"
#include "registry/resolve/model_reference.hpp"
#include "registry/resolve/resolution_index.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// Where the bytes of a release are asked for.
struct WantedPackage {
  std::string plugin, version;
  registry::Sha256 digest{};
  friend bool operator==(const WantedPackage&, const WantedPackage&) = default;
};

// A release that nothing in the catalogue names, for those who ask for it by version or range.
struct OfferedExtra {
  WantedPackage package;
  registry::Availability availability = registry::Availability::published;
  std::int64_t cool_until_ms = 0;
};

// Why nobody is answered by a model's bare name.
struct NoDefault {
  std::string version;
  std::int64_t cool_until_ms = 0;  // 0: it was withdrawn, or its plugin delisted, and nothing else is there
  bool is_delisted = false;
};

// One model's share of a state of the catalogue: which version new requests get, which stay reachable beside it.
// Pure: what a test can ask without a host. The default is what registry::default_of says; a roll-out under way goes
// beside it (rollout_plans.hpp).
struct Wanted {
  rollout::TrafficPlan plan;
  std::string tried = {};                         // by a roll-out: no range means it yet
  std::map<std::string, WantedPackage> packages;  // version -> package, of all that the plan names
  std::vector<OfferedExtra> offered = {};         // by version
  std::vector<std::string> skipped = {};     // withdrawn targets of the alias "default", which means others instead
  std::optional<NoDefault> no_default = {};  // without plan.stable: what would be it, but for this
  // Else nobody is to be served by default or by an alias, and what is offered is all there is.
  bool has_plan() const { return !plan.stable.empty() || !plan.pinned.empty(); }
};
std::map<std::string, Wanted> wanted_of(const registry::ResolutionInput& input, std::int64_t now_ms);
// failed_precondition "release.cooling", with the seconds that are left, "release.delisted" or "release.yanked".
Error refusal_of(const std::string& model, const NoDefault& none, std::int64_t now_ms);
// The best of what is offered that a version or range admits. Errors: those of ResolutionIndex::resolve.
Result<std::string> offered_for(const registry::ModelReference& reference, const Wanted& wanted, std::int64_t now_ms);
// What ranges and aliases mean among the releases that these plans serve. Errors: those of ResolutionIndex::Edit.
Result<std::shared_ptr<const registry::ResolutionIndex>> index_of(const registry::ResolutionInput& input,
                                                                  const std::map<std::string, Wanted>& wanted);

// Invariant: after any sequence of changes it holds what it would hold of the last state read as a whole. Threads: one
// at a time.
class ServedPlans {
 public:
  struct Step {
    std::map<std::string, Wanted> plans;  // of the models that changed: with a plan, or offered
    std::vector<std::string> gone;        // models that had one and have none
    std::optional<Error> index_error;     // then ranges mean what they meant before
  };
  Step take(const registry::ResolutionChange& change, std::int64_t now_ms);

  const std::shared_ptr<const registry::ResolutionIndex>& index() const { return index_; }
  // Models of which a release has cooled down by then: to be looked at again. 0 of next: none cools down.
  std::set<std::string> cooled(std::int64_t now_ms) const;
  std::int64_t next_cool_ms() const { return cooling_.empty() ? 0 : cooling_.begin()->first; }
  // Of all plans, model by model; of a model that is only offered, none.
  const std::map<std::string, std::map<std::string, WantedPackage>>& packages() const { return packages_; }

 private:
  void note_cooling(const registry::ResolutionChange& change, std::int64_t now_ms);

  std::shared_ptr<const registry::ResolutionIndex> index_ = std::make_shared<const registry::ResolutionIndex>();
  std::map<std::string, std::map<std::string, WantedPackage>> packages_;
  std::set<std::pair<std::int64_t, std::string>> cooling_;  // until when, model
  std::map<std::string, std::int64_t> cools_until_;         // model -> its earliest
};

}  // namespace stoa::app
