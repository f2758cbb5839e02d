// followed_feed.cpp: bins that changed are read again. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/followed_feed.hpp"

#include <optional>

#include "registry/feed/feed_target.hpp"

namespace stoa::registry {

Result<FollowedFeed> FollowedFeed::open(const std::filesystem::path& state_folder, std::string_view trusted_root,
                                        FetchMetadata fetch) {
  auto client = TufClient::open(state_folder, trusted_root, std::move(fetch));
  if (!client) return std::unexpected(client.error());
  return FollowedFeed(std::move(*client));
}

Result<void> FollowedFeed::refresh(TufTime now) {
  if (auto done = client_.refresh(now); !done) return done;
  return read_bins(now);
}

Result<void> FollowedFeed::resume(TufTime now) {
  if (auto done = client_.resume(now); !done) return done;
  return read_bins(now);
}

// All changed bins or none: a state is never a mix of two.
Result<void> FollowedFeed::read_bins(TufTime now) {
  std::map<std::string, Bin> changed;
  std::optional<Error> error;
  const auto is_wanted = [&](const std::string& role, std::uint64_t version) {
    const auto known = bins_.find(role);
    return known == bins_.end() || known->second.version != version;
  };
  const auto take = [&](const std::string& role, std::uint64_t version, const std::map<std::string, Target>& targets) {
    Bin& bin = changed[role];
    bin.version = version;
    for (const auto& [path, target] : targets) {
      if (path.ends_with(kReleaseEnding)) {
        if (auto release = release_of(path, target))
          bin.releases.push_back(std::move(*release));
        else if (!error)
          error = release.error();
      } else if (path.ends_with(kAliasEnding)) {
        if (auto alias = alias_of(path, target))
          bin.aliases.push_back(std::move(*alias));
        else if (!error)
          error = alias.error();
      }  // what a later version tells besides is not this one's
    }
  };
  if (auto done = client_.visit(is_wanted, take, now); !done) return done;
  if (error) return std::unexpected(*error);
  for (auto& [role, bin] : changed) bins_.insert_or_assign(role, std::move(bin));
  return {};
}

PublicState FollowedFeed::state() const {
  PublicState state;
  state.revision = static_cast<std::int64_t>(version());
  for (const auto& [role, bin] : bins_) {
    state.releases.insert(state.releases.end(), bin.releases.begin(), bin.releases.end());
    state.aliases.insert(state.aliases.end(), bin.aliases.begin(), bin.aliases.end());
  }
  return state;
}

}  // namespace stoa::registry
