// resolution_index.cpp: how an index comes about.
// SPDX-License-Identifier: Apache-2.0
#include "registry/resolve/resolution_index.hpp"

#include <algorithm>
#include <utility>

#include "registry/resolve/resolution_model.hpp"

namespace stoa::registry {
namespace {

std::unexpected<Error> bad_version(const std::string& where, const std::string& version, const Error& error) {
  return failure(error.code, error.reason, where + ": version '" + version + "' " + error.message);
}

}  // namespace

ResolutionIndex::ResolutionIndex() { shards_.fill(std::make_shared<const Models>()); }
ResolutionIndex::~ResolutionIndex() = default;

std::size_t ResolutionIndex::model_count() const {
  std::size_t count = 0;
  for (const auto& shard : shards_) count += shard->size();
  return count;
}

const ResolutionIndex::Model* ResolutionIndex::find(std::string_view model) const {
  const auto& shard = *shards_[shard_of(model)];
  const auto at = shard.find(model);
  return at == shard.end() ? nullptr : at->second.get();
}

ResolutionIndex::Edit::Edit(std::shared_ptr<const ResolutionIndex> from) : from_(std::move(from)) {}
ResolutionIndex::Edit::~Edit() = default;

ResolutionIndex::Model& ResolutionIndex::Edit::open(std::string_view model) {
  if (const auto at = open_.find(model); at != open_.end()) return *at->second;
  const Model* before = from_->find(model);
  auto copy = before ? std::make_shared<Model>(*before) : std::make_shared<Model>();
  return *open_.emplace(model, std::move(copy)).first->second;
}

Result<void> ResolutionIndex::Edit::put(const IndexedRelease& release) {
  auto version = parse_version_key(release.version);
  if (!version) return bad_version("release " + release.id, release.version, version.error());
  const bool is_withheld = release.availability == Availability::withheld;
  const auto facts = std::make_shared<const Facts>(
      Facts{release.id, release.availability, release.cool_until_ms, release.is_on_trial, release.platforms});
  for (const auto& name : release.models) {
    auto& rows = open(name).rows;
    const auto at = std::ranges::lower_bound(rows, *version, {}, &Row::version);
    const bool is_taken = at != rows.end() && at->version == *version;
    if (is_taken && at->facts->id != release.id) {
      if (is_withheld) continue;  // it was never in
      return failure(
          Code::already_exists, "index.conflict",
          name + " " + version->text() + " is offered by the releases " + at->facts->id + " and " + release.id);
    }
    if (is_taken && is_withheld)
      rows.erase(at);
    else if (is_taken)
      at->facts = facts;
    else if (!is_withheld)
      rows.insert(at, {*version, facts});
  }
  return {};
}

Result<void> ResolutionIndex::Edit::put(const IndexedAlias& alias) {
  std::vector<Target> targets;
  for (const auto& target : alias.targets) {
    auto version = parse_version_key(target.version);
    if (!version) return bad_version("alias " + alias.model + "@" + alias.alias, target.version, version.error());
    targets.push_back({std::move(*version), target.ppm});
  }
  auto& aliases = open(alias.model).aliases;
  std::erase_if(aliases, [&](const auto& known) { return known.first == alias.alias; });
  if (!targets.empty()) aliases.emplace_back(alias.alias, std::move(targets));
  return {};
}

void ResolutionIndex::Edit::forget(std::string_view model) {
  Model& known = open(model);
  known.rows.clear();
  known.aliases.clear();
}

std::shared_ptr<const ResolutionIndex> ResolutionIndex::Edit::finish() {
  auto next = std::make_shared<ResolutionIndex>(*from_);
  std::array<std::shared_ptr<Models>, kShards> copies;
  for (auto& [name, model] : open_) {
    auto& copy = copies[shard_of(name)];
    if (!copy) copy = std::make_shared<Models>(*from_->shards_[shard_of(name)]);
    if (model->rows.empty() && model->aliases.empty())
      copy->erase(name);
    else
      copy->insert_or_assign(name, std::move(model));
  }
  for (std::size_t i = 0; i < kShards; ++i)
    if (copies[i]) next->shards_[i] = std::move(copies[i]);
  return next;
}

}  // namespace stoa::registry
