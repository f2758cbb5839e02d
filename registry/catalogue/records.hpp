// records.hpp: what the catalogue knows, as values. Times are milliseconds of Unix time.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "registry/catalogue/ids.hpp"
#include "registry/catalogue/release_state.hpp"
#include "registry/catalogue/role.hpp"
#include "registry/document/digest.hpp"
#include "registry/signature/ed25519.hpp"

namespace stoa::registry {

struct OperatorRecord {
  OperatorId id;
  std::string name;
  Role role = Role::auditor;
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> revoked_ms;
};

struct PublisherRecord {
  std::string name, display_name;
  std::string state;                        // "pending" "verified" "suspended" "closed"
  std::optional<std::string> held_because;  // a name near another's: an operator has to let it pass
  std::uint64_t bytes_max = 0;              // of its packages together
  std::int64_t created_ms = 0;
  std::optional<std::int64_t> verified_ms;
};

// What a publisher's key may sign: packages and evaluations, or evaluations alone.
inline constexpr const char* kReleaseKey = "release";
inline constexpr const char* kEvaluationKey = "evaluation";

struct KeyTerms {
  std::string role = kReleaseKey;
  std::optional<std::int64_t> valid_until_ms = {};  // nothing: until it is rotated
};

// A key speaks from valid_from on, until it has run out or was rotated (valid_until) or revoked (revoked_from). What it
// signed within is not touched by a rotation, and what it signed from revoked_from on never counts.
struct PublisherKeyRecord {
  std::string publisher;
  PublicKey key;
  std::string role;  // kReleaseKey, kEvaluationKey
  std::int64_t valid_from_ms = 0, added_ms = 0;
  std::optional<std::int64_t> valid_until_ms, revoked_from_ms;
  std::string revoked_because;

  bool is_active_at(std::int64_t at_ms) const {
    return at_ms >= valid_from_ms && (!valid_until_ms || at_ms < *valid_until_ms) &&
           (!revoked_from_ms || at_ms < *revoked_from_ms);
  }
  // "active" "rotated" "revoked" "not yet valid"
  std::string state_at(std::int64_t now_ms) const;
};

struct ReleaseModel {
  std::string name, task, description;  // name: "acme/image-classify"
};

struct ReleaseRecord {
  ReleaseId id;
  std::string plugin, version;  // "acme/vision", "1.2.0"
  ReleaseState state = ReleaseState::draft;
  std::string state_because;
  Sha256 package_sha256{};
  std::uint64_t package_bytes = 0;
  std::string manifest;  // JSON as it was signed; empty before it was submitted
  KeyId key;             // that signed it
  std::string changelog;
  std::int64_t created_ms = 0, changed_ms = 0;
  std::optional<std::int64_t> submitted_ms, checked_ms, published_ms;
  std::optional<std::int64_t> cool_until_ms;  // hosts take it by themselves from then on
  std::vector<ReleaseModel> models;
  std::int64_t audit_line = 0;  // of the step that brought it into its state
};

struct CheckRecord {
  std::string name, verdict, reason, message;  // verdict: "passed" "failed" "warned" "skipped"
  std::int64_t took_us = 0;
};

// Where an alias points: one release, or several that share its traffic.
struct AliasTarget {
  std::string version;
  std::uint32_t ppm = 1'000'000;
  friend bool operator==(const AliasTarget&, const AliasTarget&) = default;
};

// One kept move of an alias. An empty list of targets: the alias was removed.
struct AliasStep {
  std::int64_t step = 0;
  std::string model, alias;
  std::vector<AliasTarget> targets;
  std::string actor, approved_by, note;
  std::int64_t at_ms = 0;
  Sha256 before{}, sha256{};
  Ed25519Signature signature{};  // of the registry's key over sha256
};

struct AliasRecord {
  std::string model, alias;
  std::vector<AliasTarget> targets;
  std::int64_t step = 0;
  friend bool operator==(const AliasRecord&, const AliasRecord&) = default;
};

// A move that waits for a second operator.
struct AliasProposal {
  ProposalId id;
  std::string model, alias, note, actor;
  std::vector<AliasTarget> targets;
  std::int64_t made_ms = 0;
  std::string state;  // "open" "approved" "declined"
};

// A token is shown once, when it is made.
template <class Record>
struct Issued {
  Record record;
  std::string token;
};

}  // namespace stoa::registry
