// resolution.cpp: one question to the index: which release, or why none.
// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "registry/resolve/default_rule.hpp"
#include "registry/resolve/platform_fit.hpp"
#include "registry/resolve/resolution_index.hpp"
#include "registry/resolve/resolution_model.hpp"

namespace stoa::registry {
namespace {

bool is_resolvable(Availability availability) {
  return availability == Availability::published || availability == Availability::deprecated;
}

}  // namespace

class ResolutionIndex::Question {
 public:
  Question(const Model& model, const ModelReference& reference, const Asker& asker)
      : model_(model), reference_(reference), asker_(asker) {}

  Result<Resolution> answer(const Latest&) const;
  Result<Resolution> answer(const VersionKey& version) const;
  Result<Resolution> answer(const VersionRange& range) const;
  Result<Resolution> answer(const AliasName& alias) const;

 private:
  const Row* row_of(const VersionKey& version) const;
  // A release that is named: by its version or by an alias.
  Result<Resolution> take(const Row& row) const;
  // The best of those that admit lets through.
  template <class Admit>
  Result<Resolution> best_of(Admit admit) const;
  std::optional<std::size_t> platform_of(const Row& row) const;
  Resolution resolution(const Row& row, std::size_t platform) const;
  std::unexpected<Error> refuse(const Row& row, const char* reason, const std::string& why) const;
  std::unexpected<Error> no_platform(const Row& row) const;
  std::unexpected<Error> no_target(const AliasName& alias, const Target& target) const;
  std::unexpected<Error> unmatched() const;
  std::string nearest(const VersionKey& to) const;

  const Model& model_;
  const ModelReference& reference_;
  const Asker& asker_;
};

const ResolutionIndex::Row* ResolutionIndex::Question::row_of(const VersionKey& version) const {
  const auto at = std::ranges::lower_bound(model_.rows, version, {}, &Row::version);
  return at != model_.rows.end() && at->version == version ? &*at : nullptr;
}

std::optional<std::size_t> ResolutionIndex::Question::platform_of(const Row& row) const {
  if (!asker_.machine) return 0;
  if (!row.facts->platforms) return std::nullopt;
  return best_platform(*row.facts->platforms, *asker_.machine);
}

Resolution ResolutionIndex::Question::resolution(const Row& row, std::size_t platform) const {
  return {row.facts->id, row.version.text(), platform, row.facts->availability == Availability::deprecated};
}

std::unexpected<Error> ResolutionIndex::Question::refuse(const Row& row, const char* reason,
                                                         const std::string& why) const {
  return failure(Code::failed_precondition, reason, reference_.model + " " + row.version.text() + " " + why);
}

std::unexpected<Error> ResolutionIndex::Question::no_platform(const Row& row) const {
  const auto offered = row.facts->platforms ? misfits(*row.facts->platforms, *asker_.machine) : "no platform at all";
  return failure(Code::unimplemented, "platform.none",
                 reference_.model + " " + row.version.text() + " has nothing for this machine (" +
                     asker_.machine->text() + "); offered: " + offered);
}

std::unexpected<Error> ResolutionIndex::Question::no_target(const AliasName& alias, const Target& target) const {
  return failure(Code::failed_precondition, "alias.target",
                 reference_.model + "@" + alias.text + " points at " + target.version.text() +
                     ", which is not there; " + nearest(target.version));
}

std::unexpected<Error> ResolutionIndex::Question::unmatched() const {
  const auto* range = std::get_if<VersionRange>(&reference_.selector);
  return failure(Code::not_found, "range.unmatched",
                 reference_.model + " has no release in '" + reference_.selected + "'" +
                     (range ? "; " + nearest(range->edge()) : std::string()));
}

// The two resolvable versions on each side of it, rising.
std::string ResolutionIndex::Question::nearest(const VersionKey& to) const {
  constexpr std::size_t kEachSide = 2;
  const auto at = std::ranges::lower_bound(model_.rows, to, {}, &Row::version);
  std::vector<std::string> below, found;
  for (auto row = at; row != model_.rows.begin() && below.size() < kEachSide;)
    if (is_resolvable((--row)->facts->availability)) below.push_back(row->version.text());
  found.assign(below.rbegin(), below.rend());
  for (auto row = at; row != model_.rows.end() && found.size() < below.size() + kEachSide; ++row)
    if (is_resolvable(row->facts->availability)) found.push_back(row->version.text());
  if (found.empty()) return "nothing is published";
  std::string out = "the nearest published: ";
  for (std::size_t i = 0; i < found.size(); ++i) out += (i > 0 ? ", " : "") + found[i];
  return out;
}

Result<Resolution> ResolutionIndex::Question::take(const Row& row) const {
  if (row.facts->availability == Availability::revoked)
    return refuse(row, "release.revoked", "was revoked: nobody is served by it any more");
  const auto platform = platform_of(row);
  if (!platform) return no_platform(row);
  return resolution(row, *platform);
}

template <class Admit>
Result<Resolution> ResolutionIndex::Question::best_of(Admit admit) const {
  const Row *deprecated = nullptr, *misfit = nullptr, *on_trial = nullptr, *cooling = nullptr, *delisted = nullptr,
            *yanked = nullptr, *revoked = nullptr;
  std::size_t deprecated_platform = 0;
  const auto note = [](const Row*& place, const Row& row) { place = place ? place : &row; };
  for (auto row = model_.rows.rbegin(); row != model_.rows.rend(); ++row) {
    const auto& facts = *row->facts;
    if (!admit(*row)) continue;
    if (facts.availability == Availability::yanked) {
      note(yanked, *row);
    } else if (facts.availability == Availability::delisted) {
      note(delisted, *row);
    } else if (facts.availability == Availability::revoked) {
      note(revoked, *row);
    } else if (facts.is_on_trial) {
      note(on_trial, *row);
    } else if (facts.cool_until_ms > asker_.now_ms) {
      note(cooling, *row);
    } else if (facts.availability == Availability::deprecated && deprecated) {
      continue;
    } else if (const auto platform = platform_of(*row); !platform) {
      note(misfit, *row);
    } else if (facts.availability == Availability::published) {
      return resolution(*row, *platform);
    } else {
      deprecated = &*row;
      deprecated_platform = *platform;
    }
  }
  if (deprecated) return resolution(*deprecated, deprecated_platform);
  if (misfit) return no_platform(*misfit);
  if (on_trial)
    return refuse(*on_trial, "release.on_trial",
                  "is on trial, and no range means it before that ends: its version names it");
  if (cooling)
    return refuse(*cooling, "release.cooling",
                  "is taken without being named only in " +
                      std::to_string((cooling->facts->cool_until_ms - asker_.now_ms + 999) / 1000) +
                      " s; its version or an alias names it");
  if (delisted)
    return refuse(*delisted, "release.delisted", "is of a delisted plugin: its version still names it, no range does");
  if (yanked) return refuse(*yanked, "release.yanked", "was withdrawn: its version still names it, no range does");
  if (revoked) return take(*revoked);
  return unmatched();
}

Result<Resolution> ResolutionIndex::Question::answer(const Latest&) const {
  const auto claim_of = [](const Row& row) {
    return DefaultClaim{row.version, row.facts->availability == Availability::deprecated};
  };
  // What cools down or is on trial is no release yet for those who do not name it. A release that does not fit this
  // machine is one all the same: nobody gets a pre-release instead.
  bool has_release = false;
  const Row* best = nullptr;
  std::size_t best_at = 0;
  for (const Row& row : model_.rows) {
    if (!is_resolvable(row.facts->availability) || row.facts->is_on_trial || row.facts->cool_until_ms > asker_.now_ms)
      continue;
    has_release = has_release || !row.version.is_prerelease();
    if (best && compare_as_default(claim_of(row), claim_of(*best)) < 0) continue;
    if (const auto platform = platform_of(row)) {
      best = &row;
      best_at = *platform;
    }
  }
  if (best && has_release == !best->version.is_prerelease()) return resolution(*best, best_at);
  // None: the reason.
  return best_of([&](const Row& row) { return !has_release || !row.version.is_prerelease(); });
}

Result<Resolution> ResolutionIndex::Question::answer(const VersionKey& version) const {
  if (const auto* row = row_of(version)) return take(*row);
  return failure(Code::not_found, "version.unknown",
                 reference_.model + " has no release " + version.text() + "; " + nearest(version));
}

Result<Resolution> ResolutionIndex::Question::answer(const VersionRange& range) const {
  return best_of([&](const Row& row) { return range.admits(row.version); });
}

Result<Resolution> ResolutionIndex::Question::answer(const AliasName& alias) const {
  const auto known = std::ranges::find(model_.aliases, alias.text, [](const auto& one) { return one.first; });
  if (known == model_.aliases.end()) {
    std::string there;
    for (const auto& one : model_.aliases) there += (there.empty() ? "; there are: " : ", ") + one.first;
    return failure(Code::not_found, "alias.unknown", reference_.model + " has no alias '" + alias.text + "'" + there);
  }
  const auto& targets = known->second;
  std::size_t chosen = 0;
  for (std::uint64_t sum = 0; chosen + 1 < targets.size(); ++chosen)
    if ((sum += targets[chosen].ppm) > asker_.share_ppm) break;
  // Where the chosen one cannot answer, the others do: half a canary must not be an outage of that half.
  std::optional<Result<Resolution>> first;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto& target = targets[(chosen + i) % targets.size()];
    const auto* row = row_of(target.version);
    auto taken = row ? take(*row) : Result<Resolution>(no_target(alias, target));
    if (taken) return taken;
    if (!first) first = std::move(taken);
  }
  return *first;
}

Result<Resolution> ResolutionIndex::resolve(const ModelReference& reference, const Asker& asker) const {
  const auto* model = find(reference.model);
  if (!model || model->rows.empty())
    return failure(Code::not_found, "model.unknown", "there is no model '" + reference.model + "'");
  const Question question(*model, reference, asker);
  return std::visit([&](const auto& selector) { return question.answer(selector); }, reference.selector);
}

}  // namespace stoa::registry
