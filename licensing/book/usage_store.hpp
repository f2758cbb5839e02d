// usage_store.hpp: what is reserved of quotas. SPDX-License-Identifier: Apache-2.0
#pragma once
#include "licensing/book/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

// 0: nothing yet.
Result<std::uint64_t> read_reserved(database::Connection& connection, std::string_view subject, std::string_view meter,
                                    std::int64_t period_start_ms);
Result<void> write_reserved(database::Connection& connection, const Reservation& one);

}  // namespace stoa::licensing
