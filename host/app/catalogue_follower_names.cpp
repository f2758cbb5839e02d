// catalogue_follower_names.cpp: what names mean: among what is served, and among what is loaded because somebody asks.
// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <variant>

#include "host/app/catalogue_follower.hpp"
#include "registry/catalogue/default_release.hpp"

namespace stoa::app {
namespace {

bool is_kept_by_name(const OfferedExtra& one) {
  return one.availability == registry::Availability::yanked || one.availability == registry::Availability::delisted;
}

}  // namespace

Result<std::string> CatalogueFollower::resolve(std::string_view model, std::string_view selector,
                                               std::uint32_t share_ppm) const {
  const auto reference = registry::parse_model_reference(fmt::format("{}@{}", model, selector));
  if (!reference) return std::unexpected(reference.error());
  const auto found =
      index_.get()->resolve(*reference, {.machine = nullptr, .now_ms = parts_.now_ms(), .share_ppm = share_ppm});
  if (!found) return std::unexpected(why_none(*reference, found.error()));
  return found->version;
}

// Among what is served there is nothing: what is published besides may say more.
Error CatalogueFollower::why_none(const registry::ModelReference& reference, const Error& found) const {
  if (found.code != Code::not_found) return found;
  if (std::holds_alternative<registry::Latest>(reference.selector)) return no_default(reference.model).value_or(found);
  const auto wanted = wanted_for(reference.model);
  if (!wanted || !std::holds_alternative<registry::VersionRange>(reference.selector)) return found;
  const auto offered = offered_for(reference, *wanted, parts_.now_ms());
  return !offered && offered.error().code == Code::failed_precondition ? offered.error() : found;
}

CatalogueFollower::CatalogueFollower(Parts parts)
    : parts_(std::move(parts)),
      extras_(parts_.extra_releases_max,
              [&catalog = parts_.catalog](const rollout::ReleaseId& release) -> std::optional<std::int64_t> {
                const auto served = catalog.find(release.model, release.version);
                if (!served) return std::nullopt;
                return static_cast<std::int64_t>((*served)->statistics().last_inference_unix_ms);
              }) {}

Result<std::string> CatalogueFollower::demand(std::string_view model, std::string_view selector) {
  const auto reference = registry::parse_model_reference(fmt::format("{}@{}", model, selector));
  if (!reference) return std::unexpected(reference.error());
  const auto known = wanted_for(reference->model);
  const bool is_named = std::holds_alternative<registry::VersionKey>(reference->selector) ||
                        std::holds_alternative<registry::VersionRange>(reference->selector);
  if (!known || !is_named || parts_.extra_releases_max == 0)
    return failure(Code::not_found, "model.unknown", fmt::format("there is no model '{}'", reference->model));
  auto version = offered_for(*reference, *known, parts_.now_ms());
  if (!version) return version;
  const rollout::ReleaseId release{reference->model, *version};
  const auto asked = extras_.ask(release, parts_.now_ms());
  if (!asked) return std::unexpected(asked.error());
  if (asked->is_new) {
    {
      const std::lock_guard lock(mutex_);
      asked_.insert(release.model);
      if (!asked->gave_way.empty()) asked_.insert(asked->gave_way);
    }
    moved_.notify_one();
  } else if (parts_.catalog.find(release.model, release.version)) {
    return version;
  }
  return std::unexpected(Error{
      Code::unavailable, "release.loading",
      fmt::format("{} {} is being loaded, because somebody asked for it", release.model, release.version), 2'000});
}

void CatalogueFollower::note_step(const std::string& model, const rollout::Step& step) {
  if (step.to == rollout::ReleaseState::failed)
    extras_.fail({model, step.version}, {Code::unavailable, "release.load_failed", step.why, 0}, parts_.now_ms());
}

// What somebody asked for is reachable by its version, as long as it is offered. Where it must not be prepared now, it
// is left out.
rollout::TrafficPlan CatalogueFollower::with_extras(const std::string& model, const Wanted& wanted, bool may_prepare) {
  rollout::TrafficPlan plan = wanted.plan;
  for (const std::string& version : extras_.versions_of(model)) {
    const rollout::ReleaseId release{model, version};
    const auto offer =
        std::ranges::find(wanted.offered, version, [](const OfferedExtra& one) { return one.package.version; });
    if (offer == wanted.offered.end()) {
      extras_.drop(release);  // the catalogue names it now, or nobody is to be given it any more
      if (parts_.extras_moved) parts_.extras_moved();
      continue;
    }
    if (!may_prepare && !is_remembered(release, offer->package)) continue;
    if (auto done = remember(release, offer->package); !done) {
      extras_.fail(release, done.error(), parts_.now_ms());
      parts_.log.write(
          Level::error, "release.refused",
          {{"model", model}, {"version", version}, {"reason", done.error().reason}, {"why", done.error().message}});
      continue;
    }
    plan.pinned.push_back(version);
  }
  return plan;
}

void CatalogueFollower::serve_extras(const std::set<std::string>& models) {
  for (const std::string& model : models)
    if (const auto wanted = wanted_for(model)) serve(model, *wanted, true);
  if (parts_.extras_moved && !models.empty()) parts_.extras_moved();
}

void CatalogueFollower::keep(ServedPlans::Step step) {
  const std::lock_guard lock(mutex_);
  for (const std::string& model : step.gone) wanted_.erase(model);
  for (auto& [model, wanted] : step.plans) {
    // Nobody is given it on this host: what is left says why, as long as it is not what a range may mean.
    if (parts_.extra_releases_max == 0)
      std::erase_if(wanted.offered,
                    [](const OfferedExtra& one) { return !is_kept_by_name(one) && one.cool_until_ms == 0; });
    auto& before = wanted_[model];
    note_withdrawn(model, before.get(), wanted);
    before = std::make_shared<const Wanted>(std::move(wanted));
  }
}

// Who named a release by its version keeps it when it is yanked, or its plugin delisted: it was loaded because the
// catalogue named it, from here on because they do.
void CatalogueFollower::note_withdrawn(const std::string& model, const Wanted* before, const Wanted& now) {
  if (!now.skipped.empty() && (before == nullptr || before->skipped != now.skipped))
    parts_.log.write(Level::warn, "alias.skipped",
                     {{"model", model},
                      {"alias", registry::kDefaultAlias},
                      {"withdrawn", fmt::format("{}", fmt::join(now.skipped, " "))},
                      {"instead", now.plan.stable.empty() ? "nothing" : now.plan.stable}});
  if (before == nullptr || parts_.extra_releases_max == 0) return;
  for (const OfferedExtra& one : now.offered) {
    const std::string& version = one.package.version;
    if (!is_kept_by_name(one) || !before->packages.contains(version)) continue;
    if (const auto kept = extras_.ask({model, version}, parts_.now_ms()); kept && !kept->gave_way.empty())
      asked_.insert(kept->gave_way);
  }
}

std::optional<Error> CatalogueFollower::no_default(std::string_view model) const {
  const auto wanted = wanted_for(std::string(model));
  if (!wanted || !wanted->plan.stable.empty() || !wanted->no_default) return std::nullopt;
  return refusal_of(std::string(model), *wanted->no_default, parts_.now_ms());
}

std::shared_ptr<const Wanted> CatalogueFollower::wanted_for(const std::string& model) const {
  const std::lock_guard lock(mutex_);
  const auto known = wanted_.find(model);
  return known == wanted_.end() ? nullptr : known->second;
}

}  // namespace stoa::app
