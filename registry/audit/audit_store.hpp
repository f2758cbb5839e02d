// audit_store.hpp: the append-only log of every act, each line with the hash of the one before it.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "registry/database/sqlite_store.hpp"
#include "registry/document/digest.hpp"

namespace stoa::registry {

struct AuditLine {
  std::int64_t line = 0, at_ms = 0;
  std::string actor, action, subject;  // "operator:alice", "release.publish", "acme/vision 1.2.0"
  std::string detail;                  // for people
  Sha256 before{}, sha256{};
};

// Over before, line, at_ms, actor, action, subject and detail, as ChainHash says.
Sha256 hash_of(const AuditLine& line);

// The table `audit` is its owner's: catalogue and licences each have one. Belongs into the transaction of the act
// itself: neither is there without the other.
Result<AuditLine> append_audit(database::Connection& connection, std::int64_t at_ms, std::string_view actor,
                               std::string_view action, std::string_view subject, std::string_view detail);

// From the newest back, those before `before` (0: from the newest on), at most `most`. subject empty: of all.
Result<std::vector<AuditLine>> read_audit(database::Connection& connection, std::int64_t before, std::size_t most,
                                          std::string_view subject);

// The number of lines and the last hash, which somebody else may write down.
struct AuditHead {
  std::int64_t lines = 0;
  Sha256 sha256{};
};
// The head of today. remembered: one that was written down; without it a cut tail cannot be found. Error: data_loss
// "audit.broken" with the first line that does not follow.
Result<AuditHead> verify_audit(database::Connection& connection, const AuditHead& remembered = {});

}  // namespace stoa::registry
