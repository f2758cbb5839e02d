// tuf_commit.cpp: a repository's state read from its folder, and the next one signed and written so that it is whole.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/tuf_commit.hpp"

#include <algorithm>
#include <set>

#include "registry/tuf/trusted_metadata.hpp"

namespace stoa::registry {
namespace {

std::vector<const RoleRule*> rules_of(const std::vector<RootRole>& judges, RoleRule RootRole::* role) {
  std::vector<const RoleRule*> out;
  for (const auto& judge : judges) out.push_back(&(judge.*role));
  return out;
}

const Delegation& delegation_of(const TargetsRole& targets, const std::string& bin) {
  return *std::ranges::find(targets.delegations, bin, &Delegation::name);
}

// Signed for the root of today, or, after a crash within a rotation, for the one before: true then.
template <class Role>
Result<bool> is_signed_before(std::string_view name, const Signed<Role>& found, RoleRule RootRole::* rule,
                              const RootRole& root, const std::optional<RootRole>& before) {
  const auto now = verify_threshold(name, root.keys, root.*rule, found.signed_bytes, found.signatures);
  if (now) return false;
  if (before && verify_threshold(name, before->keys, (*before).*rule, found.signed_bytes, found.signatures))
    return true;
  return std::unexpected(now.error());
}

}  // namespace

std::string versioned_name(std::uint64_t version, std::string_view role) {
  return std::to_string(version) + "." + std::string(role) + ".json";
}

Result<std::vector<MetadataSignature>> sign_bytes(std::string_view name, std::string_view bytes,
                                                  const std::vector<const RoleRule*>& rules, Signers signers) {
  std::vector<std::uint64_t> counts(rules.size());
  std::vector<MetadataSignature> out;
  std::set<TufKeyId> seen;
  for (const auto* signer : signers) {
    const auto id = tuf_key_id(signer->public_key());
    if (!seen.insert(id).second) continue;
    bool is_named = false;
    for (std::size_t i = 0; i < rules.size(); ++i) {
      if (std::ranges::find(rules[i]->key_ids, id) == rules[i]->key_ids.end()) continue;
      is_named = true;
      ++counts[i];
    }
    if (is_named) out.push_back({id, signer->sign(bytes)});
  }
  for (std::size_t i = 0; i < rules.size(); ++i)
    if (counts[i] < rules[i]->threshold)
      return failure(Code::failed_precondition, "metadata.signers",
                     std::string(name) + " needs " + std::to_string(rules[i]->threshold) + " keys, " +
                         std::to_string(counts[i]) + " are at hand");
  return out;
}

Result<void> TufRepository::load() {
  std::uint64_t version = 1;
  while (folder_.has(versioned_name(version + 1, "root"))) ++version;
  auto root_json = folder_.read(versioned_name(version, "root"), kRootBytesMax);
  if (!root_json) return std::unexpected(root_json.error());
  auto trusted = TrustedMetadata::start(*root_json);
  if (!trusted) return std::unexpected(trusted.error());
  std::optional<RootRole> before;
  if (version > 1) {
    const auto json = folder_.read(versioned_name(version - 1, "root"), kRootBytesMax);
    if (!json) return std::unexpected(json.error());
    auto chain = TrustedMetadata::start(*json);
    if (!chain) return std::unexpected(chain.error());
    before = chain->root();
    if (auto ok = chain->update_root(*root_json); !ok) return ok;
  }
  auto root = parse_root(*root_json);

  const auto timestamp_json = folder_.read("timestamp.json", kTimestampBytesMax);
  if (!timestamp_json) return std::unexpected(timestamp_json.error());
  const auto timestamp = parse_timestamp(*timestamp_json);
  if (!timestamp) return std::unexpected(timestamp.error());
  const auto& snapshot_fact = timestamp->role.snapshot;
  const auto snapshot_json = folder_.read(versioned_name(snapshot_fact.version, "snapshot"), kSnapshotBytesMax);
  if (!snapshot_json) return std::unexpected(snapshot_json.error());
  if (auto ok = check_fact("snapshot", snapshot_fact, *snapshot_json); !ok) return ok;
  const auto snapshot = parse_snapshot(*snapshot_json);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto& targets_fact = snapshot->role.files.at("targets");
  const auto targets_json = folder_.read(versioned_name(targets_fact.version, "targets"), kTargetsBytesMax);
  if (!targets_json) return std::unexpected(targets_json.error());
  if (auto ok = check_fact("targets", targets_fact, *targets_json); !ok) return ok;
  const auto targets = parse_targets(*targets_json);
  if (!targets) return std::unexpected(targets.error());

  const auto old_timestamp = is_signed_before("timestamp", *timestamp, &RootRole::timestamp, root->role, before);
  const auto old_snapshot = is_signed_before("snapshot", *snapshot, &RootRole::snapshot, root->role, before);
  const auto old_targets = is_signed_before("targets", *targets, &RootRole::targets, root->role, before);
  for (const auto* is_old : {&old_timestamp, &old_snapshot, &old_targets})
    if (!*is_old) return std::unexpected(is_old->error());
  root_ = std::move(*root);
  timestamp_ = timestamp->role;
  snapshot_ = snapshot->role;
  targets_ = targets->role;
  has_old_snapshot_ = *old_snapshot;
  has_old_targets_ = *old_targets;
  return {};
}

Result<TargetsRole> TufRepository::load_bin(const std::string& name) const {
  const auto version = snapshot_.files.at(name).version;
  const auto json = folder_.read(versioned_name(version, name), kTargetsBytesMax);
  if (!json) return std::unexpected(json.error());
  auto bin = parse_targets(*json);
  if (!bin) return std::unexpected(bin.error());
  // What somebody else wrote into the folder must not be signed anew by us.
  const auto& rule = delegation_of(targets_, name).rule;
  if (auto ok = verify_threshold(name, targets_.delegated_keys, rule, bin->signed_bytes, bin->signatures); !ok)
    return std::unexpected(ok.error());
  if (bin->role.version != version)
    return failure(
        Code::data_loss, "metadata.mix",
        name + " has version " + std::to_string(bin->role.version) + ", snapshot names " + std::to_string(version));
  return std::move(bin->role);
}

Result<void> TufRepository::check_signers(const RepositoryDraft& draft, Signers signers) const {
  const auto check = [&](const char* name, const std::vector<const RoleRule*>& rules) -> Result<void> {
    const auto signatures = sign_bytes(name, "", rules, signers);
    return signatures ? Result<void>() : std::unexpected(signatures.error());
  };
  if (!draft.bins.empty())
    if (auto ok = check("releases", {&(draft.targets ? *draft.targets : targets_).delegations.front().rule}); !ok)
      return ok;
  if (draft.targets)
    if (auto ok = check("targets", rules_of(draft.judges, &RootRole::targets)); !ok) return ok;
  if (draft.targets || !draft.bins.empty() || draft.has_new_snapshot)
    if (auto ok = check("snapshot", rules_of(draft.judges, &RootRole::snapshot)); !ok) return ok;
  return check("timestamp", rules_of(draft.judges, &RootRole::timestamp));
}

Result<FileFact> TufRepository::write_signed(std::string_view role, std::uint64_t version, std::string_view bytes,
                                             const std::vector<const RoleRule*>& rules, Signers signers) const {
  const auto signatures = sign_bytes(role, bytes, rules, signers);
  if (!signatures) return std::unexpected(signatures.error());
  const auto json = metadata_file(bytes, *signatures);
  const auto bytes_max = role == "timestamp"  ? kTimestampBytesMax
                         : role == "snapshot" ? kSnapshotBytesMax
                                              : kTargetsBytesMax;
  if (json.size() > bytes_max)
    return failure(Code::resource_exhausted, "metadata.length",
                   std::string(role) + " would have " + std::to_string(json.size()) + " bytes, readers take " +
                       std::to_string(bytes_max));
  const auto name = role == "timestamp" ? std::string("timestamp.json") : versioned_name(version, role);
  if (auto ok = folder_.write(name, json); !ok) return std::unexpected(ok.error());
  return FileFact{version, json.size(), sha256_of(json)};
}

Result<void> TufRepository::commit(RepositoryDraft draft, Signers signers, TufTime now) {
  if (has_old_targets_ && !draft.targets) draft.targets = targets_;
  draft.has_new_snapshot |= has_old_snapshot_ || draft.targets || !draft.bins.empty();
  if (auto ok = check_signers(draft, signers); !ok) return ok;
  return write_state(std::move(draft), signers, now);
}

// Invariant: until the timestamp is renamed, nothing that the present state names is touched, and what a try that
// failed left under the next versions is no state's.
Result<void> TufRepository::write_state(RepositoryDraft draft, Signers signers, TufTime now) {
  auto snapshot = snapshot_;
  auto targets = targets_;
  if (draft.targets) targets = std::move(*draft.targets);
  for (auto& [name, content] : draft.bins) {
    auto bin = content ? Result<TargetsRole>(std::move(*content)) : load_bin(name);
    if (!bin) return std::unexpected(bin.error());
    content.reset();
    bin->version += 1;
    bin->expires = now + lifetimes_.releases;
    const auto fact =
        write_signed(name, bin->version, signed_bytes_of(*bin), {&delegation_of(targets, name).rule}, signers);
    if (!fact) return std::unexpected(fact.error());
    // By version alone: with length and digest, a snapshot of 1024 bins would have four times the bytes.
    snapshot.files[name] = {fact->version};
  }
  if (draft.targets) {
    targets.version += 1;
    targets.expires = now + lifetimes_.targets;
    const auto fact = write_signed("targets", targets.version, signed_bytes_of(targets),
                                   rules_of(draft.judges, &RootRole::targets), signers);
    if (!fact) return std::unexpected(fact.error());
    snapshot.files["targets"] = *fact;
  }
  auto timestamp = timestamp_;
  if (draft.has_new_snapshot) {
    snapshot.version += 1;
    snapshot.expires = now + lifetimes_.snapshot;
    const auto fact = write_signed("snapshot", snapshot.version, signed_bytes_of(snapshot),
                                   rules_of(draft.judges, &RootRole::snapshot), signers);
    if (!fact) return std::unexpected(fact.error());
    timestamp.snapshot = *fact;
  }
  if (auto ok = folder_.sync(); !ok) return ok;
  timestamp.version += 1;
  timestamp.expires = now + lifetimes_.timestamp;
  timestamp.signed_at = now;
  const auto fact = write_signed("timestamp", timestamp.version, signed_bytes_of(timestamp),
                                 rules_of(draft.judges, &RootRole::timestamp), signers);
  if (!fact) return std::unexpected(fact.error());
  // From here on readers see the new state, whatever happens to the last sync.
  timestamp_ = timestamp;
  snapshot_ = std::move(snapshot);
  targets_ = std::move(targets);
  has_old_snapshot_ = has_old_targets_ = false;
  for (const auto& [name, written] : draft.bins) bins_expire_[name] = now + lifetimes_.releases;
  return folder_.sync();
}

Result<void> TufRepository::write_root(const Signed<RootRole>& root) {
  const auto json = metadata_file(root.signed_bytes, root.signatures);
  if (json.size() > kRootBytesMax)
    return failure(
        Code::resource_exhausted, "metadata.length",
        "root would have " + std::to_string(json.size()) + " bytes, readers take " + std::to_string(kRootBytesMax));
  if (auto ok = folder_.write(versioned_name(root.role.version, "root"), json); !ok) return ok;
  root_ = root;
  return folder_.sync();
}

}  // namespace stoa::registry
