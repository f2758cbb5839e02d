// rollout.hpp: switches what a running host serves: loads, tries, shifts, takes back, without a lost request.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "host/inference/catalog.hpp"
#include "host/rollout/model_rollout.hpp"
#include "host/rollout/traffic_plan.hpp"
#include "host/runtime/instance.hpp"

namespace stoa::rollout {

struct RolloutParts {
  // Brings a release to the point where it answers: loaded, warm, proved by its golden cases. Blocks; on the thread
  // that calls work(). Passes on_step on to ServedModelOptions. The error is kept as the release's reason.
  using OnStep = std::function<void(runtime::InstanceState)>;
  using Loader =
      std::function<Result<std::shared_ptr<inference::ServedModel>>(const ReleaseId&, const OnStep& on_step)>;
  Loader load;
  std::function<std::uint64_t()> now_ns;
  // Hears every change of state with its reason and numbers. Prompt; any thread; not back into the roll-out. Or empty.
  ModelRollout::Told told;
  // A load has ended, well or not, and what came of it is served. Prompt; work()'s thread. Or empty.
  std::function<void()> loaded = {};
};

// Why no request is lost: a new release is in the catalogue only once it answers; the old one leaves it in the same
// step and is drained when nobody holds it any more, so that a request which found it before the switch is still taken.
// Threads: any, but step() and work() are one caller's each (see control.hpp); what needs the plugin's code to come
// back is work()'s alone.
class Rollout final {
 public:
  // catalog outlives it; the names it is told of are the roll-out's from then on.
  Rollout(inference::Catalog& catalog, RolloutParts parts);
  ~Rollout();

  // A release that somebody loaded already. Without a plan for its model it is served at once, the highest version by
  // default. already_exists "model.exists"; failed_precondition "release.revoked".
  Result<void> adopt(std::shared_ptr<inference::ServedModel> model);
  // From now on this is what the model's name is to stand for. Applying the same again changes nothing; what was rolled
  // back or failed is not tried again until it is forgiven. Errors: check()'s.
  Result<void> apply(TrafficPlan plan);
  // The model is no longer to be here: what begun with it is answered, and its releases are unloaded. Nothing where
  // there is no such model.
  void withdraw(const std::string& model);
  // To the release before: the candidate's end if there is one, else N-1, in one switch if it is still loaded. The
  // version that answers then, or will. failed_precondition "rollout.no_previous", not_found "model.unknown".
  Result<std::string> roll_back(const std::string& model);
  // No request begins with it when this returns, and none that had begun is left with it: each has its answer, or
  // failed_precondition "release.revoked". N-1 takes over, where it is loaded. Holds for releases yet to come, too.
  void revoke(const ReleaseId& release);
  // A failed or rolled-back release may be tried again. failed_precondition "rollout.no_verdict", unavailable
  // "rollout.draining".
  Result<void> forgive(const ReleaseId& release);
  // No request begins with it any more; what had begun is answered, and it is unloaded. No verdict, and no other
  // release's matter: plans stay what they are, and others may be applied meanwhile. Where it was the default there is
  // none, or without a plan the highest that is left. why: for the log. Until readmit().
  void withhold(const ReleaseId& release, const std::string& why);
  // From now on it is again what plans say of it; one that failed meanwhile is tried again. Nothing where it is
  // unknown.
  void readmit(const ReleaseId& release);
  // Loads what nobody loaded, and serves it as adopt() does. Nothing where its model has a plan: that decides.
  void bring(const ReleaseId& release);

  void step();  // looks at figures and clock, decides, switches. Prompt
  bool work();  // loads or drains one release. Blocks; false: there was nothing to do
  std::vector<ModelStatus> status() const;

  struct NotDrained {
    ReleaseId release;
    Error error;
  };
  // The host ends: shadows stop, every loaded release is drained by deadline_ns (CLOCK_MONOTONIC), each at least a
  // second; those in workers all at once, those inside one after the other. Nobody steps or works any more. [control]
  std::vector<NotDrained> drain(std::uint64_t deadline_ns);

 private:
  ModelRollout& of(const std::string& model);  // Lock: mutex_
  ModelRollout* find(const std::string& model);
  void load(const ReleaseId& release);
  void drain_release(const Job& job);

  inference::Catalog& catalog_;
  const RolloutParts parts_;
  mutable std::mutex mutex_;  // Lock: models_; never held while plugin code runs
  std::map<std::string, std::unique_ptr<ModelRollout>, std::less<>> models_;
};

}  // namespace stoa::rollout
