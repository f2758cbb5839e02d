// examination_store.cpp: SQL that holds the rows against the rules. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/examination_store.hpp"

#include <fmt/format.h>

#include "licensing/book/agreement_store.hpp"

namespace stoa::licensing {
namespace {

// What only a broken act could have left.
Result<void> examine_rows(database::Connection& connection, std::int64_t now_ms) {
  const auto find = [&](std::string_view sql, std::string_view what, std::int64_t value) -> Result<void> {
    auto rows = connection.query(sql, value);
    std::string found;
    if (rows.next()) found = rows.text(0);
    if (auto end = rows.end(); !end) return end;
    if (found.empty()) return {};
    return failure(Code::data_loss, "book.broken", fmt::format("{} {}", found, what));
  };
  struct Row {
    std::string_view sql, what;
  };
  constexpr Row kRows[] = {
      // At any serial: whoever replaces a licence by one of fewer seats ends what is over.
      {"SELECT l.id FROM licences l WHERE l.replaced_ms IS NULL AND coalesce(l.seats, 0) < "
       "(SELECT count(*) FROM leases s WHERE s.licence = l.id AND s.expires_ms > ?1)",
       "has more leases than seats"},
      // One of a licence that the book has no row of is a licence file's.
      {"SELECT s.id FROM leases s WHERE ?1 = ?1 AND s.licence IN (SELECT id FROM licences) AND NOT EXISTS (SELECT 1 "
       "FROM licences l WHERE l.id = s.licence AND "
       "l.replaced_ms IS NULL AND l.revoked_ms IS NULL)",
       "is a lease of no licence that counts"},
      {"SELECT id FROM api_keys WHERE ?1 = ?1 AND successor <> '' AND successor NOT IN (SELECT id FROM api_keys)",
       "has a successor that is not there"},
      {"SELECT id FROM api_keys WHERE ?1 = ?1 AND (first_id NOT IN (SELECT id FROM api_keys) OR (made_by <> '' AND "
       "made_by NOT IN (SELECT id FROM api_keys)))",
       "comes from a key that is not there"},
      {"SELECT id FROM licences WHERE ?1 = ?1 GROUP BY id HAVING sum(replaced_ms IS NULL) <> 1 OR "
       "max(serial) <> max(CASE WHEN replaced_ms IS NULL THEN serial END)",
       "has not its highest serial as the one that counts"},
      {"SELECT model FROM charges WHERE ?1 = ?1 AND (price_list NOT IN (SELECT id FROM price_lists) OR agreement NOT "
       "IN "
       "(SELECT id FROM agreements))",
       "is charged by what is not there"},
      {"SELECT party FROM agreement_signatures s WHERE ?1 = ?1 AND NOT EXISTS (SELECT 1 FROM agreements a WHERE a.id = "
       "s.agreement AND a.version = s.version)",
       "has signed what is not there"},
  };
  for (const Row& row : kRows)
    if (auto good = find(row.sql, row.what, now_ms); !good) return good;
  return {};
}

}  // namespace

Result<registry::AuditHead> examine_book(database::Connection& connection, std::int64_t now_ms,
                                         const registry::AuditHead& remembered) {
  if (auto whole = connection.examine(); !whole) return std::unexpected(whole.error());
  auto snapshot = database::Snapshot::begin(connection);
  if (!snapshot) return std::unexpected(snapshot.error());
  const auto head = registry::verify_audit(connection, remembered);
  if (!head) return head;
  if (auto rows = examine_rows(connection, now_ms); !rows) return std::unexpected(rows.error());
  if (auto agreements = examine_agreements(connection); !agreements) return std::unexpected(agreements.error());
  return head;
}

Result<BookSummary> summarize(database::Connection& connection, const registry::AuditHead& audit, std::int64_t now_ms) {
  BookSummary summary{.audit = audit};
  auto rows = connection.query(
      "SELECT revision, (SELECT count(*) FROM customers), (SELECT count(*) FROM api_keys), (SELECT count(*) FROM "
      "licences WHERE replaced_ms IS NULL), (SELECT count(*) FROM leases WHERE expires_ms > ?) FROM book",
      now_ms);
  if (rows.next())
    summary = {audit, rows.integer(0), rows.integer(1), rows.integer(2), rows.integer(3), rows.integer(4)};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return summary;
}

}  // namespace stoa::licensing
