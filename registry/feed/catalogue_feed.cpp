// catalogue_feed.cpp: the difference between what the catalogue says and what was signed.
// SPDX-License-Identifier: Apache-2.0
#include "registry/feed/catalogue_feed.hpp"

#include <functional>
#include <unordered_set>

#include "registry/feed/feed_keys.hpp"
#include "registry/feed/feed_target.hpp"

namespace stoa::registry {
namespace {

// Readers that took their time still find what the snapshots before this many name.
constexpr std::uint64_t kSnapshotsKept = 256;

std::size_t hash_of(const Target& target) {
  std::string text = to_hex(target.sha256);
  for (const auto& [key, value] : target.facts) text += '\n' + key + '=' + value;
  return std::hash<std::string>{}(text);
}

}  // namespace

CatalogueFeed::CatalogueFeed(TufRepository repository, std::vector<PrivateKey> keys)
    : repository_(std::move(repository)), keys_(std::move(keys)) {}

std::vector<const PrivateKey*> CatalogueFeed::signers() const {
  std::vector<const PrivateKey*> signers;
  for (const PrivateKey& key : keys_) signers.push_back(&key);
  return signers;
}

Result<CatalogueFeed> CatalogueFeed::open(const FeedOptions& options, TufTime now) {
  const auto metadata = options.folder / "metadata", key_folder = options.folder / "keys";
  auto repository = TufRepository::open(metadata, options.lifetimes);
  const bool is_new = !repository && repository.error().code == Code::not_found;
  if (!repository && !is_new) return std::unexpected(repository.error());
  SigningRules rules;
  if (is_new) {
    // Beside a repository none is made: a lost key is to be found or rotated away, not replaced in silence.
    auto made = make_feed_keys(key_folder);
    if (!made) return std::unexpected(made.error());
    rules = std::move(*made);
  }
  auto keys = read_feed_keys(key_folder);
  if (!keys) return std::unexpected(keys.error());
  if (is_new) {
    std::vector<const PrivateKey*> signers;
    for (const PrivateKey& key : *keys) signers.push_back(&key);
    repository = TufRepository::create(metadata, rules, options.bins, options.lifetimes, signers, now);
    if (!repository) return std::unexpected(repository.error());
  }
  return CatalogueFeed(std::move(*repository), std::move(*keys));
}

// Not at the start, which a full catalogue's bins would hold up for seconds.
Result<void> CatalogueFeed::read_told() {
  if (is_read_) return {};
  told_.clear();
  auto read =
      repository_.visit([&](const std::string& path, const Target& target) { told_.emplace(path, hash_of(target)); });
  is_read_ = read.has_value();
  return read;
}

Result<std::size_t> CatalogueFeed::update(const PublicState& state, TufTime now) {
  if (auto read = read_told(); !read) return std::unexpected(read.error());
  std::vector<TargetChange> changes;
  std::vector<std::pair<std::string, std::size_t>> told;
  std::unordered_set<std::string> present;
  const auto tell = [&](std::string path, Target target) {
    const std::size_t hash = hash_of(target);
    const auto before = told_.find(path);
    if (before == told_.end() || before->second != hash) {
      changes.push_back({path, std::move(target)});
      told.emplace_back(path, hash);
    }
    present.insert(std::move(path));
  };
  for (const PublicRelease& release : state.releases) tell(path_of(release), target_of(release));
  for (const AliasRecord& alias : state.aliases) tell(path_of(alias), target_of(alias));
  for (const RolloutRecord& rollout : state.rollouts) tell(path_of(rollout), target_of(rollout));
  for (const VerdictRecord& verdict : state.verdicts) tell(path_of(verdict), target_of(verdict));
  std::vector<std::string> gone;
  for (const auto& [path, hash] : told_)
    if (!present.contains(path)) {
      changes.push_back({path, {}});
      gone.push_back(path);
    }
  if (changes.empty()) return std::size_t{0};
  if (auto done = repository_.publish(changes, signers(), now); !done) return std::unexpected(done.error());
  for (auto& [path, hash] : told) told_.insert_or_assign(std::move(path), hash);
  for (const std::string& path : gone) told_.erase(path);
  return changes.size();
}

Result<void> CatalogueFeed::refresh(TufTime now) {
  if (auto done = repository_.refresh(signers(), now); !done) return done;
  const auto pruned = repository_.prune(kSnapshotsKept);
  return pruned ? Result<void>() : std::unexpected(pruned.error());
}

}  // namespace stoa::registry
