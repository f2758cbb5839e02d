// document_store.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/settlement/document_store.hpp"

#include <fmt/format.h>

#include "licensing/book/lines.hpp"
#include "registry/database/digest_column.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kMonthColumns = "month, closed_ms, actor, next_entry, log_size, log_root";
constexpr std::string_view kListedColumns =
    "kind, number, party, currency, month, opening, closing, issued_ms, '', sha256";
constexpr std::string_view kDocumentColumns =
    "kind, number, party, currency, month, opening, closing, issued_ms, note, sha256";

Result<std::vector<ClosedMonth>> months_in(database::Rows rows) {
  std::vector<ClosedMonth> months;
  while (rows.next())
    months.push_back({.name = std::string(rows.text(0)),
                      .actor = std::string(rows.text(2)),
                      .closed_ms = rows.integer(1),
                      .next_entry = static_cast<std::uint64_t>(rows.integer(3)),
                      .head = {static_cast<std::uint64_t>(rows.integer(4)), registry::digest_in(rows, 5)}});
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return months;
}

Result<std::vector<IssuedDocument>> documents_in(database::Rows rows) {
  std::vector<IssuedDocument> documents;
  while (rows.next()) {
    auto currency = Currency::parse(rows.text(3));
    if (!currency) return failure(Code::data_loss, "settlement.broken", "a document without a currency");
    documents.push_back(
        {.kind = rows.text(0) == name_of(IssuedKind::invoice) ? IssuedKind::invoice : IssuedKind::statement,
         .number = static_cast<std::uint64_t>(rows.integer(1)),
         .party = std::string(rows.text(2)),
         .currency = *currency,
         .month = std::string(rows.text(4)),
         .opening = rows.integer(5),
         .closing = rows.integer(6),
         .issued_ms = rows.integer(7),
         .note = std::string(rows.text(8)),
         .sha256 = registry::digest_in(rows, 9)});
  }
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return documents;
}

}  // namespace

Result<void> insert_month(database::Connection& connection, const ClosedMonth& month) {
  return database::done(connection.run("INSERT INTO months VALUES(?, ?, ?, ?, ?, ?)", month.name, month.closed_ms,
                                       month.actor, month.next_entry, month.head.size, month.head.root));
}

Result<std::vector<ClosedMonth>> read_months(database::Connection& connection, const Page& page) {
  return months_in(connection.query(
      fmt::format("SELECT {} FROM months WHERE ?1 = '' OR month < ?1 ORDER BY month DESC LIMIT ?2", kMonthColumns),
      page.after, page.most));
}

Result<std::optional<ClosedMonth>> last_month(database::Connection& connection) {
  auto months = read_months(connection, {.after = "", .most = 1});
  if (!months) return std::unexpected(months.error());
  return months->empty() ? std::nullopt : std::optional(std::move(months->front()));
}

Result<void> insert_document(database::Connection& connection, const IssuedDocument& document) {
  return database::done(connection.run("INSERT INTO documents VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                                       name_of(document.kind), document.number, document.party,
                                       document.currency.code(), document.month, document.opening, document.closing,
                                       document.issued_ms, document.note, document.sha256));
}

Result<std::uint64_t> last_number(database::Connection& connection, IssuedKind kind) {
  auto rows = connection.query("SELECT max(number) FROM documents WHERE kind = ?", name_of(kind));
  const std::int64_t number = rows.next() ? rows.integer(0) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return static_cast<std::uint64_t>(number);
}

Result<IssuedDocument> read_document(database::Connection& connection, IssuedKind kind, std::uint64_t number) {
  auto found = documents_in(connection.query(
      fmt::format("SELECT {} FROM documents WHERE kind = ? AND number = ?", kDocumentColumns), name_of(kind), number));
  if (!found) return std::unexpected(found.error());
  if (!found->empty()) return std::move(found->front());
  return failure(Code::not_found, kind == IssuedKind::invoice ? "invoice.unknown" : "statement.unknown",
                 fmt::format("there is no {} {}", name_of(kind), number));
}

Result<std::vector<IssuedDocument>> read_documents(database::Connection& connection,
                                                   const Settlement::DocumentFilter& filter, const Page& page) {
  return documents_in(connection.query(
      fmt::format(
          "SELECT {} FROM documents WHERE kind = ?1 AND (?2 = '' OR party = ?2) AND (?3 = '' OR month = ?3) AND "
          "(?4 = 0 OR number < ?4) ORDER BY number DESC LIMIT ?5",
          kListedColumns),
      name_of(filter.kind), filter.party, filter.month, number_in(page.after), page.most));
}

Result<std::vector<IssuedDocument>> newest_documents(database::Connection& connection, IssuedKind kind) {
  return documents_in(connection.query(
      fmt::format(
          "SELECT {} FROM documents WHERE kind = ?1 AND number IN (SELECT max(number) FROM documents WHERE kind = "
          "?1 GROUP BY party, currency) ORDER BY number",
          kListedColumns),
      name_of(kind)));
}

Result<std::uint32_t> statements_below_zero(database::Connection& connection, std::string_view party,
                                            Currency currency) {
  auto rows = connection.query(
      "SELECT closing FROM documents WHERE kind = 'statement' AND party = ? AND currency = ? ORDER BY number DESC",
      party, currency.code());
  std::uint32_t below = 0;
  while (rows.next() && rows.integer(0) < 0) ++below;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return below;
}

}  // namespace stoa::licensing
