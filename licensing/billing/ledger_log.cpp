// ledger_log.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/ledger_log.hpp"

#include <fmt/format.h>

#include <vector>

namespace stoa::licensing {
namespace {

std::string_view bytes_of(const Sha256& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

Result<Checkpoint> advance(LogFolder& log, const Journal& journal, std::size_t batch, std::size_t batches) {
  if (log.size() > journal.durable())
    return failure(Code::data_loss, "log.ahead",
                   fmt::format("the log has signed {} entries, the journal has {}: it is not the one, or not all of it",
                               log.size(), journal.durable()));
  std::vector<Sha256> commitments;
  std::vector<std::string_view> entries;
  for (; log.size() < journal.durable() && batches > 0; --batches) {
    commitments.clear();
    Result<void> result;
    const auto read = journal.read(log.size(), [&](std::uint64_t number, std::string_view record) {
      const auto opened = open_record(record);
      if (!opened)
        result = failure(opened.error().code, opened.error().reason,
                         fmt::format("entry {}: {}", number, opened.error().message));
      else
        commitments.push_back(entry_commitment(*opened));
      return result && commitments.size() < batch;
    });
    if (!read) return std::unexpected(read.error());
    if (!result) return std::unexpected(result.error());
    entries.clear();
    for (const Sha256& commitment : commitments) entries.push_back(bytes_of(commitment));
    if (auto grown = log.append(entries); !grown) return grown;
  }
  return log.checkpoint();
}

Result<Receipt> receipt_of(std::uint64_t number, Reader reader, const Journal& journal, const LogFolder& log) {
  Result<Receipt> receipt =
      failure(Code::not_found, "ledger.no_entry",
              fmt::format("entry {}: the log holds {}; a call's receipt is there a moment after its answer", number,
                          log.size()));
  if (number >= log.size()) return receipt;
  const auto read = journal.read(number, [&](std::uint64_t, std::string_view record) {
    const auto opened = open_record(record);
    if (!opened) {
      receipt = std::unexpected(opened.error());
      return false;
    }
    receipt = Receipt{.number = number,
                      .public_half = std::string(opened->public_half),
                      .public_salt = opened->salts.of_public,
                      .private_commitment = private_commitment(opened->salts.of_private, opened->private_half),
                      .private_part = {},
                      .proof = {}};
    if (reader == Reader::customer)
      receipt->private_part = Receipt::Private{std::string(opened->private_half), opened->salts.of_private};
    return false;
  });
  if (!read) return std::unexpected(read.error());
  if (!receipt) return receipt;
  auto proof = log.prove(number);
  if (!proof) return std::unexpected(proof.error());
  receipt->proof = std::move(*proof);
  return receipt;
}

Result<Entry> verify_receipt(const Receipt& receipt, const NoteVerifier& log) {
  const auto refuse = [&](std::string_view why) {
    return failure(Code::data_loss, "receipt.commitment", fmt::format("receipt of entry {}: {}", receipt.number, why));
  };
  if (receipt.number != receipt.proof.index)
    return refuse(fmt::format("its proof is of entry {}", receipt.proof.index));
  const auto& hidden = receipt.private_part;
  if (hidden && private_commitment(hidden->salt, hidden->half) != receipt.private_commitment)
    return refuse("its private half is not the one that was committed to");
  const Sha256 commitment = entry_commitment(receipt.public_salt, receipt.public_half, receipt.private_commitment);
  if (auto proved = verify_proof(receipt.proof, bytes_of(commitment), log); !proved)
    return std::unexpected(proved.error());
  return hidden ? decode_halves(receipt.public_half, hidden->half) : decode_public(receipt.public_half);
}

}  // namespace stoa::licensing
