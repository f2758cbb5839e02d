// model_rollout.hpp: the state machine of one model name: which release answers, and what becomes of the others.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "host/inference/catalog.hpp"
#include "host/rollout/judgement.hpp"
#include "host/rollout/release.hpp"
#include "host/rollout/shadow.hpp"
#include "host/rollout/traffic_plan.hpp"

namespace stoa::rollout {

// A change of state, newest last.
struct Step {
  std::uint64_t at_ns = 0;
  std::string version;
  ReleaseState from = ReleaseState::waiting, to = ReleaseState::waiting;
  std::string why;             // the numbers of a decision, the error of a failure
  std::size_t trial_step = 0;  // of CandidatePlan::steps_ppm, the one reached
  std::string answers = {};    // the version that answers by default from now on, or will
  bool is_default = false;     // the plan wants this one to
};

struct ReleaseStatus {
  std::string version;
  ReleaseState state = ReleaseState::waiting;
  std::string reason;
  std::optional<inference::ModelStatistics> statistics;  // while it is loaded
};

struct ModelStatus {
  std::string model, stable, candidate, previous;  // versions; empty: none
  std::uint32_t candidate_ppm = 0;
  std::string judgement;  // the last one's numbers
  std::vector<ReleaseStatus> releases;
  std::optional<ShadowStatistics> shadow;
  std::vector<Step> steps;  // the last few
};

// Something that blocks, for a thread that may; done outside the lock.
struct Job {
  enum class Kind : std::uint8_t { load, drain, end_shadow };
  Kind kind = Kind::load;
  ReleaseId release;
  std::shared_ptr<inference::ServedModel> model;  // drain
  std::unique_ptr<Shadow> shadow;                 // end_shadow: destroying it is the job
};

// Not thread-safe: the owner's lock guards it. Prompt; runs no plugin code. Every function that changes what is served
// publishes it in one step.
class ModelRollout {
 public:
  // catalog and told outlive it. told: hears every step; may be empty.
  using Told = std::function<void(const std::string& model, const Step& step)>;
  ModelRollout(std::string name, inference::Catalog& catalog, const Told& told);

  Result<void> adopt(std::shared_ptr<inference::ServedModel> model, std::uint64_t now_ns);
  void apply(TrafficPlan plan, std::uint64_t now_ns);
  // There is no plan any more, and nothing of this name: every release goes. Another plan may follow.
  void withdraw(std::uint64_t now_ns);
  Result<std::string> roll_back(std::uint64_t now_ns);
  // What is to be ended, outside the lock; null: it is not loaded.
  std::shared_ptr<inference::ServedModel> revoke(const std::string& version, std::uint64_t now_ns);
  Result<void> forgive(const std::string& version, std::uint64_t now_ns);
  void withhold(const std::string& version, const std::string& why, std::uint64_t now_ns);
  void readmit(const std::string& version, std::uint64_t now_ns);
  void bring(const std::string& version, std::uint64_t now_ns);
  void step(std::uint64_t now_ns);

  std::optional<Job> next_job(std::uint64_t now_ns);
  void note_progress(const std::string& version, ReleaseState state, std::uint64_t now_ns);
  void note_loaded(const std::string& version, Result<std::shared_ptr<inference::ServedModel>> loaded,
                   std::uint64_t now_ns);
  // Returns the owner's pointer once it may be let go of.
  std::shared_ptr<inference::ServedModel> note_drained(const std::string& version, bool is_drained,
                                                       std::uint64_t now_ns);
  ModelStatus status() const;
  std::vector<std::shared_ptr<inference::ServedModel>> loaded() const;
  std::unique_ptr<Shadow> take_shadow();  // the host ends

 private:
  struct Window {  // since when both sides are counted
    std::uint64_t since_ns = 0;
    inference::ModelStatistics stable, release;
  };
  // What the catalogue was told last.
  struct Published {
    std::string stable, candidate;
    std::uint32_t ppm = 0;
    std::vector<std::string> versions, revoked;
    bool has_default = false, awaits_default = false;
    const void* mirror = nullptr;
    const void* chosen = nullptr;
    bool operator==(const Published&) const = default;
  };

  Release* find(const std::string& version);
  const Release* find(const std::string& version) const;
  Release* usable(const std::string& version);
  void move(Release& release, ReleaseState to, std::uint64_t now_ns, const std::string& why = {});
  void tell(Step step);
  void note(const Release& release, std::uint64_t now_ns, const std::string& why);  // a step without a change of state
  void give_verdict(Release& release, ReleaseState verdict, const std::string& why, std::uint64_t now_ns);

  bool is_wanted(const std::string& version) const;
  std::string target() const;
  bool awaits_default() const;
  std::uint32_t trial_ppm() const;
  void reconcile(std::uint64_t now_ns);
  void ask_for_what_is_wanted(std::uint64_t now_ns);
  void settle_stable(std::uint64_t now_ns);
  void settle_trial(std::uint64_t now_ns);
  void settle_shadow(std::uint64_t now_ns);
  void note_unwanted(std::uint64_t now_ns);
  void publish();
  void serve(Release& release, std::uint64_t now_ns, const std::string& why);
  void step_back(const std::string& why, ReleaseState verdict, std::uint64_t now_ns);
  void end_trial();
  void open_window(const Release& release, std::uint64_t now_ns);

  bool has_been_unready(Release& release, std::uint64_t now_ns) const;
  void look_at_trial(std::uint64_t now_ns);
  void look_at_stable(std::uint64_t now_ns);

  const std::string name_;
  inference::Catalog& catalog_;
  const Told& told_;
  std::map<std::string, Release> releases_;
  bool is_withdrawn_ = false;
  std::optional<TrafficPlan> plan_;  // none: all that was adopted is served, the highest version by default
  std::shared_ptr<const std::set<std::string, std::less<>>> chosen_;
  std::string stable_, previous_;
  std::optional<std::string> instead_;  // of the plan's stable: promoted, or taken back to
  std::string trial_;                   // the candidate that is shifting
  std::size_t trial_step_ = 0;
  Window window_;                        // of the trial, or of the watch
  std::optional<Performance> baseline_;  // while a fresh stable release is watched: what the one before it did
  std::string judgement_;
  std::unique_ptr<Shadow> shadow_;
  std::string shadow_version_;
  std::vector<std::unique_ptr<Shadow>> ended_shadows_;
  std::optional<Published> published_;
  std::deque<Step> steps_;
};

}  // namespace stoa::rollout
