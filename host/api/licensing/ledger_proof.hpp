// ledger_proof.hpp: what the log's routes ask of whoever keeps it, and what they are told.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "host/api/desk.hpp"
#include "licensing/billing/ledger_log.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

// An entry as its publisher sees it.
struct PublishersEntry {
  std::uint64_t number = 0;
  licensing::Nano total = 0;  // owed to the publisher in the entry's currency, after it
  licensing::Salt salt{};
  licensing::Sha256 private_commitment{};
  std::string public_half;
};
struct PublishersPage {
  std::vector<PublishersEntry> entries;
  std::uint64_t rows = 0;  // all there are in the checkpoint's log
  std::string checkpoint;  // a signed note
};

// Lifetime: outlives the server.
struct LedgerProof {
  std::filesystem::path folder;  // the checkpoint and the tiles, as they are served
  std::string key;               // the log's, as a line: NoteVerifier::text
  // With its private half. Waits a moment for an entry that is durable and not in the log yet. Errors: not_found
  // "ledger.no_entry"; unavailable "log.failed"; those of receipt_of. Any thread.
  std::function<Result<licensing::Receipt>(std::uint64_t number)> receipt;
  // Of one publisher's entries in the log, those from a row on. Any thread.
  std::function<Result<PublishersPage>(const std::string& publisher, std::uint64_t from, std::uint64_t most)> page;
  Desk desk{2, 256};
};

}  // namespace stoa::api
