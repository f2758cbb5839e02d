// book_copy.hpp: a licensing folder looked over, and taken to another place and back.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>

#include "registry/audit/audit_store.hpp"
#include "registry/database/sqlite_store.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

inline constexpr const char* kBookFile = "licensing.sqlite";
inline constexpr const char* kBookLock = "licensing.lock";

struct BookSummary {
  registry::AuditHead audit;
  std::int64_t revision = 0, customers = 0, keys = 0, licences = 0, leases = 0;
};

// Whether a folder is a licensing folder, or a backup of one.
bool is_book_folder(const std::filesystem::path& folder);

// SQLite's own look at the file, the chain of the log, and the rules. remembered: a head that was written down. Errors:
// data_loss database.corrupt, audit.broken, book.broken.
Result<registry::AuditHead> examine_book(database::Connection& connection, std::int64_t now_ms,
                                         const registry::AuditHead& remembered);
// The same of a folder that a host may have open; changes nothing. Also: book.newer, file.not_found.
Result<BookSummary> examine_book(const std::filesystem::path& folder, std::int64_t now_ms);

// The folder may be open in a host: what was acknowledged before the call is in the copy, which appears complete,
// durable and examined, or not at all. A backup is laid out as the folder itself, so that this brings it back, too.
// Also: file.exists.
Result<BookSummary> copy_book(const std::filesystem::path& folder, const std::filesystem::path& to,
                              std::int64_t now_ms);

}  // namespace stoa::licensing
