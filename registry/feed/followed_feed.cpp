// followed_feed.cpp: bins that changed are read again. SPDX-License-Identifier: Apache-2.0
#include "registry/feed/followed_feed.hpp"

#include <optional>

#include "registry/feed/feed_target.hpp"

namespace stoa::registry {
namespace {

template <class Record>
void keep(Result<Record> read, std::vector<Record>& records, std::optional<Error>& error) {
  if (read)
    records.push_back(std::move(*read));
  else if (!error)
    error = read.error();
}

}  // namespace

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
  std::map<std::string, FollowedBin> changed;
  std::optional<Error> error;
  const auto is_wanted = [&](const std::string& role, std::uint64_t version) {
    const auto known = bins_.find(role);
    return known == bins_.end() || known->second->version != version;
  };
  const auto take = [&](const std::string& role, std::uint64_t version, const std::map<std::string, Target>& targets) {
    FollowedBin& bin = changed[role];
    bin.version = version;
    // What a later version tells besides is not this one's.
    for (const auto& [path, target] : targets) {
      if (path.ends_with(kReleaseEnding)) keep(release_of(path, target), bin.told.releases, error);
      if (path.ends_with(kAliasEnding)) keep(alias_of(path, target), bin.told.aliases, error);
      if (path.ends_with(kRolloutEnding)) keep(rollout_of(path, target), bin.told.rollouts, error);
      if (path.ends_with(kVerdictEnding)) keep(verdict_of(path, target), bin.told.verdicts, error);
    }
  };
  if (auto done = client_.visit(is_wanted, take, now); !done) return done;
  if (error) return std::unexpected(*error);
  const PublicState nothing;
  for (auto& [role, bin] : changed) {
    std::shared_ptr<const FollowedBin>& known = bins_[role];
    if (!news_.is_whole) add_news(news_, known ? known->told : nothing, bin.told);
    known = std::make_shared<const FollowedBin>(std::move(bin));
  }
  return client_.settle();
}

}  // namespace stoa::registry
