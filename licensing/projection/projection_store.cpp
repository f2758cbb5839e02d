// projection_store.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/projection/projection_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "registry/database/digest_column.hpp"

namespace stoa::licensing {
namespace {

using database::Connection;
using database::done;

constexpr std::int64_t kForm = 1;

// Names stand once, in `names`; customer, model, meter, currency and an account's name are numbers of it. Days are
// counted from 1970. A table's key begins with what grows with time, so that rows are added at its end: `entries` has
// no other index; before and the postings lead from an entry to the one before it.
constexpr const char* kTables = R"sql(
CREATE TABLE place(journal INTEGER NOT NULL, position INTEGER NOT NULL, last BLOB NOT NULL);
CREATE TABLE names(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE accounts(
  id INTEGER PRIMARY KEY, name INTEGER NOT NULL, currency INTEGER NOT NULL, debits INTEGER NOT NULL,
  credits INTEGER NOT NULL, entries INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE INDEX accounts_name ON accounts(name, currency);
CREATE TABLE customers(name INTEGER PRIMARY KEY, entries INTEGER NOT NULL, last INTEGER NOT NULL);
CREATE TABLE entries(
  number INTEGER PRIMARY KEY, kind INTEGER NOT NULL, booked_ms INTEGER NOT NULL, happened_ms INTEGER NOT NULL,
  currency INTEGER NOT NULL, customer INTEGER NOT NULL, before INTEGER, model INTEGER NOT NULL,
  outcome INTEGER NOT NULL, gross INTEGER NOT NULL, tax INTEGER NOT NULL, refers INTEGER, reason TEXT NOT NULL,
  postings BLOB NOT NULL);
CREATE TABLE usage(
  day INTEGER NOT NULL, customer INTEGER NOT NULL, model INTEGER NOT NULL, meter INTEGER NOT NULL,
  units INTEGER NOT NULL, PRIMARY KEY(day, customer, model, meter)) WITHOUT ROWID;
CREATE TABLE spend(
  day INTEGER NOT NULL, customer INTEGER NOT NULL, kind INTEGER NOT NULL, model INTEGER NOT NULL,
  currency INTEGER NOT NULL, entries INTEGER NOT NULL, gross INTEGER NOT NULL, tax INTEGER NOT NULL,
  paid INTEGER NOT NULL, PRIMARY KEY(day, customer, kind, model, currency)) WITHOUT ROWID;
CREATE TABLE earnings(
  day INTEGER NOT NULL, account INTEGER NOT NULL, kind INTEGER NOT NULL, model INTEGER NOT NULL,
  entries INTEGER NOT NULL, gross INTEGER NOT NULL, amount INTEGER NOT NULL,
  PRIMARY KEY(day, account, kind, model)) WITHOUT ROWID;
)sql";

// SQLite makes a float of a sum that does not fit: sums stop at the ends of 64 bits instead. %1 grows by %2.
std::string grown(std::string_view column) {
  return fmt::format(
      "{0} = CASE WHEN excluded.{0} > 0 AND {0} > 9223372036854775807 - excluded.{0} THEN 9223372036854775807 "
      "WHEN excluded.{0} < 0 AND {0} < -9223372036854775807 - excluded.{0} THEN -9223372036854775807 "
      "ELSE {0} + excluded.{0} END",
      column);
}

// Rows are added in the order of their keys.
template <class Sums>
std::vector<std::pair<TallyKey, Sums>> in_order(const TallyTable<Sums>& table) {
  std::vector<std::pair<TallyKey, Sums>> rows(table.begin(), table.end());
  std::ranges::sort(rows, {}, &std::pair<TallyKey, Sums>::first);
  return rows;
}

Result<void> write_names(Connection& connection, const TallyBatch& batch) {
  std::size_t id = batch.names_known;
  for (const std::string& name : batch.names)
    if (auto kept = connection.run("INSERT INTO names VALUES(?, ?)", ++id, name); !kept) return done(kept);
  return {};
}

Result<void> write_accounts(Connection& connection, const TallyBatch& batch) {
  for (const auto& [id, one] : batch.accounts)
    if (auto kept = connection.run("INSERT INTO accounts VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(id) DO UPDATE "
                                   "SET debits = ?4, credits = ?5, entries = ?6, last = ?7",
                                   id, one.name, one.currency, one.debits, one.credits, one.entries, *one.last);
        !kept)
      return done(kept);
  for (const auto& [name, one] : batch.customers)
    if (auto kept = connection.run("INSERT INTO customers VALUES(?1, ?2, ?3) ON CONFLICT(name) DO UPDATE SET "
                                   "entries = ?2, last = ?3",
                                   name, one.entries, *one.last);
        !kept)
      return done(kept);
  return {};
}

Result<void> write_entries(Connection& connection, const TallyBatch& batch) {
  for (const EntryRow& row : batch.entries)
    if (auto kept =
            connection.run("INSERT INTO entries VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row.number,
                           static_cast<int>(row.kind), row.booked_ms, row.happened_ms, row.currency, row.customer,
                           row.customer_before, row.model, static_cast<int>(row.outcome), row.gross, row.tax,
                           row.refers, row.reason, std::span(row.postings.data(), row.postings.size()));
        !kept)
      return done(kept);
  return {};
}

Result<void> write_usage(Connection& connection, const TallyBatch& batch) {
  static const std::string add =
      "INSERT INTO usage VALUES(?, ?, ?, ?, ?) ON CONFLICT(day, customer, model, meter) DO UPDATE SET " +
      grown("units");
  for (const auto& [key, units] : in_order(batch.usage))
    if (auto kept = connection.run(add, key.day, key.first, key.second, key.third, units); !kept) return done(kept);
  return {};
}

Result<void> write_money(Connection& connection, const TallyBatch& batch) {
  static const std::string spend =
      "INSERT INTO spend VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT(day, customer, kind, model, currency) DO UPDATE "
      "SET entries = entries + excluded.entries, " +
      grown("gross") + ", " + grown("tax") + ", " + grown("paid");
  static const std::string earnings =
      "INSERT INTO earnings VALUES(?, ?, ?, ?, ?, ?, ?) ON CONFLICT(day, account, kind, model) DO UPDATE SET "
      "entries = entries + excluded.entries, " +
      grown("gross") + ", " + grown("amount");
  for (const auto& [key, sums] : in_order(batch.spend))
    if (auto kept = connection.run(spend, key.day, key.first, key.second, key.third, key.fourth, sums.entries,
                                   sums.gross, sums.tax, sums.amount);
        !kept)
      return done(kept);
  for (const auto& [key, sums] : in_order(batch.earnings))
    if (auto kept =
            connection.run(earnings, key.day, key.first, key.second, key.third, sums.entries, sums.gross, sums.amount);
        !kept)
      return done(kept);
  return {};
}

}  // namespace

Result<std::optional<ProjectionPlace>> read_place(Connection& connection) {
  auto form = connection.query("PRAGMA user_version");
  const std::int64_t written = form.next() ? form.integer(0) : 0;
  if (auto end = form.end(); !end) return std::unexpected(end.error());
  if (written == 0) return std::nullopt;
  if (written != kForm)
    return failure(Code::data_loss, "projection.form",
                   fmt::format("the projection is of form {}, this program writes {}", written, kForm));
  auto rows = connection.query("SELECT journal, position, last FROM place");
  std::optional<ProjectionPlace> place;
  if (rows.next())
    place = ProjectionPlace{static_cast<JournalId>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1)),
                            registry::digest_in(rows, 2)};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  if (!place) return failure(Code::data_loss, "projection.form", "the projection does not say where it is");
  return place;
}

Result<void> make_tables(Connection& connection, JournalId journal) {
  auto transaction = database::Transaction::begin(connection);
  if (!transaction) return std::unexpected(transaction.error());
  if (auto made = connection.run_script(kTables); !made) return made;
  const Sha256 none{};
  if (auto kept = connection.run("INSERT INTO place VALUES(?, 0, ?)", static_cast<std::uint64_t>(journal), none); !kept)
    return done(kept);
  if (auto noted = connection.run_script(fmt::format("PRAGMA user_version={}", kForm)); !noted) return noted;
  return transaction->commit();
}

Result<std::unique_ptr<Tally>> load_tally(Connection& connection) {
  auto tally = std::make_unique<Tally>();
  const auto broken = [](std::string_view table) {
    return failure(Code::data_loss, "projection.form", fmt::format("table {}: a row is missing", table));
  };
  auto names = connection.query("SELECT id, name FROM names ORDER BY id");
  while (names.next()) {
    if (names.integer(0) != static_cast<std::int64_t>(tally->names().size() + 1)) return broken("names");
    tally->names().add(std::string(names.text(1)));
  }
  if (auto end = names.end(); !end) return std::unexpected(end.error());
  auto accounts =
      connection.query("SELECT id, name, currency, debits, credits, entries, last FROM accounts ORDER BY id");
  while (accounts.next()) {
    Tally::Account account{.name = static_cast<NameNo>(accounts.integer(1)),
                           .currency = static_cast<NameNo>(accounts.integer(2)),
                           .debits = accounts.integer(3),
                           .credits = accounts.integer(4),
                           .entries = static_cast<std::uint64_t>(accounts.integer(5)),
                           .last = static_cast<std::uint64_t>(accounts.integer(6))};
    if (account.name < 1 || account.name > tally->names().size()) return broken("names");
    if (accounts.integer(0) != tally->add_account(account)) return broken("accounts");
  }
  if (auto end = accounts.end(); !end) return std::unexpected(end.error());
  auto customers = connection.query("SELECT name, entries, last FROM customers");
  while (customers.next())
    tally->set_customer(static_cast<NameNo>(customers.integer(0)), {static_cast<std::uint64_t>(customers.integer(1)),
                                                                    static_cast<std::uint64_t>(customers.integer(2))});
  if (auto end = customers.end(); !end) return std::unexpected(end.error());
  (void)tally->take();  // it is written already
  return tally;
}

Result<void> write_batch(Connection& connection, const TallyBatch& batch, const ProjectionPlace& reached) {
  auto transaction = database::Transaction::begin(connection);
  if (!transaction) return std::unexpected(transaction.error());
  for (const auto write : {&write_names, &write_accounts, &write_entries, &write_usage, &write_money})
    if (auto written = write(connection, batch); !written) return written;
  if (auto kept = connection.run("UPDATE place SET position = ?, last = ?", reached.position, reached.last); !kept)
    return done(kept);
  return transaction->commit();
}

}  // namespace stoa::licensing
