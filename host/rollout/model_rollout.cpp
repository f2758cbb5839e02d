// model_rollout.cpp: what others ask of a model's roll-out, and what they hear of it.
// SPDX-License-Identifier: Apache-2.0
#include "host/rollout/model_rollout.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace stoa::rollout {
namespace {

using inference::ServedModel;
using enum ReleaseState;

constexpr std::size_t kStepsKept = 64;

}  // namespace

ModelRollout::ModelRollout(std::string name, inference::Catalog& catalog, const Told& told)
    : name_(std::move(name)), catalog_(catalog), told_(told) {}

Release* ModelRollout::find(const std::string& version) {
  const auto at = releases_.find(version);
  return at == releases_.end() ? nullptr : &at->second;
}
const Release* ModelRollout::find(const std::string& version) const {
  const auto at = releases_.find(version);
  return at == releases_.end() ? nullptr : &at->second;
}
Release* ModelRollout::usable(const std::string& version) {
  Release* const release = find(version);
  return release != nullptr && release->is_usable() ? release : nullptr;
}

void ModelRollout::move(Release& release, ReleaseState to, std::uint64_t now_ns, const std::string& why) {
  if (release.state == to) return;
  assert(is_legal(release.state, to));
  tell({now_ns, release.version, std::exchange(release.state, to), to, why});
}

void ModelRollout::note(const Release& release, std::uint64_t now_ns, const std::string& why) {
  tell({now_ns, release.version, release.state, release.state, why});
}

void ModelRollout::tell(Step step) {
  step.trial_step = trial_step_;
  step.answers = target();
  step.is_default = step.answers == step.version;
  // The plan's own one that did not come up: what was there goes on.
  if (step.is_default && !stable_.empty()) step.answers = stable_;
  if (told_) told_(name_, step);
  steps_.push_back(std::move(step));
  if (steps_.size() > kStepsKept) steps_.pop_front();
}

void ModelRollout::give_verdict(Release& release, ReleaseState verdict, const std::string& why, std::uint64_t now_ns) {
  release.reason = why;
  move(release, verdict, now_ns, why);
}

Result<void> ModelRollout::adopt(std::shared_ptr<ServedModel> model, std::uint64_t now_ns) {
  const std::string version = model->spec().version;
  Release& release = releases_[version];
  release.version = version;
  if (release.state == revoked)
    return failure(Code::failed_precondition, "release.revoked", "model \"" + name_ + "\" " + version + " was revoked");
  if (release.model != nullptr || release.is_in_work)
    return failure(Code::already_exists, "model.exists",
                   "model \"" + name_ + "\" version " + version + " is served already");
  if (release.state != waiting) release.state = waiting;
  release.model = std::move(model);
  release.is_drained = false;
  move(release, ready, now_ns, "adopted");
  reconcile(now_ns);
  return {};
}

void ModelRollout::apply(TrafficPlan plan, std::uint64_t now_ns) {
  is_withdrawn_ = false;
  if (plan_ && plan_->stable != plan.stable) instead_.reset();
  if (instead_ == plan.stable) instead_.reset();
  // Promoted here, and taken back elsewhere meanwhile.
  const Release* const wanted = find(plan.stable);
  const bool is_back = wanted == nullptr || !is_verdict(wanted->state);
  if (instead_ && is_back && std::ranges::count(plan.barred, *instead_) > 0) instead_.reset();
  // N-1 was taken back or withdrawn meanwhile: no way back any more.
  if (std::ranges::count(plan.barred, previous_) > 0) {
    previous_.clear();
    baseline_.reset();
  }
  const bool has_new_shadow = !plan_ || !plan.shadow || !plan_->shadow ||
                              plan.shadow->version != plan_->shadow->version ||
                              plan.shadow->share_ppm != plan_->shadow->share_ppm;
  if (has_new_shadow && shadow_ != nullptr) {
    ended_shadows_.push_back(std::move(shadow_));
    shadow_version_.clear();
  }
  const bool is_same_trial = plan_ && plan.candidate && plan_->candidate &&
                             plan.candidate->version == plan_->candidate->version &&
                             plan.candidate->steps_ppm == plan_->candidate->steps_ppm;
  plan_ = std::move(plan);
  chosen_.reset();
  if (plan_->candidate && !plan_->candidate->customers.empty())
    chosen_ = std::make_shared<const std::set<std::string, std::less<>>>(plan_->candidate->customers.begin(),
                                                                         plan_->candidate->customers.end());
  if (!is_same_trial) end_trial();
  if (!trial_.empty() && plan_->candidate->first_step > trial_step_) {
    // Another host has seen enough of the step before.
    trial_step_ = plan_->candidate->first_step;
    open_window(*find(trial_), now_ns);
  }
  reconcile(now_ns);
}

void ModelRollout::withdraw(std::uint64_t now_ns) {
  if (is_withdrawn_) return;
  is_withdrawn_ = true;
  end_trial();
  if (shadow_ != nullptr) ended_shadows_.push_back(std::move(shadow_));
  shadow_version_.clear();
  stable_.clear();
  previous_.clear();
  instead_.reset();
  baseline_.reset();
  chosen_.reset();
  plan_ = TrafficPlan{};
  reconcile(now_ns);
}

Result<std::string> ModelRollout::roll_back(std::uint64_t now_ns) {
  if (!trial_.empty()) {  // what is on trial goes first
    Release& release = *find(trial_);
    end_trial();
    give_verdict(release, rolled_back, "rollout.operator", now_ns);
    reconcile(now_ns);
    return stable_;
  }
  const Release* const previous = find(previous_);
  if (stable_.empty() || previous == nullptr || is_verdict(previous->state))
    return failure(Code::failed_precondition, "rollout.no_previous",
                   "model \"" + name_ + "\" has no release before " + (stable_.empty() ? "the first" : stable_));
  std::string back_to = previous_;
  step_back("rollout.operator", rolled_back, now_ns);
  reconcile(now_ns);
  return back_to;
}

std::shared_ptr<ServedModel> ModelRollout::revoke(const std::string& version, std::uint64_t now_ns) {
  Release& release = releases_[version];  // one that is not here yet never comes
  release.version = version;
  if (release.state == revoked) return nullptr;
  if (version == trial_) end_trial();
  const bool was_stable = version == stable_;
  if (version == previous_) previous_.clear();
  if (was_stable)
    step_back("release.revoked", revoked, now_ns);
  else
    give_verdict(release, revoked, "release.revoked", now_ns);
  reconcile(now_ns);
  return release.model;
}

Result<void> ModelRollout::forgive(const std::string& version, std::uint64_t now_ns) {
  Release* const release = find(version);
  if (release == nullptr || (release->state != failed && release->state != rolled_back))
    return failure(Code::failed_precondition, "rollout.no_verdict",
                   "model \"" + name_ + "\" version " + version + " has neither failed nor been rolled back");
  const bool is_there =
      release->state == rolled_back && release->model != nullptr && !release->is_in_work && !release->is_drained;
  if (!is_there && release->model != nullptr)
    return failure(Code::unavailable, "rollout.draining",
                   "model \"" + name_ + "\" version " + version + " is being unloaded, try again");
  release->reason.clear();
  if (plan_ && plan_->stable == version) instead_.reset();
  move(*release, is_there ? ready : waiting, now_ns, "forgiven");
  reconcile(now_ns);
  return {};
}

void ModelRollout::withhold(const std::string& version, const std::string& why, std::uint64_t now_ns) {
  Release& release = releases_[version];  // one that is not here yet does not come
  release.version = version;
  if (std::exchange(release.is_withheld, true)) return;
  if (version == trial_) end_trial();
  if (version == previous_) previous_.clear();
  if (version == stable_) stable_.clear();
  // One comparison needs both.
  if (previous_.empty() || stable_.empty()) baseline_.reset();
  if (release.is_up() && release.state != ready)
    move(release, ready, now_ns, why);
  else
    note(release, now_ns, why);
  reconcile(now_ns);
}

void ModelRollout::readmit(const std::string& version, std::uint64_t now_ns) {
  Release* const release = find(version);
  if (release == nullptr) return;
  release->is_withheld = false;
  if (release->state == failed) {
    release->reason.clear();
    move(*release, waiting, now_ns, "readmitted");
  }
  reconcile(now_ns);
}

void ModelRollout::bring(const std::string& version, std::uint64_t now_ns) {
  if (!plan_) releases_[version].version = version;
  reconcile(now_ns);
}

// ---- jobs ----

void ModelRollout::note_progress(const std::string& version, ReleaseState state, std::uint64_t now_ns) {
  Release* const release = find(version);
  if (release != nullptr && is_legal(release->state, state)) move(*release, state, now_ns);
}

void ModelRollout::note_loaded(const std::string& version, Result<std::shared_ptr<ServedModel>> loaded,
                               std::uint64_t now_ns) {
  Release& release = *find(version);
  release.is_in_work = false;
  if (loaded) {
    release.model = std::move(*loaded);
    release.is_drained = false;
    release.unready_since_ns = release.unwanted_since_ns = 0;
    if (release.state != revoked) move(release, ready, now_ns);
  } else if (release.state != revoked) {
    give_verdict(release, failed, loaded.error().reason + ": " + loaded.error().message, now_ns);
  }
  reconcile(now_ns);
}

std::shared_ptr<ServedModel> ModelRollout::note_drained(const std::string& version, bool is_drained,
                                                        std::uint64_t now_ns) {
  Release& release = *find(version);
  release.is_in_work = false;
  release.is_drained = release.is_drained || is_drained;
  constexpr std::uint64_t kPatienceNs = 60'000'000'000;  // with calls that no consumer waits for any more
  const bool is_given_up = now_ns - release.unwanted_since_ns > kPatienceNs;
  if (release.is_lent() || !(release.is_drained || is_given_up)) return nullptr;
  if (release.state == draining)
    move(release, ended, now_ns, release.is_drained ? "" : "what still ran was left behind");
  auto last = std::move(release.model);
  reconcile(now_ns);
  return last;
}

ModelStatus ModelRollout::status() const {
  ModelStatus status;
  status.model = name_;
  status.stable = stable_;
  status.candidate = trial_;
  status.previous = previous_;
  status.candidate_ppm = trial_ppm();
  status.judgement = judgement_;
  for (const auto& [version, release] : releases_) {
    ReleaseStatus one{version, release.state, release.reason, std::nullopt};
    if (release.model != nullptr) one.statistics = release.model->statistics();
    status.releases.push_back(std::move(one));
  }
  if (shadow_ != nullptr) status.shadow = shadow_->statistics();
  status.steps.assign(steps_.begin(), steps_.end());
  return status;
}

std::vector<std::shared_ptr<ServedModel>> ModelRollout::loaded() const {
  std::vector<std::shared_ptr<ServedModel>> all;
  for (const auto& [version, release] : releases_)
    if (release.model != nullptr) all.push_back(release.model);
  return all;
}

std::unique_ptr<Shadow> ModelRollout::take_shadow() {
  if (shadow_ != nullptr) return std::move(shadow_);
  if (ended_shadows_.empty()) return nullptr;
  auto last = std::move(ended_shadows_.back());
  ended_shadows_.pop_back();
  return last;
}

}  // namespace stoa::rollout
