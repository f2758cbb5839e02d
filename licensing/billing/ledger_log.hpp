// ledger_log.hpp: the journal as a log that proves it: what it holds of an entry, and what its parties are shown.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "licensing/journal/journal.hpp"
#include "licensing/ledger/entry_codec.hpp"
#include "licensing/log/log_folder.hpp"

namespace stoa::licensing {

// Adds the commitments of the durable entries that the log does not hold yet, `batch` with each signature, and at most
// `batches` of them. An entry has the same number in both. Errors: those of Journal::read, open_record,
// LogFolder::append; data_loss "log.ahead": the log holds entries that the journal does not have.
Result<Checkpoint> advance(LogFolder& log, const Journal& journal, std::size_t batch = 10'000,
                           std::size_t batches = SIZE_MAX);

// What a party keeps of a call: its half in the clear, the other as a commitment, and the proof that the log has them.
struct Receipt {
  std::uint64_t number = 0;
  std::string public_half;
  Salt public_salt{};
  Sha256 private_commitment{};
  // The customer's, not the publisher's.
  struct Private {
    std::string half;
    Salt salt{};
    friend bool operator==(const Private&, const Private&) = default;
  };
  std::optional<Private> private_part;
  InclusionProof proof;
  friend bool operator==(const Receipt&, const Receipt&) = default;
};

enum class Reader : std::uint8_t { publisher, customer };
// Errors: not_found "ledger.no_entry": there is none, or the log does not hold it yet; those of Journal::read,
// LogFolder::prove.
Result<Receipt> receipt_of(std::uint64_t number, Reader reader, const Journal& journal, const LogFolder& log);

// The entry it is of: with its private part where the receipt has one. Needs the log's key and nothing else. Errors:
// data_loss "receipt.commitment": the halves are not those that were committed to; those of verify_proof, decode.
Result<Entry> verify_receipt(const Receipt& receipt, const NoteVerifier& log);

}  // namespace stoa::licensing
