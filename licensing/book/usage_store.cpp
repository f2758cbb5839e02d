// usage_store.cpp: SQL of reservations. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/usage_store.hpp"

namespace stoa::licensing {

Result<std::uint64_t> read_reserved(database::Connection& connection, std::string_view subject, std::string_view meter,
                                    std::int64_t period_start_ms) {
  auto rows = connection.query("SELECT reserved FROM usage WHERE subject = ? AND meter = ? AND period_start_ms = ?",
                               subject, meter, period_start_ms);
  const std::uint64_t reserved = rows.next() ? static_cast<std::uint64_t>(rows.integer(0)) : 0;
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return reserved;
}

Result<void> write_reserved(database::Connection& connection, const Reservation& one) {
  return database::done(
      connection.run("INSERT INTO usage VALUES(?1, ?2, ?3, ?4) ON CONFLICT(subject, meter, period_start_ms) DO UPDATE "
                     "SET reserved = ?4",
                     one.subject, one.meter, one.period_start_ms, one.amount));
}

}  // namespace stoa::licensing
