// schema_store.cpp: one SQL script per version; PRAGMA user_version tells how many a file has seen.
// SPDX-License-Identifier: Apache-2.0
#include "registry/catalogue/schema_store.hpp"

#include "registry/database/migration_store.hpp"

namespace stoa::registry {
namespace {

// Times are milliseconds of Unix time, digests and keys blobs of 32 bytes, states the words of registry/README.md.
// Portable but for the pragma: no rowid but where a sequence is wanted, no type that PostgreSQL has not. Manifests and
// changelogs have a table of their own: rows of releases stay short, and a host reads all of them when it starts. What
// the versions of a plugin mostly share, facts and the models' texts, is kept once.
constexpr const char* kMigrations[] = {
    R"sql(
CREATE TABLE catalogue(revision INTEGER NOT NULL);
CREATE TABLE operators(
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, role TEXT NOT NULL, token_sha256 BLOB NOT NULL UNIQUE,
  created_ms INTEGER NOT NULL, revoked_ms INTEGER);
CREATE TABLE publishers(
  name TEXT PRIMARY KEY, display_name TEXT NOT NULL, state TEXT NOT NULL, held_because TEXT,
  token_sha256 BLOB NOT NULL UNIQUE, bytes_max INTEGER NOT NULL, created_ms INTEGER NOT NULL, verified_ms INTEGER);
CREATE TABLE publisher_keys(
  publisher TEXT NOT NULL REFERENCES publishers(name), key_id TEXT NOT NULL, public_key BLOB NOT NULL, role TEXT NOT NULL,
  valid_from_ms INTEGER NOT NULL, valid_until_ms INTEGER, revoked_from_ms INTEGER, revoked_because TEXT,
  added_ms INTEGER NOT NULL, PRIMARY KEY(publisher, key_id));
CREATE TABLE plugins(
  name TEXT PRIMARY KEY, publisher TEXT NOT NULL REFERENCES publishers(name), state TEXT NOT NULL, held_because TEXT,
  created_ms INTEGER NOT NULL);
CREATE INDEX plugins_publisher ON plugins(publisher);
CREATE TABLE release_facts(id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);
CREATE TABLE releases(
  id TEXT PRIMARY KEY, plugin TEXT NOT NULL REFERENCES plugins(name), version TEXT NOT NULL, version_key TEXT NOT NULL,
  state TEXT NOT NULL, state_because TEXT NOT NULL, package_sha256 BLOB NOT NULL, package_bytes INTEGER NOT NULL,
  key_id TEXT NOT NULL, facts INTEGER REFERENCES release_facts(id), created_ms INTEGER NOT NULL, submitted_ms INTEGER,
  checked_ms INTEGER, published_ms INTEGER, cool_until_ms INTEGER, changed_ms INTEGER NOT NULL,
  audit_line INTEGER NOT NULL);
CREATE TABLE release_documents(
  release TEXT PRIMARY KEY REFERENCES releases(id), manifest TEXT NOT NULL, changelog TEXT NOT NULL);
CREATE UNIQUE INDEX releases_version ON releases(plugin, version_key)
  WHERE state NOT IN ('draft', 'rejected') OR published_ms IS NOT NULL;
CREATE INDEX releases_key ON releases(key_id);
CREATE INDEX releases_package ON releases(package_sha256);
CREATE INDEX releases_state ON releases(state, id);
CREATE INDEX releases_plugin ON releases(plugin, id);
CREATE TABLE model_texts(
  id INTEGER PRIMARY KEY, model TEXT NOT NULL, plugin TEXT NOT NULL, task TEXT NOT NULL, description TEXT NOT NULL,
  UNIQUE(model, plugin, task, description));
CREATE TABLE release_models(
  release TEXT NOT NULL REFERENCES releases(id), text INTEGER NOT NULL REFERENCES model_texts(id),
  PRIMARY KEY(release, text));
CREATE INDEX release_models_text ON release_models(text, release);
CREATE TABLE checks(
  release TEXT NOT NULL REFERENCES releases(id), place INTEGER NOT NULL, name TEXT NOT NULL, verdict TEXT NOT NULL,
  reason TEXT NOT NULL, message TEXT NOT NULL, took_us INTEGER NOT NULL, PRIMARY KEY(release, place));
CREATE TABLE model_rules(model TEXT PRIMARY KEY, approvals INTEGER NOT NULL);
CREATE TABLE aliases(
  model TEXT NOT NULL, alias TEXT NOT NULL, step INTEGER NOT NULL, targets TEXT NOT NULL, PRIMARY KEY(model, alias));
CREATE TABLE alias_steps(
  step INTEGER PRIMARY KEY, model TEXT NOT NULL, alias TEXT NOT NULL, targets TEXT NOT NULL, actor TEXT NOT NULL,
  approved_by TEXT NOT NULL, note TEXT NOT NULL, at_ms INTEGER NOT NULL, before_sha256 BLOB NOT NULL,
  sha256 BLOB NOT NULL, signature BLOB NOT NULL);
CREATE INDEX alias_steps_model ON alias_steps(model, alias, step);
CREATE TABLE proposals(
  id TEXT PRIMARY KEY, model TEXT NOT NULL, alias TEXT NOT NULL, targets TEXT NOT NULL, note TEXT NOT NULL,
  actor TEXT NOT NULL, made_ms INTEGER NOT NULL, state TEXT NOT NULL, decided_by TEXT, decided_ms INTEGER);
CREATE TABLE audit(
  line INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
  detail TEXT NOT NULL, before_sha256 BLOB NOT NULL, sha256 BLOB NOT NULL);
CREATE INDEX audit_subject ON audit(subject, line);
CREATE TABLE evaluations(
  id TEXT PRIMARY KEY, release TEXT NOT NULL REFERENCES releases(id), model TEXT NOT NULL, dataset_sha256 BLOB NOT NULL,
  dataset_name TEXT NOT NULL, document TEXT NOT NULL, signature BLOB NOT NULL, at_ms INTEGER NOT NULL);
CREATE INDEX evaluations_release ON evaluations(release, at_ms);
INSERT INTO catalogue VALUES(0);
)sql",
    // Roll-outs. Customers stand one a line, steps are numbers with commas between.
    R"sql(
CREATE TABLE rollouts(
  id TEXT PRIMARY KEY, model TEXT NOT NULL, version TEXT NOT NULL, stable TEXT NOT NULL, customers TEXT NOT NULL,
  steps TEXT NOT NULL, promotes INTEGER NOT NULL, shadow_version TEXT NOT NULL, shadow_share_ppm INTEGER NOT NULL,
  shadow_atol_nano INTEGER NOT NULL, shadow_rtol_nano INTEGER NOT NULL, requests_min INTEGER NOT NULL,
  window_ms INTEGER NOT NULL, error_margin_ppm INTEGER NOT NULL, p99_ratio_percent INTEGER NOT NULL,
  unready_ms INTEGER NOT NULL, note TEXT NOT NULL, state TEXT NOT NULL, step INTEGER NOT NULL, reason TEXT NOT NULL,
  numbers TEXT NOT NULL, actor TEXT NOT NULL, started_ms INTEGER NOT NULL, changed_ms INTEGER NOT NULL);
CREATE INDEX rollouts_model ON rollouts(model, id);
CREATE UNIQUE INDEX rollouts_active ON rollouts(model) WHERE state IN ('running', 'paused');
CREATE TABLE verdicts(
  id INTEGER PRIMARY KEY, model TEXT NOT NULL, version TEXT NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
  numbers TEXT NOT NULL, back_to TEXT NOT NULL, actor TEXT NOT NULL, at_ms INTEGER NOT NULL, forgiven_ms INTEGER);
CREATE INDEX verdicts_release ON verdicts(model, version, id);
CREATE UNIQUE INDEX verdicts_open ON verdicts(model, version) WHERE forgiven_ms IS NULL;
)sql",
    // Who said it, with which key: publishers' keys may be rotated later, operators' are nowhere else. No row is older
    // than this step: nothing wrote evaluations before it.
    R"sql(
ALTER TABLE evaluations ADD COLUMN said_by TEXT NOT NULL DEFAULT '';
ALTER TABLE evaluations ADD COLUMN key_id TEXT NOT NULL DEFAULT '';
ALTER TABLE evaluations ADD COLUMN public_key BLOB NOT NULL DEFAULT x'';
ALTER TABLE evaluations ADD COLUMN is_publishers INTEGER NOT NULL DEFAULT 0;
ALTER TABLE evaluations ADD COLUMN document_sha256 BLOB NOT NULL DEFAULT x'';
ALTER TABLE evaluations ADD COLUMN outcomes_sha256 BLOB;
CREATE UNIQUE INDEX evaluations_document ON evaluations(release, document_sha256, said_by);
CREATE INDEX evaluations_dataset ON evaluations(dataset_sha256, at_ms);
)sql",
};

constexpr database::Schema kSchema{
    .steps = kMigrations, .file = "the catalogue's file", .newer_reason = "catalogue.newer"};

}  // namespace

std::int64_t newest_schema() { return kSchema.newest(); }

Result<void> require_known_schema(const std::filesystem::path& file) {
  return database::require_known_schema(file, kSchema);
}

Result<void> migrate(database::Connection& connection) { return database::migrate(connection, kSchema); }

}  // namespace stoa::registry
