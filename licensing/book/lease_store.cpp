// lease_store.cpp: SQL of leases. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/lease_store.hpp"

#include <fmt/format.h>

#include "registry/database/digest_column.hpp"

namespace stoa::licensing {
namespace {

constexpr std::string_view kLeaseColumns =
    "id, sha256, licence, customer, api_key, holder, taken_ms, renewed_ms, expires_ms";

Lease lease_of(const database::Rows& rows) {
  return {.id = {std::string(rows.text(0))},
          .hash = registry::digest_in(rows, 1),
          .licence = {std::string(rows.text(2))},
          .customer = {std::string(rows.text(3))},
          .key = {std::string(rows.text(4))},
          .holder = std::string(rows.text(5)),
          .taken_ms = rows.integer(6),
          .renewed_ms = rows.integer(7),
          .expires_ms = rows.integer(8)};
}

Result<std::vector<Lease>> all_leases(database::Rows rows) {
  std::vector<Lease> leases;
  while (rows.next()) leases.push_back(lease_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return leases;
}

}  // namespace

Result<void> write_lease(database::Connection& connection, const Lease& lease) {
  return database::done(
      connection.run("INSERT INTO leases VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(id) DO UPDATE SET "
                     "sha256 = ?2, renewed_ms = ?8, expires_ms = ?9",
                     lease.id.text, lease.hash, lease.licence.text, lease.customer.text, lease.key.text, lease.holder,
                     lease.taken_ms, lease.renewed_ms, lease.expires_ms));
}

Result<void> move_leases(database::Connection& connection, const LicenceId& from, const LicenceId& to) {
  return database::done(connection.run("UPDATE leases SET licence = ?2 WHERE licence = ?1", from.text, to.text));
}

Result<void> delete_lease(database::Connection& connection, const LeaseId& id) {
  return database::done(connection.run("DELETE FROM leases WHERE id = ?", id.text));
}

Result<std::optional<Lease>> find_lease(database::Connection& connection, const LeaseId& id) {
  auto rows = connection.query(fmt::format("SELECT {} FROM leases WHERE id = ?", kLeaseColumns), id.text);
  std::optional<Lease> lease;
  if (rows.next()) lease = lease_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return lease;
}

Result<SeatCount> count_leases(database::Connection& connection, const LicenceId& licence, std::int64_t at_ms) {
  auto rows = connection.query("SELECT count(*), min(expires_ms) FROM leases WHERE licence = ? AND expires_ms > ?",
                               licence.text, at_ms);
  SeatCount count;
  if (rows.next()) count = {static_cast<std::uint32_t>(rows.integer(0)), rows.optional_integer(1)};
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return count;
}

Result<std::uint32_t> count_leases_before(database::Connection& connection, const Lease& lease, std::int64_t at_ms) {
  auto rows = connection.query("SELECT count(*) FROM leases WHERE licence = ? AND expires_ms > ? AND id < ?",
                               lease.licence.text, at_ms, lease.id.text);
  const std::uint32_t count = rows.next() ? static_cast<std::uint32_t>(rows.integer(0)) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return count;
}

Result<std::vector<Lease>> read_expired(database::Connection& connection, const LicenceId& licence,
                                        std::int64_t at_ms) {
  return all_leases(connection.query(
      fmt::format("SELECT {} FROM leases WHERE licence = ? AND expires_ms <= ?", kLeaseColumns), licence.text, at_ms));
}

Result<std::vector<Lease>> read_leases(database::Connection& connection, const LeaseFilter& filter, const Page& page,
                                       std::int64_t held_after_ms) {
  std::string where = "id > ?1 AND expires_ms > ?2";
  if (filter.customer) where += " AND customer = ?3";
  if (filter.licence) where += " AND licence = ?4";
  return all_leases(
      connection.query(fmt::format("SELECT {} FROM leases WHERE {} ORDER BY id LIMIT ?5", kLeaseColumns, where),
                       page.after, held_after_ms, filter.customer ? filter.customer->text : "",
                       filter.licence ? filter.licence->text : "", page.most));
}

}  // namespace stoa::licensing
