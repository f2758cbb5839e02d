// catalogue_follower.cpp: from a state of the catalogue to plans of traffic. SPDX-License-Identifier: Apache-2.0
#include "host/app/catalogue_follower.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace stoa::app {
namespace {

using registry::ReleaseState;

constexpr std::chrono::milliseconds kIdle{1000};    // between two looks at what has cooled down
constexpr std::chrono::milliseconds kSettling{50};  // between two looks at what still loads
constexpr std::chrono::seconds kTelling{10};        // between two lines about what a start waits for

}  // namespace

void CatalogueFollower::start() {
  thread_ = std::thread([this] { run(); });
}

void CatalogueFollower::changed() {
  {
    const std::lock_guard lock(mutex_);
    is_changed_ = true;
  }
  moved_.notify_one();
}

void CatalogueFollower::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  moved_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void CatalogueFollower::run() {
  auto told_needed = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    moved_.wait_for(lock, kIdle, [this] { return is_changed_ || is_stopped_ || !asked_.empty(); });
    if (is_stopped_) return;
    const bool is_changed = std::exchange(is_changed_, false) || is_behind_;
    const std::set<std::string> asked = std::exchange(asked_, {});
    lock.unlock();
    const std::int64_t cool_ms = plans_.next_cool_ms();
    if (is_changed || !unfinished_.empty() || (cool_ms > 0 && parts_.now_ms() >= cool_ms)) follow(is_changed);
    if (!asked.empty()) serve_extras(asked);
    const auto now = std::chrono::steady_clock::now();
    // Not while something is on its way: what it needs is known when it has come.
    if (parts_.needed && !is_behind_ && unfinished_.empty() && now - told_needed >= parts_.needed_every) {
      told_needed = now;
      parts_.needed(needed());
    }
    lock.lock();
  }
}

std::string CatalogueFollower::on_their_way(const std::set<std::string>& models) const {
  std::string all;
  for (const rollout::ModelStatus& model : parts_.rollout.status()) {
    if (!models.contains(model.model)) continue;
    for (const rollout::ReleaseStatus& release : model.releases)
      if (release.state < rollout::ReleaseState::ready)
        all += fmt::format("{}{} {} {}", all.empty() ? "" : ", ", model.model, release.version, name_of(release.state));
  }
  return all;
}

void CatalogueFollower::note_first(std::set<std::string> models) {
  {
    const std::lock_guard lock(mutex_);
    if (first_models_) return;
    first_models_ = std::move(models);
  }
  followed_.notify_all();
  if (parts_.begun) parts_.begun();
}

void CatalogueFollower::await_first_plans(const std::stop_token& stop) {
  auto told = std::chrono::steady_clock::now();
  const auto tell = [&](std::string_view what) {
    const auto now = std::chrono::steady_clock::now();
    if (now - told < kTelling) return;
    told = now;
    parts_.log.write(Level::warn, "host.waiting", {{"for", what}});
  };
  std::optional<std::set<std::string>> models;
  while (!stop.stop_requested()) {
    if (models) {
      const std::string releases = on_their_way(*models);
      if (releases.empty()) return;
      tell(releases);
    } else {
      tell("the catalogue's first state");
    }
    std::unique_lock lock(mutex_);
    followed_.wait_for(lock, stop, kSettling, [&] { return !models && first_models_.has_value(); });
    models = first_models_;
  }
}

// First what must stop, then what may take minutes to begin.
void CatalogueFollower::revoke_all(const registry::ResolutionInput& input) {
  for (const registry::ResolvableRelease& release : input.releases) {
    if (release.state != ReleaseState::revoked || !revoked_.insert(release.id.text).second) continue;
    for (const std::string& model : input.facts[release.facts].models) parts_.rollout.revoke({model, release.version});
    parts_.log.write(Level::warn, "release.revoked", {{"plugin", release.plugin}, {"version", release.version}});
  }
}

// What an operator has forgiven since: tried again, once for each verdict.
void CatalogueFollower::forgive_all(const registry::ResolutionInput& input) {
  for (const registry::VerdictRecord& verdict : input.verdicts) {
    if (!verdict.forgiven_ms || forgiven_.contains(verdict.id)) continue;
    const auto forgiven = parts_.rollout.forgive({verdict.model, verdict.version});
    if (!forgiven && forgiven.error().code == Code::unavailable)
      unfinished_.insert(verdict.model);  // it is being unloaded: again in a moment
    else
      forgiven_.insert(verdict.id);
  }
}

// A model whose last release was withdrawn is gone here, as it would be after a restart.
void CatalogueFollower::withdraw(const std::vector<std::string>& models) {
  for (const std::string& model : models) {
    for (const std::string& version : extras_.versions_of(model)) {
      extras_.drop({model, version});
      if (parts_.extras_moved) parts_.extras_moved();
    }
    if (planned_.erase(model) == 0) continue;
    parts_.rollout.withdraw(model);
    parts_.log.write(Level::info, "model.withdrawn", {{"model", model}});
  }
}

bool CatalogueFollower::is_remembered(const rollout::ReleaseId& release, const WantedPackage& package) const {
  const auto known = remembered_.find(release);
  return known != remembered_.end() && known->second == package.digest;
}

Result<void> CatalogueFollower::remember(const rollout::ReleaseId& release, const WantedPackage& package) {
  if (is_remembered(release, package)) return {};
  auto read = parts_.package(package);
  auto prepared = read ? parts_.prepare(*read) : std::unexpected(read.error());
  if (!prepared) return std::unexpected(prepared.error());
  parts_.loader.remember(*prepared);
  for (const runtime::ModelSpec& one : prepared->plugin.models) remembered_[{one.name, one.version}] = package.digest;
  remembered_[release] = package.digest;
  return {};
}

// False: the model's plan cannot be followed, because one of its packages cannot be prepared here.
bool CatalogueFollower::remember(const std::string& model, const Wanted& wanted) {
  for (const auto& [version, package] : wanted.packages) {
    const auto done = remember({model, version}, package);
    if (done) continue;
    const Code code = done.error().code;
    (code == Code::unavailable || code == Code::deadline_exceeded ? unfinished_ : stuck_).insert(model);
    if (refused_.emplace(model, registry::to_hex(package.digest)).second)
      parts_.log.write(
          Level::error, "release.refused",
          {{"model", model}, {"version", version}, {"reason", done.error().reason}, {"why", done.error().message}});
    return false;
  }
  return true;
}

// False: the plan cannot be followed here, or there is none.
bool CatalogueFollower::serve(const std::string& model, const Wanted& wanted, bool may_prepare) {
  if (!remember(model, wanted)) return false;
  rollout::TrafficPlan plan = with_extras(model, wanted, may_prepare);
  if (plan.stable.empty() && plan.pinned.empty()) {
    if (planned_.erase(model) > 0) {
      parts_.rollout.withdraw(model);
      parts_.log.write(Level::info, "model.withdrawn", {{"model", model}});
    }
    return false;
  }
  planned_.insert(model);
  // One that failed is tried again where somebody asks for it again.
  if (may_prepare)
    for (const std::string& version : extras_.versions_of(model)) (void)parts_.rollout.forgive({model, version});
  if (auto done = parts_.rollout.apply(std::move(plan)); !done)
    parts_.log.write(Level::error, "release.plan_refused",
                     {{"model", model}, {"reason", done.error().reason}, {"why", done.error().message}});
  return true;
}

std::set<std::string> CatalogueFollower::models_to_look_at(bool is_changed, std::int64_t now_ms) const {
  std::set<std::string> models = plans_.cooled(now_ms);
  models.insert(unfinished_.begin(), unfinished_.end());
  if (is_changed) models.insert(stuck_.begin(), stuck_.end());
  return models;
}

// What no plan names may still run, and N-1 is what a rollback goes to.
std::set<registry::Sha256> CatalogueFollower::needed() const {
  std::set<registry::Sha256> needed;
  for (const auto& [model, packages] : plans_.packages())
    for (const auto& [version, package] : packages) needed.insert(package.digest);
  const auto keep = [&](const std::string& model, const std::string& version) {
    if (const auto known = remembered_.find({model, version}); known != remembered_.end()) needed.insert(known->second);
  };
  for (const rollout::ModelStatus& model : parts_.rollout.status()) {
    for (const std::string& version : {model.stable, model.candidate, model.previous}) keep(model.model, version);
    for (const rollout::ReleaseStatus& release : model.releases)
      if (release.statistics || release.state < rollout::ReleaseState::ready) keep(model.model, release.version);
  }
  return needed;
}

void CatalogueFollower::follow(bool is_changed) {
  const std::int64_t now_ms = parts_.now_ms();
  const auto change = parts_.read(models_to_look_at(is_changed, now_ms));
  if (!change) {
    parts_.log.write(Level::error, "catalogue.unreadable",
                     {{"reason", change.error().reason}, {"why", change.error().message}});
    is_behind_ = true;  // again in a moment: a full disk or a lock passes
    return note_first({});
  }
  is_behind_ = false;
  unfinished_.clear();
  if (is_changed) stuck_.clear();
  revoke_all(change->input);
  forgive_all(change->input);
  if (parts_.told) parts_.told(*change);
  ServedPlans::Step step = plans_.take(*change, now_ms);
  if (step.index_error)
    parts_.log.write(Level::error, "catalogue.index",
                     {{"reason", step.index_error->reason}, {"why", step.index_error->message}});
  else
    index_.set(plans_.index());
  withdraw(step.gone);
  std::set<std::string> models, applied;
  for (const auto& [model, wanted] : step.plans) models.insert(model);
  keep(std::move(step));
  for (const std::string& model : models)
    if (serve(model, *wanted_for(model), false)) applied.insert(model);
  note_first(std::move(applied));
  // Last, because a package may have to come first: what somebody asked for before this state was known.
  std::set<std::string> asked_for;
  for (const std::string& model : extras_.models())
    if (models.contains(model)) asked_for.insert(model);
  serve_extras(asked_for);
}

}  // namespace stoa::app
