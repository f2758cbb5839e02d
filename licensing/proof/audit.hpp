// audit.hpp: a publisher's whole audit: the log, its entries in it, their prices and shares, and what it was stated.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "licensing/log/checkpoint.hpp"
#include "licensing/log/tile.hpp"
#include "licensing/proof/publisher_audit.hpp"
#include "licensing/statement/statement.hpp"

namespace stoa::licensing {

// All that is looked at. Lifetime: views it.
struct AuditInput {
  std::string publisher;
  const NoteVerifier& log;                  // the key that was known before
  std::string_view checkpoint;              // a signed note
  std::span<const std::string> older = {};  // checkpoints that were kept: signed notes
  ReadTile read_tile;
  std::string_view entries;  // a file of shown entries, from the publisher's first on
  const BillingTerms& terms;
  std::span<const Statement> statements = {};
};
struct AuditReport {
  TreeHead head;
  std::size_t older = 0, statements = 0;
  PublisherAudit::Counts counts;
};
// Nothing is asked of anybody. Errors: the first thing that is not as it should be: those of open_checkpoint, LogCheck,
// PublisherAudit and compare; data_loss "audit.form".
Result<AuditReport> audit(const AuditInput& input);

}  // namespace stoa::licensing
