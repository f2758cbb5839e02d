// catalogue_follower.cpp: from a state of the catalogue to plans of traffic. SPDX-License-Identifier: Apache-2.0
#include "host/app/catalogue_follower.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "host/app/rollout_plans.hpp"
#include "registry/catalogue/default_release.hpp"
#include "registry/resolve/model_reference.hpp"

namespace stoa::app {
namespace {

using registry::ReleaseState;

constexpr std::chrono::milliseconds kIdle{1000};         // between two looks at what has cooled down
constexpr std::chrono::milliseconds kSettling{50};       // between two looks at what still loads
constexpr std::int64_t kWhileTried = 4'102'444'800'000;  // the year 2100: for no range has a trial cooled down

}  // namespace

std::map<std::string, Wanted> wanted_of(const registry::ResolutionInput& input, std::int64_t now_ms) {
  struct Known {
    std::vector<registry::OfferedRelease> offered;
    std::map<std::string, const registry::ResolvableRelease*> releases;  // by version
    std::vector<const registry::AliasRecord*> aliases;
  };
  std::map<std::string, Known> models;
  for (const registry::ResolvableRelease& release : input.releases) {
    if (!is_servable(release.state)) continue;
    for (const std::string& model : input.facts[release.facts].models) {
      Known& known = models[model];
      known.releases[release.version] = &release;
      known.offered.push_back({release.version, release.state, release.is_listed, release.cool_until_ms});
    }
  }
  for (const registry::AliasRecord& alias : input.aliases)
    if (const auto model = models.find(alias.model); model != models.end()) model->second.aliases.push_back(&alias);
  const RolloutFacts rollouts(input);
  std::map<std::string, Wanted> wanted;
  for (const auto& [model, known] : models) {
    const auto verdicts = rollouts.verdicts_on(model);
    const auto may_answer = [&](const std::string& version) {
      return known.releases.contains(version) &&
             std::ranges::find(verdicts, version, &registry::VerdictRecord::version) == verdicts.end();
    };
    std::span<const registry::AliasTarget> of_default;
    std::set<std::string> beside;
    for (const registry::AliasRecord* const alias : known.aliases) {
      if (alias->alias == registry::kDefaultAlias) of_default = alias->targets;
      // A plan has one candidate: what a third target names stays reachable by its version.
      for (const registry::AliasTarget& target : alias->targets)
        if (may_answer(target.version)) beside.insert(target.version);
    }
    const auto targets = registry::default_of({known.offered, of_default, verdicts, now_ms});
    // Without a default an alias still means what it names: a yanked release stays for those who ask for it so.
    if (targets.empty() && beside.empty()) continue;
    Wanted one;
    one.plan.model = model;
    if (!targets.empty()) aim(one.plan, targets);
    one.plan.pinned.assign(beside.begin(), beside.end());
    for (const registry::VerdictRecord* const verdict : verdicts) one.plan.barred.push_back(verdict->version);
    if (const auto* const record = rollouts.last_of(model)) steer(one.plan, *record, known.offered);
    const rollout::TrafficPlan& plan = one.plan;
    std::erase_if(one.plan.pinned, [&](const std::string& version) {
      return version == plan.stable || (plan.candidate && version == plan.candidate->version);
    });
    if (plan.candidate && !beside.contains(plan.candidate->version)) one.tried = plan.candidate->version;
    std::vector<std::string> named = plan.pinned;
    if (!plan.stable.empty()) named.push_back(plan.stable);
    if (plan.candidate) named.push_back(plan.candidate->version);
    if (plan.shadow) named.push_back(plan.shadow->version);
    for (const std::string& version : named) one.packages[version] = known.releases.at(version)->package_sha256;
    wanted.emplace(model, std::move(one));
  }
  return wanted;
}

Result<std::shared_ptr<const registry::ResolutionIndex>> index_of(const registry::ResolutionInput& input,
                                                                  const std::map<std::string, Wanted>& wanted) {
  registry::ResolutionIndex::Edit edit(std::make_shared<const registry::ResolutionIndex>());
  for (const registry::ResolvableRelease& release : input.releases) {
    registry::IndexedRelease row{.id = release.id.text, .version = release.version, .models = {}, .platforms = {}};
    row.availability = release.state == ReleaseState::revoked      ? registry::Availability::revoked
                       : release.state == ReleaseState::yanked     ? registry::Availability::yanked
                       : release.state == ReleaseState::deprecated ? registry::Availability::deprecated
                                                                   : registry::Availability::published;
    for (const std::string& model : input.facts[release.facts].models) {
      const auto plan = wanted.find(model);
      const bool is_known = plan != wanted.end() && plan->second.packages.contains(release.version);
      // A shadow answers nobody, and a release on trial nobody who does not name it.
      const bool is_shadow =
          is_known && plan->second.plan.shadow && plan->second.plan.shadow->version == release.version;
      const bool is_served = is_known && !is_shadow;
      if (is_served && plan->second.tried == release.version) row.cool_until_ms = kWhileTried;
      if (is_served || release.state == ReleaseState::revoked) row.models.push_back(model);
    }
    if (row.models.empty()) continue;
    if (auto put = edit.put(row); !put) return std::unexpected(put.error());
  }
  for (const registry::AliasRecord& alias : input.aliases) {
    registry::IndexedAlias row{alias.model, alias.alias, {}};
    for (const registry::AliasTarget& target : alias.targets) row.targets.push_back({target.version, target.ppm});
    if (auto put = edit.put(row); !put) return std::unexpected(put.error());
  }
  return edit.finish();
}

Result<std::string> CatalogueFollower::resolve(std::string_view model, std::string_view selector,
                                               std::uint32_t share_ppm) const {
  const auto reference = registry::parse_model_reference(fmt::format("{}@{}", model, selector));
  if (!reference) return std::unexpected(reference.error());
  const auto found = index_.get()->resolve(
      *reference, {.machine = nullptr, .now_ms = parts_.now_ms(), .pinned = {}, .share_ppm = share_ppm});
  if (!found) return std::unexpected(found.error());
  return found->version;
}

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
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    moved_.wait_for(lock, kIdle, [this] { return is_changed_ || is_stopped_; });
    if (is_stopped_) return;
    const bool is_due = is_changed_ || is_behind_ || (next_cool_ms_ > 0 && parts_.now_ms() >= next_cool_ms_);
    is_changed_ = false;
    lock.unlock();
    if (is_due) follow();
    lock.lock();
  }
}

bool CatalogueFollower::has_settled(const std::set<std::string>& models) const {
  const auto is_on_its_way = [](const rollout::ReleaseStatus& release) {
    return release.state < rollout::ReleaseState::ready;
  };
  return std::ranges::none_of(parts_.rollout.status(), [&](const rollout::ModelStatus& model) {
    return models.contains(model.model) && std::ranges::any_of(model.releases, is_on_its_way);
  });
}

void CatalogueFollower::note_first(std::set<std::string> models) {
  {
    const std::lock_guard lock(mutex_);
    if (first_models_) return;
    first_models_ = std::move(models);
  }
  followed_.notify_all();
}

void CatalogueFollower::await_first_plans(const std::stop_token& stop) {
  std::set<std::string> models;
  {
    std::unique_lock lock(mutex_);
    if (!followed_.wait(lock, stop, [this] { return first_models_.has_value(); })) return;
    models = *first_models_;
  }
  while (!stop.stop_requested() && !has_settled(models)) {
    std::unique_lock lock(mutex_);
    followed_.wait_for(lock, stop, kSettling, [] { return false; });
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
      is_behind_ = true;  // it is being unloaded: again in a moment
    else
      forgiven_.insert(verdict.id);
  }
}

// A model whose last release was withdrawn is gone here, as it would be after a restart.
void CatalogueFollower::withdraw_all_but(const std::map<std::string, Wanted>& plans) {
  std::erase_if(planned_, [&](const std::string& model) {
    if (plans.contains(model)) return false;
    parts_.rollout.withdraw(model);
    parts_.log.write(Level::info, "model.withdrawn", {{"model", model}});
    return true;
  });
  for (const auto& [model, unused] : plans) planned_.insert(model);
}

// False: the model's plan cannot be followed, because one of its packages cannot be prepared here.
bool CatalogueFollower::remember(const std::string& model, const Wanted& wanted) {
  for (const auto& [version, digest] : wanted.packages) {
    if (remembered_.contains(digest)) continue;
    auto package = parts_.package(digest);
    auto prepared = package ? parts_.prepare(*package) : std::unexpected(package.error());
    if (!prepared) {
      const Code code = prepared.error().code;
      if (code == Code::unavailable || code == Code::deadline_exceeded) is_behind_ = true;
      if (refused_.emplace(model, registry::to_hex(digest)).second)
        parts_.log.write(Level::error, "release.refused",
                         {{"model", model},
                          {"version", version},
                          {"reason", prepared.error().reason},
                          {"why", prepared.error().message}});
      return false;
    }
    parts_.loader.remember(*prepared);
    remembered_.insert(digest);
  }
  return true;
}

void CatalogueFollower::follow() {
  const auto input = parts_.read();
  if (!input) {
    parts_.log.write(Level::error, "catalogue.unreadable",
                     {{"reason", input.error().reason}, {"why", input.error().message}});
    is_behind_ = true;  // again in a moment: a full disk or a lock passes
    return note_first({});
  }
  is_behind_ = false;
  const std::int64_t now_ms = parts_.now_ms();
  next_cool_ms_ = 0;
  for (const registry::ResolvableRelease& release : input->releases)
    if (release.cool_until_ms > now_ms && (next_cool_ms_ == 0 || release.cool_until_ms < next_cool_ms_))
      next_cool_ms_ = release.cool_until_ms;
  revoke_all(*input);
  forgive_all(*input);
  if (parts_.told) parts_.told(*input);
  const auto plans = wanted_of(*input, now_ms);
  if (auto index = index_of(*input, plans))
    index_.set(std::move(*index));
  else
    parts_.log.write(Level::error, "catalogue.index",
                     {{"reason", index.error().reason}, {"why", index.error().message}});
  withdraw_all_but(plans);
  std::set<std::string> applied;
  for (const auto& [model, wanted] : plans) {
    if (!remember(model, wanted)) continue;
    applied.insert(model);
    if (auto done = parts_.rollout.apply(wanted.plan); !done)
      parts_.log.write(Level::error, "release.plan_refused",
                       {{"model", model}, {"reason", done.error().reason}, {"why", done.error().message}});
  }
  note_first(std::move(applied));
}

}  // namespace stoa::app
