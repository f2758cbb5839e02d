// schema_store.cpp: one SQL script per version; PRAGMA user_version tells how many a file has seen.
// SPDX-License-Identifier: Apache-2.0
#include "licensing/book/schema_store.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <iterator>
#include <string_view>

namespace stoa::licensing {
namespace {

constexpr std::string_view kMagic("SQLite format 3\0", 16);
constexpr std::size_t kVersionAt = 60;  // user_version, four bytes, the highest first

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
};

Result<std::int64_t> version_of(database::Connection& connection) {
  auto rows = connection.query("PRAGMA user_version");
  const std::int64_t version = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return version;
}

Result<void> require_known(std::int64_t version) {
  if (version <= newest_schema()) return {};
  return failure(Code::failed_precondition, "book.newer",
                 fmt::format("the licensing book's file has schema {}, this program knows {}: it was written by a "
                             "newer Stoa",
                             version, newest_schema()));
}

}  // namespace

std::int64_t newest_schema() { return std::ssize(kSteps); }

Result<void> require_known_schema(const std::filesystem::path& file) {
  // The header itself (sqlite.org/fileformat.html): opening a database may already write into it.
  std::array<char, kVersionAt + 4> header{};
  std::ifstream in(file, std::ios::binary);
  if (!in.read(header.data(), header.size()) || !std::string_view(header.data(), header.size()).starts_with(kMagic))
    return {};
  std::int64_t version = 0;
  for (std::size_t i = 0; i < 4; ++i) version = version << 8 | static_cast<std::uint8_t>(header[kVersionAt + i]);
  return require_known(version);
}

Result<void> migrate(database::Connection& connection) {
  const auto version = version_of(connection);
  if (!version) return std::unexpected(version.error());
  if (auto known = require_known(*version); !known) return known;
  for (std::int64_t next = *version; next < newest_schema(); ++next) {
    auto transaction = database::Transaction::begin(connection);
    if (!transaction) return std::unexpected(transaction.error());
    // Two programs may have come here at once: the second finds the step done.
    const auto now = version_of(connection);
    if (!now) return std::unexpected(now.error());
    if (*now != next) continue;
    if (auto done = connection.run_script(kSteps[next]); !done) return done;
    if (auto noted = connection.run_script(fmt::format("PRAGMA user_version={}", next + 1)); !noted) return noted;
    if (auto kept = transaction->commit(); !kept) return kept;
  }
  return {};
}

}  // namespace stoa::licensing
