// served_plans.cpp: from a state of the catalogue to plans of traffic, and from one state to the next.
// SPDX-License-Identifier: Apache-2.0
#include "host/app/served_plans.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "host/app/rollout_plans.hpp"
#include "registry/catalogue/default_release.hpp"

namespace stoa::app {
namespace {

using registry::ReleaseState;

registry::Availability availability_of(const registry::ResolvableRelease& release) {
  using enum registry::Availability;
  if (release.state == ReleaseState::revoked) return revoked;
  if (release.state == ReleaseState::yanked) return yanked;
  if (!release.is_listed) return delisted;
  return release.state == ReleaseState::deprecated ? deprecated : published;
}

// Whoever names it keeps it; nobody else gets it.
bool is_withdrawn(const registry::ResolvableRelease& release) {
  return release.state == ReleaseState::yanked || !release.is_listed;
}

WantedPackage package_of(const registry::ResolvableRelease& release) {
  return {release.plugin, release.version, release.package_sha256};
}

// Errors: those of ResolutionIndex::Edit.
Result<void> put_served(registry::ResolutionIndex::Edit& edit, const registry::ResolutionInput& input,
                        const std::map<std::string, Wanted>& wanted) {
  for (const registry::ResolvableRelease& release : input.releases) {
    for (const std::string& model : input.facts[release.facts].models) {
      const auto plan = wanted.find(model);
      const bool is_known = plan != wanted.end() && plan->second.packages.contains(release.version);
      // A shadow answers nobody, and a release on trial nobody who does not name it.
      const bool is_shadow =
          is_known && plan->second.plan.shadow && plan->second.plan.shadow->version == release.version;
      const bool is_served = is_known && !is_shadow;
      if (!is_served && release.state != ReleaseState::revoked) continue;
      registry::IndexedRelease row{.id = release.id.text,
                                   .version = release.version,
                                   .models = {model},
                                   .availability = availability_of(release),
                                   .platforms = {}};
      // What an alias names while it cools down is no range's; what the bare name means is.
      if (is_served && plan->second.tried == release.version)
        row.is_on_trial = true;
      else if (is_served && plan->second.plan.stable != release.version)
        row.cool_until_ms = release.cool_until_ms;
      if (auto put = edit.put(row); !put) return put;
    }
  }
  for (const registry::AliasRecord& alias : input.aliases) {
    registry::IndexedAlias row{alias.model, alias.alias, {}};
    for (const registry::AliasTarget& target : alias.targets) row.targets.push_back({target.version, target.ppm});
    if (auto put = edit.put(row); !put) return put;
  }
  return {};
}

// Who says nothing gets neither what cools down nor what was withdrawn: the first that will have cooled down, else the
// last that was there, one that is only delisted before a yanked one.
std::optional<NoDefault> no_default_of(const std::vector<registry::OfferedRelease>& offered) {
  const registry::OfferedRelease *cooling = nullptr, *delisted = nullptr, *yanked = nullptr;
  const auto is_higher = [](const registry::OfferedRelease& a, const registry::OfferedRelease& b) {
    const auto left = registry::parse_version_key(a.version), right = registry::parse_version_key(b.version);
    return left && right && *left > *right;
  };
  for (const registry::OfferedRelease& one : offered) {
    if (one.state == ReleaseState::yanked) {
      if (yanked == nullptr || is_higher(one, *yanked)) yanked = &one;
    } else if (!one.is_listed) {
      if (delisted == nullptr || is_higher(one, *delisted)) delisted = &one;
    } else if (one.cool_until_ms > 0 && (cooling == nullptr || one.cool_until_ms < cooling->cool_until_ms)) {
      cooling = &one;
    }
  }
  if (cooling != nullptr) return NoDefault{.version = cooling->version, .cool_until_ms = cooling->cool_until_ms};
  if (delisted != nullptr) return NoDefault{.version = delisted->version, .is_delisted = true};
  if (yanked != nullptr) return NoDefault{.version = yanked->version};
  return std::nullopt;
}

}  // namespace

Error refusal_of(const std::string& model, const NoDefault& none, std::int64_t now_ms) {
  if (none.is_delisted)
    return {Code::failed_precondition, "release.delisted",
            fmt::format("{} {} is of a delisted plugin, and nothing else is published: its version still names it",
                        model, none.version),
            0};
  if (none.cool_until_ms == 0)
    return {Code::failed_precondition, "release.yanked",
            fmt::format("{} {} was withdrawn, and nothing else is published: its version still names it", model,
                        none.version),
            0};
  const std::int64_t left_s = std::max<std::int64_t>(none.cool_until_ms - now_ms + 999, 1'000) / 1'000;
  return {Code::failed_precondition, "release.cooling",
          fmt::format("{} {} is taken without being named only in {} s; its version or an alias names it", model,
                      none.version, left_s),
          0};
}

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
    Wanted one;
    one.plan.model = model;
    std::span<const registry::AliasTarget> of_default;
    std::set<std::string> beside;
    for (const registry::AliasRecord* const alias : known.aliases) {
      const bool is_default = alias->alias == registry::kDefaultAlias;
      if (is_default) of_default = alias->targets;
      // A plan has one candidate: what a third target names stays reachable by its version.
      for (const registry::AliasTarget& target : alias->targets) {
        if (!may_answer(target.version)) continue;
        // The bare name means no withdrawn one, whoever pointed it there; any other alias still means it.
        if (is_default && is_withdrawn(*known.releases.at(target.version)))
          one.skipped.push_back(target.version);
        else
          beside.insert(target.version);
      }
    }
    const auto targets = registry::default_of({known.offered, of_default, verdicts, now_ms});
    if (targets.empty()) one.no_default = no_default_of(known.offered);
    const auto offer_the_rest = [&] {
      for (const auto& [version, release] : known.releases)
        if (!one.packages.contains(version) && may_answer(version))
          one.offered.push_back({package_of(*release), availability_of(*release), release->cool_until_ms});
    };
    // Without a default an alias still means what it names: a withdrawn release stays for those who ask for it so.
    if (targets.empty() && beside.empty()) {
      offer_the_rest();
      if (!one.offered.empty()) wanted.emplace(model, std::move(one));
      continue;
    }
    if (!targets.empty()) aim(one.plan, targets);
    one.plan.pinned.assign(beside.begin(), beside.end());
    for (const registry::VerdictRecord* const verdict : verdicts) one.plan.barred.push_back(verdict->version);
    for (const auto& [version, release] : known.releases)
      if (is_withdrawn(*release)) one.plan.barred.push_back(version);
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
    for (const std::string& version : named) one.packages[version] = package_of(*known.releases.at(version));
    offer_the_rest();
    wanted.emplace(model, std::move(one));
  }
  return wanted;
}

Result<std::shared_ptr<const registry::ResolutionIndex>> index_of(const registry::ResolutionInput& input,
                                                                  const std::map<std::string, Wanted>& wanted) {
  registry::ResolutionIndex::Edit edit(std::make_shared<const registry::ResolutionIndex>());
  if (auto put = put_served(edit, input, wanted); !put) return std::unexpected(put.error());
  return edit.finish();
}

Result<std::string> offered_for(const registry::ModelReference& reference, const Wanted& wanted, std::int64_t now_ms) {
  registry::ResolutionIndex::Edit edit(std::make_shared<const registry::ResolutionIndex>());
  for (const OfferedExtra& release : wanted.offered) {
    // Named by its version, with the build metadata that its package has.
    const registry::IndexedRelease row{.id = release.package.version,
                                       .version = release.package.version,
                                       .models = {reference.model},
                                       .availability = release.availability,
                                       .cool_until_ms = release.cool_until_ms,
                                       .platforms = {}};
    if (auto put = edit.put(row); !put) return std::unexpected(put.error());
  }
  auto found = edit.finish()->resolve(reference, {.machine = nullptr, .now_ms = now_ms, .share_ppm = 0});
  if (!found) return std::unexpected(found.error());
  return found->release;
}

ServedPlans::Step ServedPlans::take(const registry::ResolutionChange& change, std::int64_t now_ms) {
  Step step{.plans = wanted_of(change.input, now_ms), .gone = {}, .index_error = {}};
  registry::ResolutionIndex::Edit edit(change.is_whole ? std::make_shared<const registry::ResolutionIndex>() : index_);
  if (!change.is_whole)
    for (const std::string& model : change.models) edit.forget(model);
  if (auto put = put_served(edit, change.input, step.plans))
    index_ = edit.finish();
  else
    step.index_error = put.error();
  const auto drop = [&](const std::string& model) {
    if (step.plans.contains(model)) return false;
    step.gone.push_back(model);
    return true;
  };
  if (change.is_whole)
    std::erase_if(packages_, [&](const auto& known) { return drop(known.first); });
  else
    for (const std::string& model : change.models)
      if (packages_.contains(model) && drop(model)) packages_.erase(model);
  for (const auto& [model, wanted] : step.plans) packages_[model] = wanted.packages;
  note_cooling(change, now_ms);
  return step;
}

void ServedPlans::note_cooling(const registry::ResolutionChange& change, std::int64_t now_ms) {
  if (change.is_whole) cooling_.clear(), cools_until_.clear();
  for (const std::string& model : change.models)
    if (const auto known = cools_until_.find(model); known != cools_until_.end()) {
      cooling_.erase({known->second, model});
      cools_until_.erase(known);
    }
  for (const registry::ResolvableRelease& release : change.input.releases) {
    if (release.cool_until_ms <= now_ms) continue;
    for (const std::string& model : change.input.facts[release.facts].models) {
      const auto [known, is_new] = cools_until_.emplace(model, release.cool_until_ms);
      if (!is_new && known->second <= release.cool_until_ms) continue;
      if (!is_new) cooling_.erase({known->second, model});
      known->second = release.cool_until_ms;
      cooling_.emplace(release.cool_until_ms, model);
    }
  }
}

std::set<std::string> ServedPlans::cooled(std::int64_t now_ms) const {
  std::set<std::string> models;
  for (const auto& [until_ms, model] : cooling_) {
    if (until_ms > now_ms) break;
    models.insert(model);
  }
  return models;
}

}  // namespace stoa::app
