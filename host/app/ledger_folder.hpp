// ledger_folder.hpp: a billing folder that no host has open: verified, and its projection made anew.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>

#include "stoa/result.hpp"

namespace stoa::app {

struct LedgerFolders {
  std::filesystem::path billing, licensing;  // as [billing] and [licensing] of a host's configuration name them
};
// So many of so many entries; false: no more is wanted.
using LedgerProgress = std::function<bool(std::uint64_t done, std::uint64_t all)>;

// The report of docs/reference/ledger-api.md. Reads, and makes nothing but a scratch folder that it takes away. Errors:
// failed_precondition "journal.in_use", "book.in_use": a host has them open; file.*, book.*, key.*.
Result<nlohmann::ordered_json> verify_ledger_folder(const LedgerFolders& folders, const LedgerProgress& told);

// Removes the projection and fills it again: how many entries it has. Errors: journal.*, file.*, database.*.
Result<std::uint64_t> rebuild_ledger_projection(const std::filesystem::path& billing, const LedgerProgress& told);

}  // namespace stoa::app
