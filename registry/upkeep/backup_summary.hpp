// backup_summary.hpp: backup.json, what a backup says it has. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <filesystem>

#include "registry/upkeep/backup.hpp"
#include "stoa/result.hpp"

namespace stoa::registry {

inline constexpr const char* kBackupFile = "backup.json";

// Of a folder that create_backup() made; backup_json() is the other way. Errors, each with the file, the place in it
// and what is wrong there:
//   not_found         backup.format (it is not there)
//   invalid_argument  backup.format (not JSON, a member is missing, of another type or none of ours, more than 4 KiB)
//   unimplemented     backup.newer (of a later form)
Result<BackupSummary> read_backup_summary(const std::filesystem::path& backup);

}  // namespace stoa::registry
