// audit_folder.hpp: what a publisher fetched for its audit, in a folder: all that `stoa audit check` looks at.
// docs/how-to/audit-your-earnings.md. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "licensing/billing/billing_terms.hpp"
#include "licensing/log/signed_note.hpp"
#include "licensing/log/tile.hpp"
#include "licensing/proof/audit.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

//   publisher                     its name, in a line
//   log.key                       the log's key as it was when the folder was begun
//   checkpoint                    the newest, a signed note
//   checkpoints/<size>            those that were fetched before it
//   tile/…                        of the log, as far as proofs need them
//   entries                       the publisher's (licensing/proof/shown_entry.hpp)
//   prices/*.json                 price lists, each version a file
//   agreements/*.json             agreements, each version a file: what its parties signed
//   statements/*.txt              statements as they were issued: signed notes
struct AuditFolder {
  std::filesystem::path path;

  std::filesystem::path publisher() const { return path / "publisher"; }
  std::filesystem::path log_key() const { return path / "log.key"; }
  std::filesystem::path checkpoint() const { return path / "checkpoint"; }
  std::filesystem::path checkpoints() const { return path / "checkpoints"; }
  std::filesystem::path entries() const { return path / "entries"; }
  std::filesystem::path prices() const { return path / "prices"; }
  std::filesystem::path agreements() const { return path / "agreements"; }
  std::filesystem::path statements() const { return path / "statements"; }

  // Errors: file.*; of what is read.
  Result<std::string> read_publisher() const;
  Result<licensing::NoteVerifier> read_log_key() const;
  Result<std::vector<std::string>> older_checkpoints() const;
  Result<licensing::BillingTerms> read_terms() const;
  Result<std::vector<licensing::Statement>> read_statements() const;
  licensing::ReadTile tiles() const;
};

// The files of a folder by their ending, in the order of their names; of one that is not there: none.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& ending);
// Appears whole. The folders above it are made.
Result<void> keep_file(const std::filesystem::path& path, std::string_view bytes);

// What whoever checks knows from elsewhere.
struct KnownKeys {
  std::string log_key;                // a line or a file; the folder's has to be the same. Empty: nothing is known
  std::vector<std::string> own_keys;  // files (PEM): one of them has signed each agreement for the publisher
};
// Errors: those of audit(), of reading; permission_denied "audit.key": another log's key; "audit.unsigned": an
// agreement that none of the publisher's keys has signed.
Result<licensing::AuditReport> check_folder(const AuditFolder& folder, const KnownKeys& known);
// What the folder's entries come to in [from, until), by currency, once they were found to be right. Errors: those of
// check_folder, own_statements.
Result<std::vector<licensing::Statement>> work_out_statements(const AuditFolder& folder, const KnownKeys& known,
                                                              std::int64_t from_ms, std::int64_t until_ms);

}  // namespace stoa::cli
