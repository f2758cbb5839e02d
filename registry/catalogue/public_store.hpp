// public_store.hpp: what anybody may know of the catalogue: the releases that hosts serve or must not, and the aliases.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "registry/audit/audit_store.hpp"
#include "registry/catalogue/records.hpp"
#include "registry/catalogue/rollout_record.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

struct PublicRelease {
  ReleaseId id;
  std::string plugin, version;
  ReleaseState state = ReleaseState::published;  // published, deprecated, yanked or revoked
  std::vector<std::string> models;               // "acme/image-classify"
  bool is_listed = true;                         // its plugin
  std::int64_t published_ms = 0, cool_until_ms = 0;
  Sha256 package_sha256{};
  std::uint64_t package_bytes = 0;
  Ed25519Point key{};  // that signed the package, and counted when it did
  friend bool operator==(const PublicRelease&, const PublicRelease&) = default;
};

// Of a release that was signed once what stays true of it whatever becomes of it: a version is one package for ever.
struct SignedVersion {
  std::string plugin, version;
  Sha256 package_sha256{};
  friend bool operator==(const SignedVersion&, const SignedVersion&) = default;
};

// One state of the catalogue.
struct PublicState {
  std::int64_t revision = 0;
  std::vector<PublicRelease> releases;
  std::vector<AliasRecord> aliases;  // those that point somewhere
  // Roll-outs under way, and the last ones that were promoted, without customers (whose names are nobody's business)
  // and figures. And why a release is no default, without figures.
  std::vector<RolloutRecord> rollouts;
  std::vector<VerdictRecord> verdicts;
};
Result<PublicState> read_public(database::Connection& connection);

// What acts were about since a head of the audit log, as it stands now.
struct PublicChange {
  AuditHead head;
  bool is_whole = true;  // since is no place in this log: there is all that there is
  PublicState there;
  PublicState gone;  // by their names alone: what is not public, whether it was or not
};
Result<PublicChange> read_public_change(database::Connection& connection, const AuditHead& since);

}  // namespace stoa::registry
