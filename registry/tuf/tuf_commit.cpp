// tuf_commit.cpp: a repository's next state, signed and written so that it is whole.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/tuf_commit.hpp"

#include <algorithm>
#include <set>

namespace stoa::registry {
namespace {

std::vector<const RoleRule*> rules_of(const std::vector<RootRole>& judges, RoleRule RootRole::* role) {
  std::vector<const RoleRule*> out;
  for (const auto& judge : judges) out.push_back(&(judge.*role));
  return out;
}

}  // namespace

const Delegation& delegation_of(const TargetsRole& targets, const std::string& bin) {
  return *std::ranges::find(targets.delegations, bin, &Delegation::name);
}

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

TufTime TufRepository::not_before_last(TufTime now) const { return std::max(now, timestamp_.signed_at.value_or(now)); }

Result<void> TufRepository::commit(RepositoryDraft draft, Signers signers, TufTime clock) {
  const TufTime now = not_before_last(clock);
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
