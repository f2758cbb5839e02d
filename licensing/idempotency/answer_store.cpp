// answer_store.cpp: SQL of calls with keys. SPDX-License-Identifier: Apache-2.0
#include "licensing/idempotency/answer_store.hpp"

#include "registry/database/digest_column.hpp"

namespace stoa::licensing {
namespace {

std::optional<std::uint64_t> number_in(const database::Rows& rows, int column) {
  const auto value = rows.optional_integer(column);
  return value ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

}  // namespace

Result<void> make_answer_table(database::Connection& connection) {
  return connection.run_script(R"sql(
CREATE TABLE IF NOT EXISTS keyed_calls(
  call_key BLOB PRIMARY KEY, request BLOB NOT NULL, entry INTEGER, answer INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS positions(one INTEGER PRIMARY KEY CHECK(one = 1), answers INTEGER NOT NULL, ledger INTEGER NOT NULL);
INSERT OR IGNORE INTO positions VALUES(1, 0, 0);
)sql");
}

Result<AnswerPositions> read_positions(database::Connection& connection) {
  auto rows = connection.query("SELECT answers, ledger FROM positions");
  AnswerPositions positions;
  if (rows.next())
    positions = {static_cast<std::uint64_t>(rows.integer(0)), static_cast<std::uint64_t>(rows.integer(1))};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return positions;
}

Result<std::optional<KeyedCall>> find_call(database::Connection& connection, const Sha256& call_key) {
  auto rows = connection.query("SELECT request, entry, answer FROM keyed_calls WHERE call_key = ?", call_key);
  std::optional<KeyedCall> found;
  if (rows.next()) found = KeyedCall{registry::digest_in(rows, 0), number_in(rows, 1), number_in(rows, 2)};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return found;
}

Result<void> write_calls(database::Connection& connection, std::span<const KeyedRow> rows,
                         const AnswerPositions& reached) {
  auto transaction = database::Transaction::begin(connection);
  if (!transaction) return std::unexpected(transaction.error());
  for (const auto& [call_key, call] : rows) {
    auto written = connection.run(
        "INSERT INTO keyed_calls VALUES(?, ?, ?, ?) ON CONFLICT(call_key) DO UPDATE SET request = excluded.request, "
        "entry = coalesce(excluded.entry, entry), answer = coalesce(excluded.answer, answer)",
        call_key, call.request, call.entry, call.answer);
    if (!written) return std::unexpected(written.error());
  }
  if (auto moved = connection.run("UPDATE positions SET answers = ?, ledger = ?", reached.answers, reached.ledger);
      !moved)
    return std::unexpected(moved.error());
  return transaction->commit();
}

}  // namespace stoa::licensing
