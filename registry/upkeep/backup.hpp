// backup.hpp: a registry's folder as it was at one moment, in a folder of its own. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>

#include "registry/audit/audit_store.hpp"
#include "registry/upkeep/diagnosis.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

// A backup is laid out like the registry's folder itself, and has backup.json beside it:
//   backup.json                 this summary; written last
//   catalogue.db                one file, without a log beside it
//   blobs/                      the package of every release but drafts, each held against its digest
//   registry.key.pem, ...       what else lies in the folder: no token, no lock, nothing under way
struct BackupSummary {
  std::int64_t taken_ms = 0;
  AuditHead audit;
  std::size_t releases = 0, blobs = 0;
  std::uint64_t blob_bytes = 0;
};

struct BackupTerms {
  std::int64_t now_ms = 0;
  bool is_as_it_is = false;  // a registry that is not sound is backed up all the same
};

// The registry may be open in a host: what was acknowledged before the call is in the backup. It appears complete,
// durable and examined, or not at all. Reasons: file.exists (to is there already), backup.unsound (with the first
// ailment, after which it is refused unless taken as it is), blob.missing, blob.damaged, database.*, file.*.
Result<BackupSummary> create_backup(const std::filesystem::path& registry, const std::filesystem::path& to,
                                    const BackupTerms& terms);

// Reads all of it. Reasons: those of read_backup_summary() (backup_summary.hpp), backup.unsound; catalogue.newer.
Result<BackupSummary> check_backup(const std::filesystem::path& backup, const BackupTerms& terms);

// Makes a registry's folder of it, which is not there yet, and examines it before it appears. Uploads that were under
// way are not in a backup; releases whose checks had not ended are checked anew by the host that opens it.
Result<BackupSummary> restore_backup(const std::filesystem::path& backup, const std::filesystem::path& to,
                                     const BackupTerms& terms);

// One object; docs/reference/registry-doctor.md.
std::string backup_json(const BackupSummary& summary);

}  // namespace stoa::registry
