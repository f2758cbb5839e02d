// metadata.hpp: the four signed roles of The Update Framework as typed values, and who signed them.
// Source: the TUF specification 1.0, section 4. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "registry/document/digest.hpp"
#include "registry/signature/ed25519.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

using TufTime = std::chrono::sys_seconds;

// What a reader takes at most where no parent names a length: the bounds of tuf-js, so that it reads what we write.
inline constexpr std::uint64_t kRootBytesMax = 512'000, kTimestampBytesMax = 16'384, kSnapshotBytesMax = 2'000'000,
                               kTargetsBytesMax = 5'000'000;

// SHA-256 of the canonical JSON of the key. Not KeyId of ed25519.hpp, which is over the raw bytes.
using TufKeyId = std::string;
using TufKeys = std::map<TufKeyId, PublicKey>;
TufKeyId tuf_key_id(const PublicKey& key);

struct RoleRule {
  std::vector<TufKeyId> key_ids = {};
  std::uint64_t threshold = 1;
  friend bool operator==(const RoleRule&, const RoleRule&) = default;
};

struct RootRole {
  std::uint64_t version = 1;
  TufTime expires = {};
  bool has_consistent_snapshots = true;
  TufKeys keys = {};  // those of other algorithms are left out: nothing they signed counts here
  RoleRule root = {}, timestamp = {}, snapshot = {}, targets = {};
};

// What a parent says of a metadata file.
struct FileFact {
  std::uint64_t version = 1;
  std::optional<std::uint64_t> length = {};
  std::optional<Sha256> sha256 = {};
};

struct TimestampRole {
  std::uint64_t version = 1;
  TufTime expires = {};
  FileFact snapshot = {};
  std::optional<TufTime> signed_at = {};  // no field of TUF's: other clients pass over it
};

struct SnapshotRole {
  std::uint64_t version = 1;
  TufTime expires = {};
  std::map<std::string, FileFact> files = {};  // by role: "targets", "bin-0a"
};

inline constexpr std::size_t kTargetFactsMax = 64;

struct Target {
  std::uint64_t length = 0;
  Sha256 sha256{};
  std::map<std::string, std::string> facts = {};  // TUF's "custom": what the registry says of the release, as "state"
  friend bool operator==(const Target&, const Target&) = default;
};

struct Delegation {
  std::string name;
  RoleRule rule = {};
  // Exactly one of the two is not empty. Patterns: * and ?, neither of which matches a '/'.
  std::vector<std::string> path_patterns = {}, path_hash_prefixes = {};
  bool is_terminating = true;
};

struct TargetsRole {
  std::uint64_t version = 1;
  TufTime expires = {};
  std::map<std::string, Target> targets = {};
  TufKeys delegated_keys = {};
  std::vector<Delegation> delegations = {};  // the first that knows a target counts
};

struct MetadataSignature {
  TufKeyId key_id;
  Ed25519Signature bytes{};
};

template <class Role>
struct Signed {
  Role role;
  std::string signed_bytes;  // canonical form of what was read, with fields that this version does not know
  std::vector<MetadataSignature> signatures;
};

// Pre: the caller bounded the size. Unknown fields are kept in signed_bytes and mean nothing, as the specification
// wants. Reasons: those of parse_canonical_json; metadata.field (missing, wrong type, out of bounds), .role (another
// role's file), .spec_version, .key_id (not that of its key), .duplicate_signature, .role_name, key.low_order,
// key.not_canonical.
Result<Signed<RootRole>> parse_root(std::string_view json);
Result<Signed<TimestampRole>> parse_timestamp(std::string_view json);
Result<Signed<SnapshotRole>> parse_snapshot(std::string_view json);
Result<Signed<TargetsRole>> parse_targets(std::string_view json);

// The canonical JSON to sign.
std::string signed_bytes_of(const RootRole& role);
std::string signed_bytes_of(const TimestampRole& role);
std::string signed_bytes_of(const SnapshotRole& role);
std::string signed_bytes_of(const TargetsRole& role);
// The whole file. Pre: signed_bytes are canonical JSON.
std::string metadata_file(std::string_view signed_bytes, std::span<const MetadataSignature> signatures);

// Counts distinct keys, not ids: one key under two names is one. name is for the message. Reasons: metadata.signature
// (no key of the role signed these bytes), metadata.threshold (too few did).
Result<void> verify_threshold(std::string_view name, const TufKeys& keys, const RoleRule& rule,
                              std::string_view signed_bytes, std::span<const MetadataSignature> signatures);

// Whether the delegation speaks for a target of this path. path_sha256: in hexadecimal, given because a thousand
// delegations ask for the same one.
bool speaks_for(const Delegation& delegation, std::string_view target_path, std::string_view path_sha256);

bool is_role_name(std::string_view text);    // a-z 0-9 and inner - _ ., 64 at most, none of the four top-level names
bool is_target_path(std::string_view text);  // relative, clean, portable; 400 bytes at most

std::string time_text(TufTime time);  // "2026-01-31T23:59:59Z"
std::optional<TufTime> time_from_text(std::string_view text);

}  // namespace stoa::registry
