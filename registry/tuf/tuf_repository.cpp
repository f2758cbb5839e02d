// tuf_repository.cpp: what changes in a repository's state; how a state is signed and written is in tuf_commit.cpp.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/tuf_repository.hpp"

#include <algorithm>
#include <bit>
#include <set>

#include "registry/document/strict_json.hpp"
#include "registry/tuf/canonical_json.hpp"
#include "registry/tuf/release_bins.hpp"
#include "registry/tuf/tuf_commit.hpp"

namespace stoa::registry {
namespace {

constexpr std::size_t kBinsPerRefresh = 64;

bool is_worn(TufTime expires, std::chrono::seconds lifetime, TufTime now) { return expires - now <= lifetime / 3; }

Result<void> check_rule(const char* name, const SigningRule& rule) {
  if (rule.threshold >= 1 && rule.threshold <= rule.keys.size()) return {};
  return failure(Code::invalid_argument, "metadata.rules",
                 std::string(name) + " has threshold " + std::to_string(rule.threshold) + " of " +
                     std::to_string(rule.keys.size()) + " keys");
}

// Adds the rule's keys to those of its owner.
RoleRule take_rule(const SigningRule& rule, TufKeys& keys) {
  RoleRule out{.threshold = rule.threshold};
  for (const auto& key : rule.keys) {
    const auto id = tuf_key_id(key);
    if (keys.emplace(id, key); std::ranges::find(out.key_ids, id) == out.key_ids.end()) out.key_ids.push_back(id);
  }
  return out;
}

// Drops keys that no rule names any more.
void sweep_keys(RootRole& root) {
  std::set<TufKeyId> used;
  for (const auto* rule : {&root.root, &root.timestamp, &root.snapshot, &root.targets})
    used.insert(rule->key_ids.begin(), rule->key_ids.end());
  std::erase_if(root.keys, [&](const auto& entry) { return !used.contains(entry.first); });
}

// Canonical JSON writes control characters as they are, which no reader takes; and a fact must be UTF-8.
bool is_fact(const std::string& key, const std::string& value) {
  const auto comes_back = [](const std::string& text) {
    const auto read = parse_canonical_json(canonical_json(SortedJson(text)));
    return read && *read == text;
  };
  return key.size() <= 64 && value.size() <= 1024 && comes_back(value) &&
         parse_canonical_json("{" + canonical_json(SortedJson(key)) + ":0}");
}

Result<void> check_target(const TargetChange& change) {
  if (!is_target_path(change.path))
    return failure(Code::invalid_argument, "target.path", "'" + printable(change.path) + "' is no clean relative path");
  if (!change.target) return {};
  if (change.target->facts.size() > kTargetFactsMax)
    return failure(Code::invalid_argument, "target.facts",
                   "'" + change.path + "' has " + std::to_string(change.target->facts.size()) + " facts, limit is " +
                       std::to_string(kTargetFactsMax));
  for (const auto& [key, value] : change.target->facts)
    if (!is_fact(key, value))
      return failure(Code::invalid_argument, "target.facts",
                     "fact '" + printable(key) + "' of '" + change.path + "' is too long or no printable text");
  return {};
}

}  // namespace

Result<TufRepository> TufRepository::create(const std::filesystem::path& path, const SigningRules& rules, unsigned bins,
                                            const Lifetimes& lifetimes, Signers signers, TufTime now) {
  if (bins == 0 || bins > kBinsMax || !std::has_single_bit(bins))
    return failure(Code::invalid_argument, "metadata.rules",
                   std::to_string(bins) + " bins, must be a power of two up to " + std::to_string(kBinsMax));
  for (const auto& [name, rule] : {std::pair("root", &rules.root), std::pair("timestamp", &rules.timestamp),
                                   std::pair("snapshot", &rules.snapshot), std::pair("targets", &rules.targets),
                                   std::pair("releases", &rules.releases)})
    if (auto ok = check_rule(name, *rule); !ok) return std::unexpected(ok.error());
  auto folder = MetadataFolder::open(path);
  if (!folder) return std::unexpected(folder.error());
  if (folder->has("timestamp.json"))
    return failure(Code::already_exists, "metadata.exists", path.string() + " holds a repository");
  TufRepository out(std::move(*folder), lifetimes);
  auto& root = out.root_.role;
  root.expires = now + lifetimes.root;
  root.root = take_rule(rules.root, root.keys);
  root.timestamp = take_rule(rules.timestamp, root.keys);
  root.snapshot = take_rule(rules.snapshot, root.keys);
  root.targets = take_rule(rules.targets, root.keys);
  auto signed_root = sign_role("root", root, std::vector<const RoleRule*>{&root.root}, signers);
  if (!signed_root) return std::unexpected(signed_root.error());

  // Version 0 of everything, whose next is 1.
  out.timestamp_.version = out.snapshot_.version = out.targets_.version = 0;
  RepositoryDraft draft{.judges = {root}};
  draft.targets = TargetsRole{.version = 0};
  const auto rule = take_rule(rules.releases, draft.targets->delegated_keys);
  draft.targets->delegations = bin_delegations(bins, rule);
  for (const auto& delegation : draft.targets->delegations) draft.bins[delegation.name] = TargetsRole{.version = 0};
  // Root first: without a timestamp nobody follows it yet, and the next create() begins anew.
  if (auto ok = out.write_root(*signed_root); !ok) return std::unexpected(ok.error());
  if (auto ok = out.commit(std::move(draft), signers, now); !ok) return std::unexpected(ok.error());
  return out;
}

Result<TufRepository> TufRepository::open(const std::filesystem::path& path, const Lifetimes& lifetimes) {
  std::error_code error;
  if (!std::filesystem::exists(path / "timestamp.json", error))
    return failure(Code::not_found, "file.not_found", path.string() + " holds no repository");
  auto folder = MetadataFolder::open(path);
  if (!folder) return std::unexpected(folder.error());
  TufRepository out(std::move(*folder), lifetimes);
  if (auto ok = out.load(); !ok) return std::unexpected(ok.error());
  return out;
}

Result<std::optional<Target>> TufRepository::find(std::string_view path) const {
  const auto bin = load_bin(bin_of(targets_.delegations, path).name);
  if (!bin) return std::unexpected(bin.error());
  const auto found = bin->targets.find(std::string(path));
  return found == bin->targets.end() ? std::nullopt : std::optional(found->second);
}

Result<void> TufRepository::visit(const std::function<void(const std::string& path, const Target& target)>& take,
                                  std::string_view with_word) const {
  for (const auto& delegation : targets_.delegations) {
    if (!with_word.empty() && snapshot_.files.contains(delegation.name)) {
      const auto json = folder_.read(file_of_bin(delegation.name), kTargetsBytesMax);
      if (!json) return std::unexpected(json.error());
      if (json->find(with_word) == std::string::npos) continue;
    }
    const auto bin = load_bin(delegation.name);
    if (!bin) return std::unexpected(bin.error());
    for (const auto& [path, target] : bin->targets) take(path, target);
  }
  return {};
}

// False: it is so already.
Result<bool> TufRepository::stage(const TargetChange& change, TargetsRole& bin) const {
  const auto before = bin.targets.find(change.path);
  if (!change.target) return bin.targets.erase(change.path) > 0;
  if (before == bin.targets.end()) {
    bin.targets.emplace(change.path, *change.target);
    return true;
  }
  if (before->second.sha256 != change.target->sha256 || before->second.length != change.target->length)
    return failure(Code::already_exists, "target.changed", "'" + change.path + "' has other bytes already");
  if (before->second.facts == change.target->facts) return false;
  before->second.facts = change.target->facts;
  return true;
}

Result<void> TufRepository::publish(std::span<const TargetChange> changes, Signers signers, TufTime now) {
  RepositoryDraft draft{.judges = {root()}};
  for (const auto& change : changes) {
    if (auto ok = check_target(change); !ok) return ok;
    const auto& name = bin_of(targets_.delegations, change.path).name;
    auto bin = draft.bins.find(name);
    if (bin == draft.bins.end()) {
      auto loaded = load_bin(name);
      if (!loaded) return std::unexpected(loaded.error());
      bin = draft.bins.emplace(name, std::move(*loaded)).first;
    }
    const auto staged = stage(change, *bin->second);
    if (!staged) return std::unexpected(staged.error());
    if (!*staged && !change.target)
      return failure(Code::not_found, "target.unknown", "'" + change.path + "' is not there to be removed");
  }
  return draft.bins.empty() ? Result<void>() : commit(std::move(draft), signers, now);
}

Result<std::size_t> TufRepository::bring_about(std::span<const TargetChange> changes, Signers signers, TufTime now,
                                               std::vector<std::string>* other_bytes, const Farewell& before_they_go) {
  RepositoryDraft draft{.judges = {root()}};
  std::map<std::string, std::vector<const TargetChange*>> by_bin;
  for (const auto& change : changes) {
    if (auto ok = check_target(change); !ok) return std::unexpected(ok.error());
    by_bin[bin_of(targets_.delegations, change.path).name].push_back(&change);
  }
  std::size_t count = 0;
  std::vector<TargetChange> gone;
  for (const auto& [name, its] : by_bin) {
    auto bin = load_bin(name);
    if (!bin) return std::unexpected(bin.error());
    const std::size_t before = count;
    for (const auto* change : its) {
      if (const auto was = bin->targets.find(change->path); !change->target && was != bin->targets.end())
        gone.push_back({was->first, was->second});
      const auto staged = stage(*change, *bin);
      if (!staged && other_bytes != nullptr && staged.error().reason == "target.changed") {
        other_bytes->push_back(change->path);
        continue;
      }
      if (!staged) return std::unexpected(staged.error());
      count += *staged ? 1 : 0;
    }
    if (count > before) draft.bins.emplace(name, std::move(*bin));
  }
  if (!gone.empty() && before_they_go)
    if (auto told = before_they_go(gone); !told) return std::unexpected(told.error());
  if (count > 0)
    if (auto done = commit(std::move(draft), signers, now); !done) return std::unexpected(done.error());
  return count;
}

Result<void> TufRepository::refresh(Signers signers, TufTime now) {
  const auto has_keys = [&](const RoleRule& rule) { return sign_bytes("", "", {&rule}, signers).has_value(); };
  if (has_keys(root().root) && is_worn(root().expires, lifetimes_.root, now))
    if (auto ok = rotate({}, signers, now); !ok) return ok;
  RepositoryDraft draft{.judges = {root()}};
  if (has_keys(root().targets) && is_worn(targets_.expires, lifetimes_.targets, now)) draft.targets = targets_;
  draft.has_new_snapshot = is_worn(snapshot_.expires, lifetimes_.snapshot, now);
  if (has_keys(targets_.delegations.front().rule)) {
    const auto worn = worn_bins(now);
    if (!worn) return std::unexpected(worn.error());
    for (const auto& name : *worn) draft.bins.emplace(name, std::nullopt);
  }
  return commit(std::move(draft), signers, now);
}

// A full catalogue's bins are 89 MB: each is read once for its expiry, and they are not all signed in one go.
Result<std::vector<std::string>> TufRepository::worn_bins(TufTime now) {
  std::vector<std::string> out;
  for (const auto& delegation : targets_.delegations) {
    auto known = bins_expire_.find(delegation.name);
    if (known == bins_expire_.end()) {
      const auto bin = load_bin(delegation.name);
      if (!bin) return std::unexpected(bin.error());
      known = bins_expire_.emplace(delegation.name, bin->expires).first;
    }
    const bool is_urgent = is_worn(known->second, lifetimes_.releases / 2, now);
    if (is_urgent || (out.size() < kBinsPerRefresh && is_worn(known->second, lifetimes_.releases, now)))
      out.push_back(delegation.name);
  }
  return out;
}

Result<void> TufRepository::rotate(const RotatedRules& rules, Signers signers, TufTime now) {
  auto next = root();
  next.version += 1;
  next.expires = not_before_last(now) + lifetimes_.root;
  RepositoryDraft draft;
  if (rules.targets || rules.releases) draft.targets = targets_;
  draft.has_new_snapshot = rules.snapshot.has_value();
  TufKeys release_keys;
  RoleRule releases;
  struct Row {
    const char* name;
    const std::optional<SigningRule>& rule;
    RoleRule& role;
    TufKeys& keys;
  };
  for (const auto& row :
       {Row{"root", rules.root, next.root, next.keys}, Row{"timestamp", rules.timestamp, next.timestamp, next.keys},
        Row{"snapshot", rules.snapshot, next.snapshot, next.keys},
        Row{"targets", rules.targets, next.targets, next.keys},
        Row{"releases", rules.releases, releases, release_keys}}) {
    if (!row.rule) continue;
    if (auto ok = check_rule(row.name, *row.rule); !ok) return ok;
    row.role = take_rule(*row.rule, row.keys);
  }
  sweep_keys(next);
  const auto new_root = sign_role("root", next, {&root().root, &next.root}, signers);
  if (!new_root) return std::unexpected(new_root.error());
  if (rules.releases) {
    draft.targets->delegated_keys = release_keys;
    for (auto& delegation : draft.targets->delegations) {
      delegation.rule = releases;
      draft.bins.emplace(delegation.name, std::nullopt);
    }
  }
  draft.judges = {root(), next};
  if (check_signers(draft, signers)) {
    // Signed for readers of both roots, and only then comes the new one.
    if (auto ok = commit(std::move(draft), signers, now); !ok) return ok;
    return write_root(*new_root);
  }
  draft.judges = {next};
  if (auto ok = check_signers(draft, signers); !ok) return ok;
  if (auto ok = write_root(*new_root); !ok) return ok;
  has_old_targets_ = rules.targets.has_value();
  has_old_snapshot_ = rules.snapshot.has_value();
  return commit(std::move(draft), signers, now);
}

Result<std::size_t> TufRepository::prune(std::uint64_t snapshots_kept) {
  std::set<std::string> needed;
  const auto last = snapshot_.version, kept = std::clamp<std::uint64_t>(snapshots_kept, 1, last);
  for (auto version = last - kept + 1; version <= last; ++version) {
    const auto name = versioned_name(version, "snapshot");
    const auto json = folder_.read(name, kSnapshotBytesMax);
    if (!json && json.error().code == Code::not_found) continue;  // an earlier prune kept fewer
    if (!json) return std::unexpected(json.error());
    const auto snapshot = parse_snapshot(*json);
    if (!snapshot) return std::unexpected(snapshot.error());
    needed.insert(name);
    for (const auto& [role, fact] : snapshot->role.files) needed.insert(versioned_name(fact.version, role));
  }
  const auto names = folder_.names();
  if (!names) return std::unexpected(names.error());
  std::size_t removed = 0;
  for (const auto& name : *names) {
    const bool is_versioned = name.ends_with(".json") && name.front() >= '1' && name.front() <= '9';
    if (!is_versioned || name.ends_with(".root.json") || needed.contains(name)) continue;
    if (auto ok = folder_.remove(name); !ok) return std::unexpected(ok.error());
    ++removed;
  }
  return removed;
}

}  // namespace stoa::registry
