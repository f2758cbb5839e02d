// offer_store.hpp: the rows of offers. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "licensing/book/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

// Replaces the row of that id.
Result<void> write_offer(database::Connection& connection, const Offer& offer);
// not_found "offer.unknown".
Result<Offer> read_offer(database::Connection& connection, std::string_view name);
Result<std::vector<Offer>> read_offers(database::Connection& connection, const Page& page);

}  // namespace stoa::licensing
