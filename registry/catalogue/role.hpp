// role.hpp: who acts on the catalogue, and what a role may do. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::registry {

enum class Role : std::uint8_t { admin, reviewer, finance, auditor, host };  // host: a machine that follows

enum class Permission : std::uint8_t {
  manage_operators,
  manage_publishers,  // create, verify, suspend; their keys
  review,             // accept, reject, quarantine, deprecate, yank
  revoke,             // takes a release off running hosts
  move_aliases,
  roll_out,         // start, steer and take back roll-outs
  report_rollouts,  // say what a host that follows found; hear which customers a roll-out names
  read_catalogue,   // with what is not public: checks, drafts, reviews
  read_audit,
  maintain,          // backup, doctor, collection
  manage_customers,  // with their keys, offers and licences
  read_customers,
};

std::string_view name_of(Role role);
std::optional<Role> role_of(std::string_view name);
bool may(Role role, Permission permission);

// Who is behind a request. `operators` holds a role; a publisher acts within its namespace; the registry itself acts by
// rule (a key was revoked, a cool-down ended).
struct Actor {
  enum class Kind : std::uint8_t { operators, publisher, registry } kind = Kind::registry;
  std::string name;           // the operator's, or the namespace
  Role role = Role::auditor;  // of an operator

  // "operator:alice", "publisher:acme", "registry"
  std::string text() const;
  static Actor registry() { return {Kind::registry, "", Role::auditor}; }
};

// Error: permission_denied "role.not_allowed", with what was tried and what role may.
Result<void> require(const Actor& actor, Permission permission);
// The same, or the actor is the publisher of that namespace.
Result<void> require_publisher(const Actor& actor, std::string_view name_space, Permission otherwise);

}  // namespace stoa::registry
