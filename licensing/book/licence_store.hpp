// licence_store.hpp: the rows of licences, every serial. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "licensing/book/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

// A new serial; those before it are replaced.
Result<void> insert_licence(database::Connection& connection, const HeldLicence& held, std::int64_t now_ms,
                            std::int64_t revision);
// What became of the one that counts.
Result<void> update_licence(database::Connection& connection, const HeldLicence& held, std::int64_t revision);
// The serial that counts; not_found "licence.unknown".
Result<HeldLicence> read_licence(database::Connection& connection, const LicenceId& id);
Result<std::vector<HeldLicence>> read_serials(database::Connection& connection, const LicenceId& id);
// now_ms: what has ended before it is over.
Result<std::vector<HeldLicence>> read_licences(database::Connection& connection, const LicenceFilter& filter,
                                               const Page& page, std::int64_t now_ms);
// Floating ones of a customer that count; the oldest first.
Result<std::vector<HeldLicence>> read_floating(database::Connection& connection, const CustomerId& customer);
Result<std::vector<HeldLicence>> read_licences_since(database::Connection& connection, std::int64_t revision);

}  // namespace stoa::licensing
