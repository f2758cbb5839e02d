// catalogue_follower.cpp: from a state of the catalogue to plans of traffic. SPDX-License-Identifier: Apache-2.0
#include "host/app/catalogue_follower.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "registry/package/semver.hpp"
#include "registry/resolve/model_reference.hpp"

namespace stoa::app {
namespace {

using registry::ReleaseState;

constexpr std::string_view kDefaultAlias = "default";
constexpr std::chrono::milliseconds kIdle{1000};    // between two looks at what has cooled down
constexpr std::chrono::milliseconds kSettling{50};  // between two looks at what still loads

// Whether a is to be preferred as the default: no pre-release, then the higher one.
bool is_better(const std::string& a, const std::string& b) {
  const auto left = registry::parse_semantic_version(a), right = registry::parse_semantic_version(b);
  if (!left || !right) return left.has_value();
  if (left->prerelease.empty() != right->prerelease.empty()) return left->prerelease.empty();
  return registry::compare_precedence(*left, *right) > 0;
}

// The largest share is the stable release, of equal ones the lower version; the next one is on trial beside it.
void aim(rollout::TrafficPlan& plan, std::vector<registry::AliasTarget> targets) {
  std::ranges::sort(targets, [](const registry::AliasTarget& a, const registry::AliasTarget& b) {
    return a.ppm != b.ppm ? a.ppm > b.ppm : is_better(b.version, a.version);
  });
  plan.stable = targets[0].version;
  if (targets.size() > 1)
    plan.candidate =
        rollout::CandidatePlan{.version = targets[1].version, .customers = {}, .steps_ppm = {targets[1].ppm}};
}

}  // namespace

std::map<std::string, Wanted> wanted_of(const registry::ResolutionInput& input, std::int64_t now_ms) {
  struct Known {
    std::map<std::string, const registry::ResolvableRelease*> releases;  // by version
    std::string best;
  };
  std::map<std::string, Known> models;
  for (const registry::ResolvableRelease& release : input.releases) {
    if (!is_servable(release.state)) continue;
    for (const std::string& model : input.facts[release.facts].models) {
      Known& known = models[model];
      known.releases[release.version] = &release;
      const bool is_default = is_resolvable(release.state) && release.is_listed && release.cool_until_ms <= now_ms;
      if (is_default && (known.best.empty() || is_better(release.version, known.best))) known.best = release.version;
    }
  }
  std::map<std::string, Wanted> wanted;
  for (const auto& [model, known] : models) {
    Wanted one;
    one.plan.model = model;
    one.plan.stable = known.best;
    std::set<std::string> beside;
    for (const registry::AliasRecord& alias : input.aliases) {
      if (alias.model != model) continue;
      std::vector<registry::AliasTarget> targets = alias.targets;
      std::erase_if(targets,
                    [&](const registry::AliasTarget& target) { return !known.releases.contains(target.version); });
      if (targets.empty()) continue;
      // A plan has one candidate: what a third target names stays reachable by its version.
      for (const registry::AliasTarget& target : targets) beside.insert(target.version);
      if (alias.alias == kDefaultAlias) aim(one.plan, std::move(targets));
    }
    if (one.plan.stable.empty()) continue;
    beside.erase(one.plan.stable);
    if (one.plan.candidate) beside.erase(one.plan.candidate->version);
    one.plan.pinned.assign(beside.begin(), beside.end());
    std::vector<std::string> named = one.plan.pinned;
    named.push_back(one.plan.stable);
    if (one.plan.candidate) named.push_back(one.plan.candidate->version);
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
      const bool is_served = plan != wanted.end() && plan->second.packages.contains(release.version);
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

// False: the model's plan cannot be followed, because one of its packages cannot be prepared here.
bool CatalogueFollower::remember(const std::string& model, const Wanted& wanted) {
  for (const auto& [version, digest] : wanted.packages) {
    if (remembered_.contains(digest)) continue;
    auto package = parts_.publishing.verified_package(digest);
    auto prepared = package ? parts_.prepare(*package) : std::unexpected(package.error());
    if (!prepared) {
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
  const auto input =
      parts_.publishing.with_catalogue([](registry::Catalogue& catalogue) { return catalogue.read_for_resolution(); });
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
  const auto plans = wanted_of(*input, now_ms);
  if (auto index = index_of(*input, plans))
    index_.set(std::move(*index));
  else
    parts_.log.write(Level::error, "catalogue.index",
                     {{"reason", index.error().reason}, {"why", index.error().message}});
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
