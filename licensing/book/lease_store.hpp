// lease_store.hpp: the rows of leases. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <vector>

#include "licensing/book/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

// Replaces the row of that id.
Result<void> write_lease(database::Connection& connection, const Lease& lease);
// All of a licence's, that are held or ran out, go by another id from now on.
Result<void> move_leases(database::Connection& connection, const LicenceId& from, const LicenceId& to);
Result<void> delete_lease(database::Connection& connection, const LeaseId& id);
Result<std::optional<Lease>> find_lease(database::Connection& connection, const LeaseId& id);
// How many of a licence's are held at that time, and when the first of them runs out.
struct SeatCount {
  std::uint32_t held = 0;
  std::optional<std::int64_t> next_free_ms;
};
Result<SeatCount> count_leases(database::Connection& connection, const LicenceId& licence, std::int64_t at_ms);
// How many of the same licence's that are held at that time were taken before this one.
Result<std::uint32_t> count_leases_before(database::Connection& connection, const Lease& lease, std::int64_t at_ms);
// Those that had run out at that time.
Result<std::vector<Lease>> read_expired(database::Connection& connection, const LicenceId& licence, std::int64_t at_ms);
struct LeaseFilter {
  std::optional<CustomerId> customer;
  std::optional<LicenceId> licence;
};
// held_after_ms: those whose time ends after it.
Result<std::vector<Lease>> read_leases(database::Connection& connection, const LeaseFilter& filter, const Page& page,
                                       std::int64_t held_after_ms);

}  // namespace stoa::licensing
