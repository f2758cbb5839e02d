// catalogue_feed.cpp: the difference between what the catalogue says and what was signed.
// SPDX-License-Identifier: Apache-2.0
#include "registry/feed/catalogue_feed.hpp"

#include <fmt/format.h>

#include <functional>
#include <unordered_map>
#include <unordered_set>

#include "registry/feed/feed_folder.hpp"
#include "registry/feed/feed_keys.hpp"
#include "registry/feed/feed_target.hpp"
#include "registry/feed/told_mark.hpp"
#include "registry/feed/withdrawn.hpp"

namespace stoa::registry {
namespace {

// Readers that took their time still find what the snapshots before this many name.
constexpr std::uint64_t kSnapshotsKept = 256;
// Acts that tell nothing (drafts, checks) move no mark, and a start looks through as many lines.
constexpr const char* kSignedMark = "told";  // in metadata/
constexpr std::int64_t kLinesUnmarkedMax = 500;

std::size_t hash_of(const Target& target) {
  std::string text = to_hex(target.sha256);
  for (const auto& [key, value] : target.facts) text += '\n' + key + '=' + value;
  return std::hash<std::string>{}(text);
}

template <class Use>
void for_each_target(const PublicState& state, Use&& use) {
  for (const PublicRelease& release : state.releases) use(path_of(release), target_of(release));
  for (const AliasRecord& alias : state.aliases) use(path_of(alias), target_of(alias));
  for (const RolloutRecord& rollout : state.rollouts) use(path_of(rollout), target_of(rollout));
  for (const VerdictRecord& verdict : state.verdicts) use(path_of(verdict), target_of(verdict));
}

template <class Use>
void for_each_path(const PublicState& state, Use&& use) {
  for (const PublicRelease& release : state.releases) use(path_of(release));
  for (const AliasRecord& alias : state.aliases) use(path_of(alias));
  for (const RolloutRecord& rollout : state.rollouts) use(path_of(rollout));
}

}  // namespace

CatalogueFeed::CatalogueFeed(TufRepository repository, std::vector<PrivateKey> keys, std::filesystem::path mark)
    : repository_(std::move(repository)),
      keys_(std::move(keys)),
      mark_(std::move(mark)),
      told_until_(read_told_mark(mark_, repository_.timestamp().snapshot)),
      signed_until_(read_told_mark(repository_.folder() / kSignedMark, repository_.timestamp().snapshot)),
      marked_line_(told_until_.lines) {}

std::vector<const PrivateKey*> CatalogueFeed::signers() const {
  std::vector<const PrivateKey*> signers;
  for (const PrivateKey& key : keys_) signers.push_back(&key);
  return signers;
}

Result<CatalogueFeed> CatalogueFeed::open(const FeedOptions& options, TufTime now) {
  const auto metadata = options.folder / "metadata", key_folder = options.folder / "keys";
  const auto state = state_of_feed(options.folder);
  const bool is_new = state == FeedState::none && options.may_begin;
  if (state == FeedState::lost || (state == FeedState::none && !is_new))
    return std::unexpected(lost_feed(options.folder));
  // What is not found now is one of the files that the timestamp stands on.
  auto repository = TufRepository::open(metadata, options.lifetimes);
  if (!repository && !is_new) return std::unexpected(broken_feed(metadata, repository.error()));
  SigningRules rules;
  if (is_new) {
    // Beside a repository none is made: a lost key is to be found or rotated away, not replaced in silence.
    auto made = make_feed_keys(key_folder);
    if (!made) return std::unexpected(broken_keys(key_folder, made.error()));
    rules = std::move(*made);
  }
  auto keys = read_feed_keys(key_folder);
  if (!keys) return std::unexpected(broken_keys(key_folder, keys.error()));
  if (is_new) {
    std::vector<const PrivateKey*> signers;
    for (const PrivateKey& key : *keys) signers.push_back(&key);
    repository = TufRepository::create(metadata, rules, options.bins, options.lifetimes, signers, now);
    if (!repository) return std::unexpected(repository.error());
  }
  CatalogueFeed feed(std::move(*repository), std::move(*keys), options.folder / ".told");
  feed.is_new_ = is_new;
  if (feed.signed_until_.lines == 0) feed.keep_mark();  // an earlier version kept none there
  return feed;
}

Result<std::vector<PublicRelease>> revoked_in(const TufRepository& repository) {
  std::vector<PublicRelease> revoked;
  std::optional<Error> error;
  const auto take = [&](const std::string& path, const Target& target) {
    if (error || !path.ends_with(kReleaseEnding)) return;
    auto release = release_of(path, target);
    if (!release)
      error = release.error();
    else if (release->state == ReleaseState::revoked)
      revoked.push_back(std::move(*release));
  };
  if (auto read = repository.visit(take, fmt::format("\"{}\"", name_of(ReleaseState::revoked))); !read)
    return std::unexpected(read.error());
  if (error) return std::unexpected(*error);
  return revoked;
}

Result<void> visit_told(const TufRepository& repository, const std::function<Result<void>(PublicRelease)>& take) {
  Result<void> done;
  const auto one = [&](const std::string& path, const Target& target) {
    if (!done || !path.ends_with(kReleaseEnding)) return;
    auto release = release_of(path, target);
    done = release ? take(std::move(*release)) : std::unexpected(release.error());
  };
  if (auto read = repository.visit(one); !read) return read;
  return done;
}

// What is signed no more is known here all the same: a catalogue that is brought back from before may know nothing of
// it.
Result<std::size_t> CatalogueFeed::bring_about(const std::vector<TargetChange>& changes, TufTime now) {
  const auto remember = [&](const std::vector<TargetChange>& gone) -> Result<void> {
    std::vector<SignedVersion> versions;
    for (const TargetChange& one : gone) {
      if (!one.path.ends_with(kReleaseEnding)) continue;
      auto release = release_of(one.path, *one.target);
      if (!release) return std::unexpected(release.error());
      versions.push_back(version_of(*release));
    }
    return keep_withdrawn(repository_.folder(), versions);
  };
  return repository_.bring_about(changes, signers(), now, &left_out_, remember);
}

// Without a mark: everything that was signed is read, and held against everything there is. Seconds for a full
// catalogue, and memory that is given back.
Result<std::size_t> CatalogueFeed::tell_all(const PublicState& state, TufTime now) {
  std::unordered_map<std::string, std::size_t> told;  // path -> a hash of its facts
  const auto note = [&](const std::string& path, const Target& target) { told.emplace(path, hash_of(target)); };
  if (auto read = repository_.visit(note); !read) return std::unexpected(read.error());
  std::vector<TargetChange> changes;
  for_each_target(state, [&](std::string path, Target target) {
    const auto before = told.find(path);
    const bool is_told = before != told.end() && before->second == hash_of(target);
    if (before != told.end()) told.erase(before);
    if (!is_told) changes.push_back({std::move(path), std::move(target)});
  });
  for (const auto& [path, hash] : told) changes.push_back({path, {}});
  if (changes.empty()) return std::size_t{0};
  return bring_about(changes, now);
}

Result<std::size_t> CatalogueFeed::tell(const PublicChange& change, TufTime now) {
  std::vector<TargetChange> changes;
  std::unordered_set<std::string> present;
  for_each_target(change.there, [&](std::string path, Target target) {
    present.insert(path);
    changes.push_back({std::move(path), std::move(target)});
  });
  // A version that was rejected before another package took it is there all the same.
  for_each_path(change.gone, [&](std::string path) {
    if (present.insert(path).second) changes.push_back({std::move(path), {}});
  });
  return bring_about(changes, now);
}

Result<std::size_t> CatalogueFeed::update(const PublicChange& change, TufTime now) {
  left_out_.clear();
  auto count = change.is_whole ? tell_all(change.there, now) : tell(change, now);
  if (!count) return count;
  told_until_ = change.head;
  if (*count > 0 || change.is_whole || told_until_.lines - marked_line_ > kLinesUnmarkedMax) keep_mark();
  return count;
}

// Where it cannot be kept, the next start compares everything.
void CatalogueFeed::keep_mark() {
  const ToldMark mark{repository_.timestamp().snapshot, told_until_};
  if (told_until_.lines == 0 || !keep_told_mark(mark_, mark)) return;
  marked_line_ = told_until_.lines;
  if (keep_told_mark(repository_.folder() / kSignedMark, mark)) signed_until_ = told_until_;
}

Result<void> CatalogueFeed::refresh(TufTime now) {
  const std::uint64_t snapshot = repository_.snapshot().version;
  if (auto done = repository_.refresh(signers(), now); !done) return done;
  if (repository_.snapshot().version != snapshot) keep_mark();
  const auto pruned = repository_.prune(kSnapshotsKept);
  return pruned ? Result<void>() : std::unexpected(pruned.error());
}

}  // namespace stoa::registry
