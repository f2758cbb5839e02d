// credit_store.hpp: SQL of what was given for a time: credits of customers, reserves of parties.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "licensing/settlement/settlement_records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

Result<void> insert_credit(database::Connection& connection, const PromoCredit& credit);
// Of acts that were booked, and not over; customer empty: of all. The first to expire first.
Result<std::vector<PromoCredit>> open_credits(database::Connection& connection, std::string_view customer);
Result<void> end_credit(database::Connection& connection, std::string_view act);

Result<void> insert_reserve(database::Connection& connection, const HeldReserve& reserve);
// Of acts that were booked, not over, and due at now_ms.
Result<std::vector<HeldReserve>> due_reserves(database::Connection& connection, std::int64_t now_ms);
Result<void> end_reserve(database::Connection& connection, std::string_view act);

}  // namespace stoa::licensing
