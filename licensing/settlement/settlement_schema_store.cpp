// settlement_schema_store.cpp: one script, run once. SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/settlement_schema_store.hpp"

#include <fmt/format.h>

namespace stoa::licensing {
namespace {

constexpr std::int64_t kNewest = 1;

// Times are milliseconds of Unix time, amounts billionths, digests blobs of 32 bytes, states and kinds words, postings
// "amount account" a line. A month is "2026-11". documents: statements and invoices, as they were signed.
constexpr const char* kTables = R"sql(
CREATE TABLE acts(
  id TEXT PRIMARY KEY, kind TEXT NOT NULL, state TEXT NOT NULL, actor TEXT NOT NULL, reason TEXT NOT NULL,
  at_ms INTEGER NOT NULL, customer TEXT NOT NULL, party TEXT NOT NULL, subject TEXT NOT NULL, currency TEXT NOT NULL,
  amount INTEGER NOT NULL, postings TEXT NOT NULL, refers INTEGER, bearer TEXT NOT NULL, read_from INTEGER NOT NULL,
  entry INTEGER, bearing_entry INTEGER, refused TEXT NOT NULL, token TEXT, body_sha256 BLOB);
CREATE UNIQUE INDEX acts_token ON acts(actor, token) WHERE token IS NOT NULL;
CREATE INDEX acts_kind ON acts(kind, id);
CREATE INDEX acts_customer ON acts(customer, id) WHERE customer <> '';
CREATE INDEX acts_intended ON acts(id) WHERE state = 'intended';
CREATE TABLE credits(
  act TEXT PRIMARY KEY REFERENCES acts(id), customer TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL, is_over INTEGER NOT NULL);
CREATE INDEX credits_open ON credits(expires_ms) WHERE is_over = 0;
CREATE TABLE reserves(
  act TEXT PRIMARY KEY REFERENCES acts(id), party TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL,
  release_ms INTEGER NOT NULL, is_over INTEGER NOT NULL);
CREATE INDEX reserves_open ON reserves(release_ms) WHERE is_over = 0;
CREATE TABLE months(
  month TEXT PRIMARY KEY, closed_ms INTEGER NOT NULL, actor TEXT NOT NULL, next_entry INTEGER NOT NULL,
  log_size INTEGER NOT NULL, log_root BLOB NOT NULL);
CREATE TABLE documents(
  kind TEXT NOT NULL, number INTEGER NOT NULL, party TEXT NOT NULL, currency TEXT NOT NULL, month TEXT NOT NULL,
  opening INTEGER NOT NULL, closing INTEGER NOT NULL, issued_ms INTEGER NOT NULL, note TEXT NOT NULL,
  sha256 BLOB NOT NULL, PRIMARY KEY(kind, number));
CREATE UNIQUE INDEX documents_party ON documents(kind, party, currency, month);
CREATE TABLE payees(
  party TEXT PRIMARY KEY, name TEXT NOT NULL, iban TEXT NOT NULL, bic TEXT NOT NULL, hold_because TEXT NOT NULL,
  changed_ms INTEGER NOT NULL);
CREATE TABLE payouts(
  id TEXT PRIMARY KEY, party TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL, statement INTEGER NOT NULL,
  state TEXT NOT NULL, because TEXT NOT NULL, name TEXT NOT NULL, iban TEXT NOT NULL, bic TEXT NOT NULL,
  batch TEXT NOT NULL, reference TEXT NOT NULL, created_ms INTEGER NOT NULL, scheduled_ms INTEGER NOT NULL,
  changed_ms INTEGER NOT NULL, act TEXT NOT NULL);
CREATE INDEX payouts_party ON payouts(party, id);
CREATE INDEX payouts_open ON payouts(state, id) WHERE state IN ('held', 'scheduled', 'submitted');
CREATE TABLE audit(
  line INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
  detail TEXT NOT NULL, before_sha256 BLOB NOT NULL, sha256 BLOB NOT NULL);
CREATE INDEX audit_subject ON audit(subject, line);
PRAGMA user_version=1;
)sql";

}  // namespace

Result<void> prepare_settlement(database::Connection& connection) {
  auto transaction = database::Transaction::begin(connection);
  if (!transaction) return std::unexpected(transaction.error());
  std::int64_t version = 0;
  {
    auto rows = connection.query("PRAGMA user_version");
    if (rows.next()) version = rows.integer(0);
    if (auto end = rows.end(); !end) return end;
  }
  if (version > kNewest)
    return failure(Code::failed_precondition, "settlement.newer",
                   fmt::format("the settlement's file has schema {}, this program knows {}: it was written by a newer "
                               "Stoa",
                               version, kNewest));
  if (version == kNewest) return {};
  if (auto made = connection.run_script(kTables); !made) return made;
  return transaction->commit();
}

}  // namespace stoa::licensing
