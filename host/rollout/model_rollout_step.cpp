// model_rollout_step.cpp: what follows from the plan, the releases' states and their figures.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "host/rollout/model_rollout.hpp"

namespace stoa::rollout {
namespace {

using enum ReleaseState;

// How long calls that found a release keep it from being unloaded: the slowest client's upload and answer.
constexpr std::uint64_t kLentNsMax = 60'000'000'000;
// A fresh stable release that too few ask is watched for so many windows, and then believed.
constexpr std::uint64_t kWatchedWindowsMax = 10;

}  // namespace

std::string ModelRollout::target() const { return plan_ ? instead_.value_or(plan_->stable) : std::string(); }

std::uint32_t ModelRollout::trial_ppm() const {
  if (trial_.empty() || plan_->candidate->steps_ppm.empty()) return 0;
  return plan_->candidate->steps_ppm[std::min(trial_step_, plan_->candidate->steps_ppm.size() - 1)];
}

// Somebody is to answer the bare name, and does not yet.
bool ModelRollout::awaits_default() const {
  const Release* const release = find(target());
  return release != nullptr && release->state != revoked && stable_.empty();
}

bool ModelRollout::is_wanted(const std::string& version) const {
  if (version == stable_) return true;  // even one that was taken back, until the other is there
  const Release& release = *find(version);
  if (is_withdrawn_ || release.is_withheld || is_verdict(release.state)) return false;
  if (!plan_ || version == target() || std::ranges::count(plan_->pinned, version) > 0) return true;
  if (plan_->candidate && plan_->candidate->version == version) return true;
  if (plan_->shadow && plan_->shadow->version == version) return true;
  return version == previous_ && (plan_->keeps_previous || baseline_);
}

void ModelRollout::reconcile(std::uint64_t now_ns) {
  if (plan_ && !is_withdrawn_) {
    ask_for_what_is_wanted(now_ns);
    settle_stable(now_ns);
    settle_trial(now_ns);
    settle_shadow(now_ns);
  }
  for (auto& [version, release] : releases_) {
    // Without a plan nothing ends but what is withheld: it comes back by itself.
    if (!plan_ && !release.is_withheld && release.state == ended && release.model == nullptr)
      move(release, waiting, now_ns, "readmitted");
    if (!release.is_usable()) continue;
    const bool is_serving = !plan_ || version == stable_;
    const ReleaseState role = is_serving                   ? serving
                              : version == trial_          ? shifting
                              : version == shadow_version_ ? shadowing
                                                           : ready;
    move(release, role, now_ns);
  }
  note_unwanted(now_ns);
  publish();
}

void ModelRollout::ask_for_what_is_wanted(std::uint64_t now_ns) {
  std::vector<std::string> wanted = plan_->pinned;
  if (!target().empty()) wanted.push_back(target());
  if (plan_->candidate) wanted.push_back(plan_->candidate->version);
  if (plan_->shadow) wanted.push_back(plan_->shadow->version);
  for (const std::string& version : wanted) {
    Release& release = releases_[version];
    release.version = version;
    if (release.state == ended && release.model == nullptr) move(release, waiting, now_ns, "wanted again");
  }
}

void ModelRollout::settle_stable(std::uint64_t now_ns) {
  if (target().empty()) {
    stable_.clear();
    previous_.clear();
    return baseline_.reset();
  }
  if (stable_.empty() && published_ && published_->stable.empty() && !published_->versions.empty()) {
    // From here on the plan decides; until its release is there, what was the default goes on.
    if (const auto found = catalog_.find(name_, "")) stable_ = (*found)->spec().version;
  }
  const std::string wanted = target();
  if (wanted == stable_) return;
  if (Release* const release = usable(wanted)) serve(*release, now_ns, "");
}

void ModelRollout::serve(Release& release, std::uint64_t now_ns, const std::string& why) {
  if (release.version == trial_) end_trial();
  const Release* const former = find(stable_);
  baseline_.reset();
  // After one that was withheld comes back, the way back is what it was.
  if (former != nullptr || previous_ == release.version) previous_.clear();
  const bool is_barred = former != nullptr && plan_ && std::ranges::count(plan_->barred, former->version) > 0;
  if (former != nullptr && former->model != nullptr && !is_verdict(former->state) && !is_barred) {
    previous_ = former->version;
    baseline_ = performance_between({}, former->model->statistics());
  }
  stable_ = release.version;
  open_window(release, now_ns);
  move(release, serving, now_ns, why);
}

// From the stable release to the one before it, which is loaded again first where it has to be.
void ModelRollout::step_back(const std::string& why, ReleaseState verdict, std::uint64_t now_ns) {
  Release& release = *find(stable_);
  if (!previous_.empty()) {
    instead_ = std::exchange(previous_, std::string());
    if (Release* const before = find(*instead_); before->state == ended && before->model == nullptr)
      move(*before, waiting, now_ns, "rolled back to");
  }
  baseline_.reset();
  if (verdict == revoked) stable_.clear();
  give_verdict(release, verdict, why, now_ns);
}

void ModelRollout::end_trial() {
  trial_.clear();
  trial_step_ = 0;
}

void ModelRollout::open_window(const Release& release, std::uint64_t now_ns) {
  window_ = {now_ns, {}, release.model->statistics()};
  if (const Release* const stable = find(stable_); stable != nullptr && stable->model != nullptr)
    window_.stable = stable->model->statistics();
}

void ModelRollout::settle_trial(std::uint64_t now_ns) {
  const std::string version = plan_->candidate ? plan_->candidate->version : std::string();
  const Release* const release = usable(version);
  const bool is_on = release != nullptr && version != stable_ && !stable_.empty();
  if (is_on && trial_ == version) return;
  end_trial();
  if (!is_on) return;
  trial_ = version;
  trial_step_ = plan_->candidate->first_step;
  baseline_.reset();  // one comparison at a time: what is on trial is compared with the stable one
  open_window(*release, now_ns);
}

void ModelRollout::settle_shadow(std::uint64_t now_ns) {
  static_cast<void>(now_ns);
  const std::string version = plan_->shadow ? plan_->shadow->version : std::string();
  Release* const release = usable(version);
  const bool is_on = release != nullptr && version != stable_ && version != trial_;
  if (is_on && shadow_ != nullptr) return;
  if (shadow_ != nullptr) ended_shadows_.push_back(std::move(shadow_));
  shadow_version_.clear();
  if (!is_on) return;
  shadow_ = std::make_unique<Shadow>(release->lend(), *plan_->shadow);
  shadow_version_ = version;
}

void ModelRollout::note_unwanted(std::uint64_t now_ns) {
  for (auto& [version, release] : releases_) {
    // One that is being drained takes nothing any more: it ends first, and is loaded again.
    if (is_wanted(version) && release.state != draining)
      release.unwanted_since_ns = 0;
    else if (release.unwanted_since_ns == 0)
      release.unwanted_since_ns = std::max<std::uint64_t>(now_ns, 1);
  }
}

// All that the name stands for, in one step: no request sees the old stable release beside the new candidate.
void ModelRollout::publish() {
  inference::Traffic traffic;
  Published next;
  traffic.has_default = !plan_;
  traffic.awaits_default = awaits_default();
  for (auto& [version, release] : releases_) {
    if (release.state == revoked) {
      traffic.revoked.push_back(version);
      continue;
    }
    if (release.model == nullptr) continue;
    const bool is_pinned = release.is_usable() && (!plan_ || std::ranges::count(plan_->pinned, version) > 0);
    if (!is_pinned && version != stable_ && version != trial_) continue;
    traffic.models.push_back(release.lend());
    next.versions.push_back(version);
    if (version == stable_) traffic.stable = release.lend();
    if (version == trial_) traffic.candidate = release.lend();
  }
  traffic.candidate_ppm = trial_ppm();
  traffic.chosen = trial_.empty() ? nullptr : chosen_;
  traffic.mirror = shadow_ == nullptr ? nullptr : shadow_->mirror();
  next.stable = traffic.stable == nullptr ? std::string() : stable_;
  next.candidate = trial_;
  next.ppm = traffic.candidate_ppm;
  next.revoked = traffic.revoked;
  next.mirror = traffic.mirror.get();
  next.chosen = traffic.chosen.get();
  next.has_default = traffic.has_default;
  next.awaits_default = traffic.awaits_default;
  if (published_ == next) return;
  published_ = std::move(next);
  catalog_.set(name_, std::move(traffic));
}

// ---- what figures say ----

void ModelRollout::step(std::uint64_t now_ns) {
  if (plan_ && !trial_.empty())
    look_at_trial(now_ns);
  else if (plan_ && baseline_)
    look_at_stable(now_ns);
  reconcile(now_ns);
}

bool ModelRollout::has_been_unready(Release& release, std::uint64_t now_ns) const {
  if (release.model->instance().state() == runtime::InstanceState::failed) return true;
  if (release.model->is_ready()) {
    release.unready_since_ns = 0;
    return false;
  }
  if (release.unready_since_ns == 0) release.unready_since_ns = std::max<std::uint64_t>(now_ns, 1);
  return now_ns - release.unready_since_ns > plan_->limits.unready_ns;
}

void ModelRollout::look_at_trial(std::uint64_t now_ns) {
  Release& release = *find(trial_);
  if (has_been_unready(release, now_ns)) {
    end_trial();
    return give_verdict(release, rolled_back, "rollout.unready", now_ns);
  }
  const Release& stable = *find(stable_);
  const auto stable_now = stable.model->statistics();
  Performance of_stable = performance_between(window_.stable, stable_now);
  // At large shares few are left to ask it: then all that it ever did counts.
  if (of_stable.requests < plan_->limits.requests_min) of_stable = performance_between({}, stable_now);
  const Judgement found =
      judge(of_stable, performance_between(window_.release, release.model->statistics()), plan_->limits);
  judgement_ = found.numbers;
  if (found.finding == Finding::worse) {
    end_trial();
    return give_verdict(release, rolled_back, found.reason + ": " + found.numbers, now_ns);
  }
  // Too few: the step goes on. A release that nobody asked has proved nothing.
  if (found.finding == Finding::too_few || now_ns - window_.since_ns < plan_->limits.window_ns) return;
  const CandidatePlan& candidate = *plan_->candidate;
  if (trial_step_ + 1 < candidate.steps_ppm.size()) {
    ++trial_step_;
    note(release, now_ns, std::to_string(trial_ppm()) + " ppm: " + found.numbers);
  } else if (candidate.promotes) {
    instead_ = trial_;
    return serve(release, now_ns, "promoted: " + found.numbers);
  }
  open_window(release, now_ns);
}

void ModelRollout::look_at_stable(std::uint64_t now_ns) {
  Release& release = *find(stable_);
  const Release* const before = find(previous_);
  if (before == nullptr || is_verdict(before->state)) return baseline_.reset();
  if (has_been_unready(release, now_ns)) return step_back("rollout.unready", rolled_back, now_ns);
  const Judgement found =
      judge(*baseline_, performance_between(window_.release, release.model->statistics()), plan_->limits);
  judgement_ = found.numbers;
  if (found.finding == Finding::worse) return step_back(found.reason + ": " + found.numbers, rolled_back, now_ns);
  const std::uint64_t watched_ns = now_ns - window_.since_ns;
  const std::uint64_t windows = found.finding == Finding::fine ? 1 : kWatchedWindowsMax;
  if (watched_ns / windows >= plan_->limits.window_ns) baseline_.reset();
}

// ---- what blocks ----

std::optional<Job> ModelRollout::next_job(std::uint64_t now_ns) {
  if (!ended_shadows_.empty()) {
    Job job{Job::Kind::end_shadow, {name_, ""}, nullptr, std::move(ended_shadows_.back())};
    ended_shadows_.pop_back();
    return job;
  }
  for (auto& [version, release] : releases_) {
    if (release.is_in_work) continue;
    if (release.state == waiting && is_wanted(version)) {
      release.is_in_work = true;
      move(release, loading, now_ns);
      return Job{Job::Kind::load, {name_, version}, nullptr, nullptr};
    }
    if (release.model == nullptr || release.unwanted_since_ns == 0) continue;
    const bool is_over = now_ns - release.unwanted_since_ns > kLentNsMax;
    if (release.is_lent() && (release.is_drained || !is_over)) continue;
    if (release.is_up()) move(release, draining, now_ns);
    release.is_in_work = true;
    return Job{Job::Kind::drain, {name_, version}, release.model, nullptr};
  }
  return std::nullopt;
}

}  // namespace stoa::rollout
