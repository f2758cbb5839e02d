// schema_store.cpp: one SQL script per version; PRAGMA user_version tells how many a file has seen.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/book/schema_store.hpp"

#include "registry/database/migration_store.hpp"

namespace stoa::licensing {
namespace {

// Times are milliseconds of Unix time, digests blobs of 32 bytes, states the words of licensing/README.md, lists stand
// one entry a line. changed: the revision of the act that wrote the row, by which admission reads what is new. Licences
// keep every serial; the one that counts has no replaced_ms. Ids grow with time, which keeps indices compact.
constexpr const char* kSteps[] = {
    R"sql(
CREATE TABLE book(revision INTEGER NOT NULL);
CREATE TABLE customers(
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, state TEXT NOT NULL,
  state_because TEXT NOT NULL, created_ms INTEGER NOT NULL, changed INTEGER NOT NULL);
CREATE INDEX customers_changed ON customers(changed);
CREATE TABLE api_keys(
  id TEXT PRIMARY KEY, customer TEXT NOT NULL REFERENCES customers(id), name TEXT NOT NULL, sha256 BLOB NOT NULL UNIQUE,
  scopes INTEGER NOT NULL, models TEXT NOT NULL, rate_calls INTEGER, rate_window_ms INTEGER, budget_meter TEXT,
  budget_amount INTEGER, budget_period TEXT, created_ms INTEGER NOT NULL, expires_ms INTEGER, rotated_until_ms INTEGER,
  successor TEXT NOT NULL, revoked_ms INTEGER, revoked_because TEXT NOT NULL, changed INTEGER NOT NULL);
CREATE INDEX api_keys_customer ON api_keys(customer, id);
CREATE INDEX api_keys_changed ON api_keys(changed);
CREATE TABLE licences(
  id TEXT NOT NULL, serial INTEGER NOT NULL, issuer TEXT NOT NULL, customer TEXT NOT NULL, subject_name TEXT NOT NULL,
  subject_keys TEXT NOT NULL, covers TEXT NOT NULL, entitlements TEXT NOT NULL, rate_calls INTEGER,
  rate_window_ms INTEGER, quotas TEXT NOT NULL, calls_at_once INTEGER NOT NULL, seats INTEGER, ttl_s INTEGER,
  node TEXT NOT NULL, is_trial INTEGER NOT NULL, issued_ms INTEGER NOT NULL, not_before_ms INTEGER NOT NULL,
  expires_ms INTEGER, grace_ms INTEGER NOT NULL, offline_ms INTEGER, on_expiry TEXT NOT NULL, on_quota TEXT NOT NULL,
  on_clock TEXT NOT NULL, content_keys TEXT NOT NULL,
  revoked_ms INTEGER, revoked_because TEXT NOT NULL, replaced_ms INTEGER, changed INTEGER NOT NULL,
  PRIMARY KEY(id, serial));
CREATE UNIQUE INDEX licences_newest ON licences(id) WHERE replaced_ms IS NULL;
CREATE INDEX licences_customer ON licences(customer, id);
CREATE INDEX licences_changed ON licences(changed);
CREATE TABLE licence_publishers(publisher TEXT NOT NULL, licence TEXT NOT NULL, PRIMARY KEY(publisher, licence));
CREATE TABLE offers(
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, terms TEXT NOT NULL, lasts_ms INTEGER, created_ms INTEGER NOT NULL,
  withdrawn_ms INTEGER);
CREATE TABLE leases(
  id TEXT PRIMARY KEY, sha256 BLOB NOT NULL UNIQUE, licence TEXT NOT NULL, customer TEXT NOT NULL, api_key TEXT NOT NULL,
  holder TEXT NOT NULL, taken_ms INTEGER NOT NULL, renewed_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL);
CREATE INDEX leases_licence ON leases(licence, expires_ms);
CREATE INDEX leases_customer ON leases(customer, id);
CREATE TABLE usage(
  subject TEXT NOT NULL, meter TEXT NOT NULL, period_start_ms INTEGER NOT NULL, reserved INTEGER NOT NULL,
  PRIMARY KEY(subject, meter, period_start_ms));
CREATE TABLE requests(
  actor TEXT NOT NULL, token TEXT NOT NULL, body_sha256 BLOB NOT NULL, subject TEXT NOT NULL, made_ms INTEGER NOT NULL,
  PRIMARY KEY(actor, token));
CREATE INDEX requests_made ON requests(made_ms);
CREATE TABLE audit(
  line INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
  detail TEXT NOT NULL, before_sha256 BLOB NOT NULL, sha256 BLOB NOT NULL);
CREATE INDEX audit_subject ON audit(subject, line);
INSERT INTO book VALUES(0);
)sql",
    // What calls are charged by. Prices and agreements are kept as the canonical documents they are, every version for
    // ever: old calls were charged by them. billing: the revision of the last act that changed any of it.
    R"sql(
CREATE TABLE billing(revision INTEGER NOT NULL);
CREATE TABLE price_lists(
  id TEXT NOT NULL, version INTEGER NOT NULL, publisher TEXT NOT NULL, document TEXT NOT NULL, from_ms INTEGER NOT NULL,
  until_ms INTEGER, made_by TEXT NOT NULL, created_ms INTEGER NOT NULL, PRIMARY KEY(id, version));
CREATE INDEX price_lists_publisher ON price_lists(publisher, id);
CREATE TABLE agreements(
  id TEXT NOT NULL, version INTEGER NOT NULL, publisher TEXT NOT NULL, document TEXT NOT NULL, from_ms INTEGER NOT NULL,
  until_ms INTEGER, proposed_by TEXT NOT NULL, proposed_ms INTEGER NOT NULL, signed_ms INTEGER, terminated_ms INTEGER,
  terminated_because TEXT NOT NULL, PRIMARY KEY(id, version));
CREATE TABLE agreement_parties(party TEXT NOT NULL, agreement TEXT NOT NULL, PRIMARY KEY(party, agreement));
CREATE TABLE agreement_signatures(
  agreement TEXT NOT NULL, version INTEGER NOT NULL, party TEXT NOT NULL, key_id TEXT NOT NULL,
  public_key BLOB NOT NULL, signature BLOB NOT NULL, brought_by TEXT NOT NULL, signed_ms INTEGER NOT NULL,
  PRIMARY KEY(agreement, version, party), FOREIGN KEY(agreement, version) REFERENCES agreements(id, version));
CREATE TABLE party_keys(
  party TEXT NOT NULL, key_id TEXT NOT NULL, public_key BLOB NOT NULL, added_ms INTEGER NOT NULL, revoked_ms INTEGER,
  revoked_because TEXT NOT NULL, PRIMARY KEY(party, key_id));
CREATE TABLE charges(
  id INTEGER PRIMARY KEY, model TEXT NOT NULL, price_list TEXT NOT NULL, agreement TEXT NOT NULL,
  from_ms INTEGER NOT NULL, set_by TEXT NOT NULL, set_ms INTEGER NOT NULL);
CREATE INDEX charges_model ON charges(model, from_ms, id);
CREATE TABLE customer_billing(
  customer TEXT NOT NULL REFERENCES customers(id), version INTEGER NOT NULL, currency TEXT NOT NULL,
  pays_ahead INTEGER NOT NULL, credit_limit INTEGER NOT NULL, tax_ppm INTEGER NOT NULL, tax_office TEXT NOT NULL,
  set_by TEXT NOT NULL, set_ms INTEGER NOT NULL, PRIMARY KEY(customer, version));
INSERT INTO billing VALUES(0);
)sql",
    // Whose rate and budget a key's calls are counted by (terms/key_width.hpp). Who made a key before that was noted is
    // not known any more: it stays for itself.
    R"sql(
ALTER TABLE api_keys ADD COLUMN first_id TEXT NOT NULL DEFAULT '';
ALTER TABLE api_keys ADD COLUMN made_by TEXT NOT NULL DEFAULT '';
WITH RECURSIVE firsts(id, first_id) AS (
  SELECT id, id FROM api_keys WHERE id NOT IN (SELECT successor FROM api_keys)
  UNION ALL
  SELECT api_keys.successor, firsts.first_id FROM firsts JOIN api_keys ON api_keys.id = firsts.id
  WHERE api_keys.successor <> '')
UPDATE api_keys SET first_id = firsts.first_id FROM firsts WHERE firsts.id = api_keys.id;
)sql",
};

constexpr database::Schema kSchema{.steps = kSteps, .file = "the licensing book's file", .newer_reason = "book.newer"};

}  // namespace

std::int64_t newest_schema() { return kSchema.newest(); }

Result<void> require_known_schema(const std::filesystem::path& file) {
  return database::require_known_schema(file, kSchema);
}

Result<void> migrate(database::Connection& connection) { return database::migrate(connection, kSchema); }

}  // namespace stoa::licensing
