// followed_state.cpp: looks in each bin for what begins with a publisher's name. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/followed_state.hpp"

#include <algorithm>
#include <ranges>
#include <span>
#include <unordered_map>
#include <vector>

#include "registry/feed/feed_target.hpp"

namespace stoa::registry {
namespace {

const std::string& name_in(const PublicRelease& release) { return release.plugin; }
const std::string& name_in(const AliasRecord& alias) { return alias.model; }
const std::string& name_in(const RolloutRecord& rollout) { return rollout.plan.model; }
const std::string& name_in(const VerdictRecord& verdict) { return verdict.model; }

// Of one publisher: in the order of paths they are neighbours, because its name and a slash begin all of them.
template <class Record>
std::span<const Record> of_publisher(const std::vector<Record>& records, const std::string& publisher) {
  const std::string prefix = publisher + '/';
  const auto name = [](const Record& record) -> const std::string& { return name_in(record); };
  const auto first = std::ranges::lower_bound(records, prefix, {}, name);
  const auto last = std::ranges::partition_point(
      first, records.end(), [&](const Record& record) { return name_in(record).starts_with(prefix); });
  return {first, last};
}

// What two lists in the order of their paths do not share: each record that is in one of them alone.
template <class Record, class Use>
void for_each_difference(const std::vector<Record>& before, const std::vector<Record>& now, Use&& use) {
  auto old = before.begin();
  for (auto fresh = now.begin(); old != before.end() || fresh != now.end();) {
    if (old != before.end() && fresh != now.end() && *old == *fresh) {
      ++old, ++fresh;
    } else if (fresh == now.end() || (old != before.end() && path_of(*old) <= path_of(*fresh))) {
      use(*old++, false);
    } else {
      use(*fresh++, true);
    }
  }
}

// Records that belong together, and what of them is wanted.
class Gathered {
 public:
  void add(const PublicState& told) {
    for (const PublicRelease& one : told.releases) releases_.push_back(&one);
    for (const AliasRecord& one : told.aliases) aliases_.push_back(&one);
    for (const RolloutRecord& one : told.rollouts) rollouts_.push_back(&one);
    for (const VerdictRecord& one : told.verdicts) verdicts_.push_back(&one);
  }
  void add(const PublicState& told, const std::string& publisher) {
    for (const PublicRelease& one : of_publisher(told.releases, publisher)) releases_.push_back(&one);
    for (const AliasRecord& one : of_publisher(told.aliases, publisher)) aliases_.push_back(&one);
    for (const RolloutRecord& one : of_publisher(told.rollouts, publisher)) rollouts_.push_back(&one);
    for (const VerdictRecord& one : of_publisher(told.verdicts, publisher)) verdicts_.push_back(&one);
  }

  // Of what has one of these names: a release's plugin is of its models, and its models are of their plugins.
  void keep(std::set<std::string>& names) {
    for (std::size_t before = 0; before != names.size();) {
      before = names.size();
      for (const PublicRelease* const release : releases_)
        if (is_of(*release, names)) {
          names.insert(release->plugin);
          names.insert(release->models.begin(), release->models.end());
        }
    }
    std::erase_if(releases_, [&](const auto* one) { return !is_of(*one, names); });
    std::erase_if(aliases_, [&](const auto* one) { return !names.contains(one->model); });
    std::erase_if(rollouts_, [&](const auto* one) { return !names.contains(one->plan.model); });
    std::erase_if(verdicts_, [&](const auto* one) { return !names.contains(one->model); });
  }

  ResolutionInput input() const {
    ResolutionInput input;
    input.releases.reserve(releases_.size());
    std::unordered_map<std::string_view, std::uint32_t> last;  // of a plugin: mostly the next release has the same
    for (const PublicRelease* const release : releases_) {
      const auto [known, is_new] = last.emplace(release->plugin, 0);
      if (is_new || input.facts[known->second].models != release->models) {
        known->second = static_cast<std::uint32_t>(input.facts.size());
        input.facts.push_back({.models = release->models, .platforms = {}, .permissions = {}, .min_isolation = {}});
      }
      input.releases.push_back({.id = release->id,
                                .plugin = release->plugin,
                                .version = release->version,
                                .state = release->state,
                                .facts = known->second,
                                .is_listed = release->is_listed,
                                .published_ms = release->published_ms,
                                .cool_until_ms = release->cool_until_ms,
                                .package_sha256 = release->package_sha256});
    }
    for (const auto* const one : aliases_) input.aliases.push_back(*one);
    for (const auto* const one : rollouts_) input.rollouts.push_back(*one);
    for (const auto* const one : verdicts_) input.verdicts.push_back(*one);
    return input;
  }

 private:
  static bool is_of(const PublicRelease& release, const std::set<std::string>& names) {
    return names.contains(release.plugin) ||
           std::ranges::any_of(release.models, [&](const std::string& model) { return names.contains(model); });
  }

  std::vector<const PublicRelease*> releases_;
  std::vector<const AliasRecord*> aliases_;
  std::vector<const RolloutRecord*> rollouts_;
  std::vector<const VerdictRecord*> verdicts_;
};

template <class Record>
void append(std::vector<Record>& all, const std::vector<Record>& some) {
  all.insert(all.end(), some.begin(), some.end());
}

}  // namespace

void add_news(FollowedNews& news, const PublicState& before, const PublicState& now) {
  for_each_difference(before.releases, now.releases, [&](const PublicRelease& one, bool is_now) {
    news.names.insert(one.plugin);
    news.names.insert(one.models.begin(), one.models.end());
    if (is_now && one.state == ReleaseState::revoked) news.revoked.push_back(one);
  });
  const auto note = [&](const auto& one, bool) { news.names.insert(name_in(one)); };
  for_each_difference(before.aliases, now.aliases, note);
  for_each_difference(before.rollouts, now.rollouts, note);
  for_each_difference(before.verdicts, now.verdicts, note);
}

PublicState FollowedState::all() const {
  PublicState state;
  state.revision = static_cast<std::int64_t>(version_);
  for (const auto& [role, bin] : bins_) {
    append(state.releases, bin->told.releases);
    append(state.aliases, bin->told.aliases);
    append(state.rollouts, bin->told.rollouts);
    append(state.verdicts, bin->told.verdicts);
  }
  return state;
}

ResolutionChange FollowedState::resolution(const std::optional<std::set<std::string>>& names,
                                           const std::optional<std::set<std::string>>& publishers) const {
  ResolutionChange change;
  change.is_whole = !names;
  Gathered gathered;
  std::set<std::string> of = publishers.value_or(std::set<std::string>());
  if (names) {
    of.clear();
    for (const std::string& name : *names) {
      std::string publisher = name.substr(0, name.find('/'));
      if (publishers && !publishers->contains(publisher)) continue;
      change.models.insert(name);
      of.insert(std::move(publisher));
    }
  }
  for (const auto& [role, bin] : bins_) {
    if (!names && !publishers) gathered.add(bin->told);
    for (const std::string& publisher : of) gathered.add(bin->told, publisher);
  }
  if (names) gathered.keep(change.models);
  change.input = gathered.input();
  change.input.revision = static_cast<std::int64_t>(version_);
  return change;
}

const PublicRelease* FollowedState::find(std::string_view plugin, std::string_view version) const {
  const std::string publisher(plugin.substr(0, plugin.find('/')));
  for (const auto& [role, bin] : bins_)
    for (const PublicRelease& release : of_publisher(bin->told.releases, publisher))
      if (release.plugin == plugin && release.version == version) return &release;
  return nullptr;
}

}  // namespace stoa::registry
