// trusted_metadata.hpp: what is believed of a repository, and the checks each new file passes before it is believed
// too. Source: the TUF specification 1.0, section 5. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "registry/tuf/metadata.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// A value: copy it to try an update. No I/O, no clock. A refused file changes nothing.
// Reasons, in the order of the checks: metadata.length and metadata.mix (not the file its parent speaks of), those of
// parse_*, metadata.signature, metadata.threshold, metadata.rollback, metadata.version, metadata.mix, metadata.expired.
class TrustedMetadata {
 public:
  // A root got out of band. Its expiry does not matter yet: it may be the start of a chain.
  static Result<TrustedMetadata> start(std::string_view root_json);

  // The next root: signed by this one's keys and by its own. What the new keys did not sign is forgotten, which is how
  // a repository recovers from version numbers that a thief of its keys pushed to the sky.
  Result<void> update_root(std::string_view json);
  Result<void> check_root_expiry(TufTime now) const;

  // What was trusted before, from the client's own disk: expired or not, it bounds what may come. Not signed by the
  // root's keys of today: forgotten. An Error where it is no such file at all.
  Result<void> recall_timestamp(std::string_view json);
  Result<void> recall_snapshot(std::string_view json);

  // False: the version that is trusted already; nothing changed.
  Result<bool> update_timestamp(std::string_view json, TufTime now);
  // Pre: a timestamp. Whether the trusted snapshot is the one it names.
  bool has_snapshot_of_timestamp() const;
  Result<void> update_snapshot(std::string_view json, TufTime now);
  Result<void> update_targets(std::string_view json, TufTime now);
  // A delegated role's file, which is not kept here. Pre: a snapshot; parent is trusted.
  Result<Signed<TargetsRole>> check_delegated(const TargetsRole& parent, const Delegation& delegation,
                                              std::string_view json, TufTime now) const;
  // Nothing that a lookup stands on has expired. Pre: all four roles.
  Result<void> check_expiry(TufTime now) const;

  // What the snapshot says of a role's file. Reason: metadata.missing.
  Result<FileFact> fact_of(std::string_view role_name) const;

  const RootRole& root() const { return root_.role; }
  const std::optional<Signed<TimestampRole>>& timestamp() const { return timestamp_; }
  const std::optional<Signed<SnapshotRole>>& snapshot() const { return snapshot_; }
  const std::optional<Signed<TargetsRole>>& targets() const { return targets_; }

 private:
  explicit TrustedMetadata(Signed<RootRole> root) : root_(std::move(root)) {}
  bool is_signed_now(const Signed<TimestampRole>& timestamp) const;
  bool is_signed_now(const Signed<SnapshotRole>& snapshot) const;

  Signed<RootRole> root_;
  std::optional<Signed<TimestampRole>> timestamp_;
  std::optional<Signed<SnapshotRole>> snapshot_;
  std::optional<Signed<TargetsRole>> targets_;
};

// Length and digest of a file against what its parent says. Reasons: metadata.length, metadata.mix.
Result<void> check_fact(std::string_view name, const FileFact& fact, std::string_view json);

}  // namespace stoa::registry
