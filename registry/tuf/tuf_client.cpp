// tuf_client.cpp: the update workflow over a fetch function and a folder.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/tuf_client.hpp"

#include <set>
#include <vector>

#include "registry/document/strict_json.hpp"

namespace stoa::registry {
namespace {

namespace fs = std::filesystem;

constexpr int kRootsPerRefreshMax = 1024;   // the specification's example for Y
constexpr std::size_t kRoleVisitsMax = 32;  // delegations followed for one target, as tuf-js does
constexpr std::size_t kRolesKeptMax = 8;
constexpr const char* kSettled = "settled.json";  // the timestamp of the state whose files have their versions' names

std::string file_of(std::string_view role, std::uint64_t version) {
  return std::to_string(version) + "." + std::string(role) + ".json";
}

std::unexpected<Error> missing(const std::string& name) {
  return failure(Code::not_found, "metadata.missing", "repository has no " + name);
}

std::unexpected<Error> not_refreshed() {
  return failure(Code::failed_precondition, "metadata.not_refreshed", "nothing is known before a first refresh");
}

std::unexpected<Error> damaged(const fs::path& file, const Error& why) {
  return failure(Code::data_loss, "metadata.state", file.string() + " is damaged: " + why.message);
}

}  // namespace

Result<TufClient> TufClient::open(const fs::path& state_folder, std::string_view trusted_root, FetchMetadata fetch) {
  auto state = MetadataFolder::open(state_folder);
  if (!state) return std::unexpected(state.error());
  auto trusted = TrustedMetadata::start(trusted_root);
  if (!trusted) return std::unexpected(trusted.error());
  TufClient client(std::move(*trusted), std::move(*state), std::move(fetch));
  const auto stored = client.recall("root", kRootBytesMax);
  if (!stored && stored.error().code != Code::not_found) return std::unexpected(stored.error());
  if (stored) {
    auto root = TrustedMetadata::start(*stored);
    // Not passed over in silence: without its root, a client would begin again where a thief of old keys likes it.
    if (!root) return damaged(state_folder / "root.json", root.error());
    if (root->root().version >= client.trusted_.root().version) client.trusted_ = std::move(*root);
  }
  return client;
}

Result<std::string> TufClient::fetch(const std::string& name, std::uint64_t bytes_max) const {
  auto json = fetch_(name, bytes_max);
  if (json && json->size() > bytes_max)
    return failure(Code::failed_precondition, "metadata.length",
                   name + " has " + std::to_string(json->size()) + " bytes, limit is " + std::to_string(bytes_max));
  return json;
}

Result<std::string> TufClient::recall(std::string_view role, std::uint64_t bytes_max) const {
  return state_.read(std::string(role) + ".json", bytes_max);
}

Result<std::string> TufClient::recall_version(std::string_view role, std::uint64_t version,
                                              std::uint64_t bytes_max) const {
  return state_.read(file_of(role, version), bytes_max);
}

Result<void> TufClient::keep(std::string_view role, std::string_view json) const {
  if (auto ok = state_.write(std::string(role) + ".json", json); !ok) return ok;
  return state_.sync();
}

Result<void> TufClient::refresh(TufTime now) {
  TrustedMetadata next = trusted_;
  if (auto ok = refresh_root(next); !ok) return ok;
  if (auto ok = next.check_root_expiry(now); !ok) return ok;
  if (auto ok = refresh_timestamp(next, now); !ok) return ok;
  if (auto ok = refresh_snapshot(next, now); !ok) return ok;
  if (auto ok = refresh_targets(next, now); !ok) return ok;
  trusted_ = std::move(next);
  roles_.clear();
  is_refreshed_ = true;
  return {};
}

Result<void> TufClient::resume(TufTime now) {
  TrustedMetadata next = trusted_;
  if (auto ok = next.check_root_expiry(now); !ok) return ok;
  const auto settled = state_.read(kSettled, kTimestampBytesMax);
  if (auto ok = settled ? recall_settled(next, *settled, now) : recall_latest(next, now); !ok) return ok;
  if (auto ok = next.check_expiry(now); !ok) return ok;
  trusted_ = std::move(next);
  roles_.clear();
  is_refreshed_ = true;
  return {};
}

Result<void> TufClient::recall_latest(TrustedMetadata& next, TufTime now) const {
  if (auto ok = recall_state(next); !ok) return ok;
  const auto snapshot = recall("snapshot", kSnapshotBytesMax), targets = recall("targets", kTargetsBytesMax);
  if (!next.timestamp() || !next.has_snapshot_of_timestamp() || !snapshot || !targets)
    return failure(Code::not_found, "metadata.missing", state_.path().string() + " holds no whole state");
  if (auto ok = next.update_snapshot(*snapshot, now); !ok) return ok;
  return next.update_targets(*targets, now);
}

Result<void> TufClient::recall_settled(TrustedMetadata& next, std::string_view timestamp, TufTime now) const {
  if (auto ok = next.recall_timestamp(timestamp); !ok) return damaged(state_.path() / kSettled, ok.error());
  const auto none = [&] {
    return failure(Code::not_found, "metadata.missing", state_.path().string() + " holds no whole state");
  };
  if (!next.timestamp()) return none();  // of keys that a later root does not name
  const auto snapshot = recall_version("snapshot", next.timestamp()->role.snapshot.version, kSnapshotBytesMax);
  if (!snapshot) return none();
  if (auto ok = next.update_snapshot(*snapshot, now); !ok) return ok;
  const auto targets = recall_version("targets", next.snapshot()->role.files.at("targets").version, kTargetsBytesMax);
  return targets ? next.update_targets(*targets, now) : Result<void>(none());
}

Result<void> TufClient::settle() const {
  const auto timestamp = recall("timestamp", kTimestampBytesMax);
  if (!timestamp) return std::unexpected(timestamp.error());
  if (const auto settled = state_.read(kSettled, kTimestampBytesMax); settled && *settled == *timestamp) return {};
  std::set<std::string> needed;
  const auto keep_version = [&](const std::string& role, std::uint64_t version) {
    const std::string name = file_of(role, version);
    needed.insert(name);
    return state_.has(name) ? Result<void>() : state_.keep_as(role + ".json", name);
  };
  if (auto ok = keep_version("snapshot", trusted_.timestamp()->role.snapshot.version); !ok) return ok;
  const auto keep_role = [&](const std::string& role) {
    const auto fact = trusted_.fact_of(role);
    return fact ? keep_version(role, fact->version) : std::unexpected(fact.error());
  };
  if (auto ok = keep_role("targets"); !ok) return ok;
  for (const Delegation& delegation : trusted_.targets()->role.delegations)
    if (auto ok = keep_role(delegation.name); !ok) return ok;
  if (auto ok = state_.sync(); !ok) return ok;
  if (auto ok = state_.write(kSettled, *timestamp); !ok) return ok;
  if (auto ok = state_.sync(); !ok) return ok;
  const auto names = state_.names();
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names)
    if (name.front() >= '0' && name.front() <= '9' && !needed.contains(name))
      if (auto ok = state_.remove(name); !ok) return ok;
  return {};
}

// From the disk each time, not from memory: a refresh that failed halfway may have left newer ones there.
Result<void> TufClient::recall_state(TrustedMetadata& next) const {
  if (const auto stored = recall("timestamp", kTimestampBytesMax))
    if (auto ok = next.recall_timestamp(*stored); !ok) return damaged(state_.path() / "timestamp.json", ok.error());
  if (const auto stored = recall("snapshot", kSnapshotBytesMax))
    if (auto ok = next.recall_snapshot(*stored); !ok) return damaged(state_.path() / "snapshot.json", ok.error());
  return {};
}

Result<void> TufClient::refresh_root(TrustedMetadata& next) const {
  for (int i = 0; i < kRootsPerRefreshMax; ++i) {
    const auto json = fetch(std::to_string(next.root().version + 1) + ".root.json", kRootBytesMax);
    if (!json && json.error().code == Code::not_found) return {};
    if (!json) return std::unexpected(json.error());
    if (auto ok = next.update_root(*json); !ok) return ok;
    if (auto ok = keep("root", *json); !ok) return ok;
  }
  return {};
}

Result<void> TufClient::refresh_timestamp(TrustedMetadata& next, TufTime now) const {
  if (auto ok = recall_state(next); !ok) return ok;
  const auto json = fetch("timestamp.json", kTimestampBytesMax);
  if (!json && json.error().code == Code::not_found) return missing("timestamp.json");
  if (!json) return std::unexpected(json.error());
  const auto is_new = next.update_timestamp(*json, now);
  if (!is_new) return std::unexpected(is_new.error());
  return *is_new ? keep("timestamp", *json) : Result<void>();
}

Result<void> TufClient::refresh_snapshot(TrustedMetadata& next, TufTime now) const {
  const auto& fact = next.timestamp()->role.snapshot;
  if (const auto stored = recall("snapshot", kSnapshotBytesMax))
    if (next.has_snapshot_of_timestamp() && next.update_snapshot(*stored, now)) return {};
  const auto name = std::to_string(fact.version) + ".snapshot.json";
  const auto json = fetch(name, fact.length.value_or(kSnapshotBytesMax));
  if (!json && json.error().code == Code::not_found) return missing(name);
  if (!json) return std::unexpected(json.error());
  if (auto ok = next.update_snapshot(*json, now); !ok) return ok;
  return keep("snapshot", *json);
}

Result<void> TufClient::refresh_targets(TrustedMetadata& next, TufTime now) const {
  const auto& fact = next.snapshot()->role.files.at("targets");
  if (const auto stored = recall("targets", kTargetsBytesMax))
    if (next.update_targets(*stored, now)) return {};
  const auto name = std::to_string(fact.version) + ".targets.json";
  const auto json = fetch(name, fact.length.value_or(kTargetsBytesMax));
  if (!json && json.error().code == Code::not_found) return missing(name);
  if (!json) return std::unexpected(json.error());
  if (auto ok = next.update_targets(*json, now); !ok) return ok;
  return keep("targets", *json);
}

// A delegated role to ask. Lifetime: views roles that trusted_ and roles_ hold.
struct TufClient::Step {
  std::string_view parent_name;
  const TargetsRole* parent;
  const Delegation* delegation;
};

Result<const TargetsRole*> TufClient::delegated(const Step& step, TufTime now) {
  const auto& name = step.delegation->name;
  const auto fact = trusted_.fact_of(name);
  if (!fact) return std::unexpected(fact.error());
  // The parent is part of the key: another one may delegate to the same name, and trust other keys.
  const auto key = std::string(step.parent_name) + ">" + name;
  const auto known = roles_.find(key);
  if (known != roles_.end() && known->second.role.expires > now) return &known->second.role;
  const auto add = [&](Signed<TargetsRole> role) {
    return &roles_.insert_or_assign(key, std::move(role)).first->second.role;
  };
  for (const auto& stored : {recall(name, kTargetsBytesMax), recall_version(name, fact->version, kTargetsBytesMax)}) {
    if (!stored) continue;
    if (auto role = trusted_.check_delegated(*step.parent, *step.delegation, *stored, now))
      return add(std::move(*role));
  }
  const auto file = file_of(name, fact->version);
  const auto json = fetch(file, fact->length.value_or(kTargetsBytesMax));
  if (!json && json.error().code == Code::not_found) return missing(file);
  if (!json) return std::unexpected(json.error());
  auto role = trusted_.check_delegated(*step.parent, *step.delegation, *json, now);
  if (!role) return std::unexpected(role.error());
  if (auto ok = keep(name, *json); !ok) return std::unexpected(ok.error());
  return add(std::move(*role));
}

Result<void> TufClient::visit(const IsWanted& is_wanted, const TakeRole& take, TufTime now) {
  if (!is_refreshed_) return not_refreshed();
  if (auto ok = trusted_.check_expiry(now); !ok) return ok;
  const TargetsRole& parent = trusted_.targets()->role;
  for (const auto& delegation : parent.delegations) {
    const auto fact = trusted_.fact_of(delegation.name);
    if (!fact) return std::unexpected(fact.error());
    if (!is_wanted(delegation.name, fact->version)) continue;
    roles_.clear();  // a full catalogue's are a hundred megabytes
    const auto role = delegated({"targets", &parent, &delegation}, now);
    if (!role) return std::unexpected(role.error());
    std::map<std::string, Target> targets = (*role)->targets;
    std::erase_if(targets, [&](const auto& target) {
      return !speaks_for(delegation, target.first, to_hex(sha256_of(target.first)));
    });
    take(delegation.name, fact->version, targets);
  }
  roles_.clear();
  return {};
}

Result<Target> TufClient::find(std::string_view path, TufTime now) {
  if (!is_refreshed_) return not_refreshed();
  if (auto ok = trusted_.check_expiry(now); !ok) return std::unexpected(ok.error());
  if (roles_.size() > kRolesKeptMax) roles_.clear();
  const auto path_hash = to_hex(sha256_of(path));
  std::vector<Step> steps;  // the last one is next: depth first, in order of appearance
  std::set<std::string_view> visited;
  std::string_view role_name = "targets";
  const TargetsRole* role = &trusted_.targets()->role;
  for (;;) {
    if (const auto found = role->targets.find(std::string(path)); found != role->targets.end()) return found->second;
    std::vector<Step> children;
    for (const auto& delegation : role->delegations) {
      if (!speaks_for(delegation, path, path_hash)) continue;
      children.push_back({role_name, role, &delegation});
      if (!delegation.is_terminating) continue;
      steps.clear();  // nobody after this one is asked
      break;
    }
    steps.insert(steps.end(), children.rbegin(), children.rend());
    while (!steps.empty() && visited.contains(steps.back().delegation->name)) steps.pop_back();
    if (steps.empty() || visited.size() == kRoleVisitsMax)
      return failure(Code::not_found, "target.unknown", "repository says nothing of '" + printable(path) + "'");
    const auto step = steps.back();
    steps.pop_back();
    visited.insert(step.delegation->name);
    const auto next = delegated(step, now);
    if (!next) return std::unexpected(next.error());
    role = *next, role_name = step.delegation->name;
  }
}

}  // namespace stoa::registry
