// billing_copy.hpp: the folders of [billing] and [webhooks] looked over, and taken to another place and back while a
// host has them open. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>

#include "registry/audit/audit_store.hpp"
#include "stoa/result.hpp"

namespace stoa::app {

// Whether it is one, or a backup of one.
bool is_billing_folder(const std::filesystem::path& folder);
bool is_webhooks_folder(const std::filesystem::path& folder);

struct BillingSummary {
  std::uint64_t entries = 0, answers = 0, statements = 0;  // answers: records of them
  registry::AuditHead audit;                               // of acts beside calls
};

// Every entry, the answers, the statements and the log of acts. Changes nothing. Errors: file.*, database.*;
// data_loss "journal.damaged", "entry.form", "statement.form", "database.corrupt", "audit.broken"; of a backup
// "backup.unsound": it has not what it had.
Result<BillingSummary> examine_billing(const std::filesystem::path& folder);

// What was acknowledged before the call is in the copy, which appears complete, durable and examined, or not at all. It
// holds what cannot be made again: journal, answers, acts and documents, keys, the secret of payers' names, payment
// files. The log's tiles, the projection, the saved book and the answers' index are made again by the host that opens
// it, from the journal, the log with the same roots. A copy is laid out as the folder, with backup.json beside it,
// which is not brought back. Rationale: in this order each part knows no more than the next: answers name entries, acts
// have entries. What an act that came after theirs has booked, and all behind it, is not in the copy. Also:
// file.exists.
enum class CopyIs : std::uint8_t { backup, restored };
Result<BillingSummary> copy_billing(const std::filesystem::path& folder, const std::filesystem::path& to, CopyIs what);

// How far webhooks have been told, and their secrets. Taken before what they are told of: then nothing is left out, and
// what was told meanwhile is told again under its id. The number of lines of its log.
Result<registry::AuditHead> examine_webhooks(const std::filesystem::path& folder);
Result<registry::AuditHead> copy_webhooks(const std::filesystem::path& folder, const std::filesystem::path& to);

}  // namespace stoa::app
