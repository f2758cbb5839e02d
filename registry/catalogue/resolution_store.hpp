// resolution_store.hpp: everything resolution needs of releases: of all when a host starts, later of what changed.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "registry/audit/audit_store.hpp"
#include "registry/catalogue/records.hpp"
#include "registry/catalogue/release_facts.hpp"
#include "registry/catalogue/rollout_record.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

struct ResolvableRelease {
  ReleaseId id;
  std::string plugin, version;
  ReleaseState state = ReleaseState::published;
  std::uint32_t facts = 0;  // of ResolutionInput::facts: most releases of a plugin have the same
  bool is_listed = true;    // its plugin
  std::int64_t published_ms = 0, cool_until_ms = 0;
  Sha256 package_sha256{};
};

// One state of the catalogue.
struct ResolutionInput {
  std::int64_t revision = 0;
  std::vector<ReleaseFacts> facts;
  // Published, deprecated, yanked and revoked ones (whoever pinned one of those is told so), in no order.
  std::vector<ResolvableRelease> releases;
  std::vector<AliasRecord> aliases;
  std::vector<RolloutRecord> rollouts;  // the last one of each model
  std::vector<VerdictRecord> verdicts;  // the last one on each release, forgiven or not
};
Result<ResolutionInput> read_for_resolution(database::Connection& connection);

struct ResolutionTerms {
  AuditHead since = {};                                  // of an earlier change; nothing: everything
  std::set<std::string> models = {};                     // these besides, whatever happened to them
  std::optional<std::set<std::string>> publishers = {};  // of these alone; nothing: of all
};
// Put in place of what was known of these models, it makes of one state of the catalogue the next.
struct ResolutionChange {
  AuditHead head;
  bool is_whole = true;          // in place of everything that was known
  std::set<std::string> models;  // else: what the input does not have of these is not there any more
  ResolutionInput input;         // of each release all models, and of each model all releases
};
Result<ResolutionChange> read_resolution_change(database::Connection& connection, const ResolutionTerms& terms);

}  // namespace stoa::registry
