// trusted_metadata.cpp: the order of the checks of section 5 of the specification.
// SPDX-License-Identifier: Apache-2.0
#include "registry/tuf/trusted_metadata.hpp"

namespace stoa::registry {
namespace {

std::unexpected<Error> refuse(std::string_view rule, std::string message) {
  return failure(Code::failed_precondition, "metadata." + std::string(rule), std::move(message));
}

std::string versions(std::string_view name, std::uint64_t found, std::string_view relation, std::uint64_t other) {
  return std::string(name) + " has version " + std::to_string(found) + ", " + std::string(relation) + " " +
         std::to_string(other);
}

Result<void> check_time(std::string_view name, TufTime expires, TufTime now) {
  if (expires > now) return {};
  return refuse("expired", std::string(name) + " expired at " + time_text(expires) + ", it is " + time_text(now));
}

Result<void> check_named_version(std::string_view name, const FileFact& fact, std::uint64_t version) {
  if (version == fact.version) return {};
  return refuse("mix", versions(name, version, "its parent names", fact.version));
}

}  // namespace

Result<void> check_fact(std::string_view name, const FileFact& fact, std::string_view json) {
  if (fact.length && *fact.length != json.size())
    return refuse("length", std::string(name) + " has " + std::to_string(json.size()) + " bytes, its parent says " +
                                std::to_string(*fact.length));
  if (fact.sha256 && *fact.sha256 != sha256_of(json))
    return refuse("mix", std::string(name) + " has not the SHA-256 that its parent says, " + to_hex(*fact.sha256));
  return {};
}

Result<TrustedMetadata> TrustedMetadata::start(std::string_view root_json) {
  auto root = parse_root(root_json);
  if (!root) return std::unexpected(root.error());
  if (auto ok = verify_threshold("root", root->role.keys, root->role.root, root->signed_bytes, root->signatures); !ok)
    return std::unexpected(ok.error());
  return TrustedMetadata(std::move(*root));
}

Result<void> TrustedMetadata::update_root(std::string_view json) {
  auto next = parse_root(json);
  if (!next) return std::unexpected(next.error());
  for (const auto* judge : {&root_.role, &next->role})
    if (auto ok = verify_threshold("root", judge->keys, judge->root, next->signed_bytes, next->signatures); !ok)
      return ok;
  const auto trusted = root_.role.version;
  if (next->role.version <= trusted)
    return refuse("rollback", versions("root", next->role.version, "trusted is", trusted));
  if (next->role.version != trusted + 1)
    return refuse("version", versions("root", next->role.version, "expected is", trusted + 1));
  root_ = std::move(*next);
  if (timestamp_ && !is_signed_now(*timestamp_)) timestamp_.reset();
  if (snapshot_ && !is_signed_now(*snapshot_)) snapshot_.reset();
  targets_.reset();
  return {};
}

Result<void> TrustedMetadata::check_root_expiry(TufTime now) const { return check_time("root", root().expires, now); }

bool TrustedMetadata::is_signed_now(const Signed<TimestampRole>& timestamp) const {
  return verify_threshold("", root().keys, root().timestamp, timestamp.signed_bytes, timestamp.signatures).has_value();
}

bool TrustedMetadata::is_signed_now(const Signed<SnapshotRole>& snapshot) const {
  return verify_threshold("", root().keys, root().snapshot, snapshot.signed_bytes, snapshot.signatures).has_value();
}

Result<void> TrustedMetadata::recall_timestamp(std::string_view json) {
  auto timestamp = parse_timestamp(json);
  if (!timestamp) return std::unexpected(timestamp.error());
  if (is_signed_now(*timestamp)) timestamp_ = std::move(*timestamp);
  return {};
}

Result<void> TrustedMetadata::recall_snapshot(std::string_view json) {
  auto snapshot = parse_snapshot(json);
  if (!snapshot) return std::unexpected(snapshot.error());
  if (is_signed_now(*snapshot)) snapshot_ = std::move(*snapshot);
  return {};
}

Result<bool> TrustedMetadata::update_timestamp(std::string_view json, TufTime now) {
  auto next = parse_timestamp(json);
  if (!next) return std::unexpected(next.error());
  const auto& role = next->role;
  if (auto ok = verify_threshold("timestamp", root().keys, root().timestamp, next->signed_bytes, next->signatures); !ok)
    return std::unexpected(ok.error());
  if (timestamp_) {
    const auto& trusted = timestamp_->role;
    if (role.version < trusted.version)
      return refuse("rollback", versions("timestamp", role.version, "trusted is", trusted.version));
    if (role.version == trusted.version) {
      if (auto ok = check_time("timestamp", trusted.expires, now); !ok) return std::unexpected(ok.error());
      return false;
    }
    if (role.snapshot.version < trusted.snapshot.version)
      return refuse("rollback",
                    versions("snapshot in timestamp", role.snapshot.version, "trusted is", trusted.snapshot.version));
  }
  if (auto ok = check_time("timestamp", role.expires, now); !ok) return std::unexpected(ok.error());
  timestamp_ = std::move(*next);
  return true;
}

bool TrustedMetadata::has_snapshot_of_timestamp() const {
  return snapshot_ && snapshot_->role.version == timestamp_->role.snapshot.version;
}

Result<void> TrustedMetadata::update_snapshot(std::string_view json, TufTime now) {
  const auto& fact = timestamp_->role.snapshot;
  if (auto ok = check_fact("snapshot", fact, json); !ok) return ok;
  auto next = parse_snapshot(json);
  if (!next) return std::unexpected(next.error());
  const auto& role = next->role;
  if (auto ok = verify_threshold("snapshot", root().keys, root().snapshot, next->signed_bytes, next->signatures); !ok)
    return ok;
  if (auto ok = check_named_version("snapshot", fact, role.version); !ok) return ok;
  if (snapshot_)
    for (const auto& [name, before] : snapshot_->role.files) {
      const auto now_there = role.files.find(name);
      if (now_there == role.files.end()) return refuse("rollback", "snapshot has no " + name + " any more");
      if (now_there->second.version < before.version)
        return refuse("rollback",
                      versions(name + " in snapshot", now_there->second.version, "trusted is", before.version));
    }
  if (auto ok = check_time("snapshot", role.expires, now); !ok) return ok;
  snapshot_ = std::move(*next);
  return {};
}

Result<void> TrustedMetadata::update_targets(std::string_view json, TufTime now) {
  const auto& fact = snapshot_->role.files.at("targets");  // the parser saw to it that it is there
  if (auto ok = check_fact("targets", fact, json); !ok) return ok;
  auto next = parse_targets(json);
  if (!next) return std::unexpected(next.error());
  if (auto ok = verify_threshold("targets", root().keys, root().targets, next->signed_bytes, next->signatures); !ok)
    return ok;
  if (auto ok = check_named_version("targets", fact, next->role.version); !ok) return ok;
  if (auto ok = check_time("targets", next->role.expires, now); !ok) return ok;
  targets_ = std::move(*next);
  return {};
}

Result<Signed<TargetsRole>> TrustedMetadata::check_delegated(const TargetsRole& parent, const Delegation& delegation,
                                                             std::string_view json, TufTime now) const {
  const auto& name = delegation.name;
  const auto fact = fact_of(name);
  if (!fact) return std::unexpected(fact.error());
  if (auto ok = check_fact(name, *fact, json); !ok) return std::unexpected(ok.error());
  auto next = parse_targets(json);
  if (!next) return next;
  if (auto ok = verify_threshold(name, parent.delegated_keys, delegation.rule, next->signed_bytes, next->signatures);
      !ok)
    return std::unexpected(ok.error());
  if (auto ok = check_named_version(name, *fact, next->role.version); !ok) return std::unexpected(ok.error());
  if (auto ok = check_time(name, next->role.expires, now); !ok) return std::unexpected(ok.error());
  return next;
}

Result<void> TrustedMetadata::check_expiry(TufTime now) const {
  for (const auto& [name, expires] :
       {std::pair("root", root().expires), std::pair("timestamp", timestamp_->role.expires),
        std::pair("snapshot", snapshot_->role.expires), std::pair("targets", targets_->role.expires)})
    if (auto ok = check_time(name, expires, now); !ok) return ok;
  return {};
}

Result<FileFact> TrustedMetadata::fact_of(std::string_view role_name) const {
  const auto found = snapshot_->role.files.find(std::string(role_name));
  if (found == snapshot_->role.files.end())
    return refuse("missing", "snapshot has no " + std::string(role_name) + ", to which targets are delegated");
  return found->second;
}

}  // namespace stoa::registry
