// price_store.hpp: the rows of price lists and of what is charged by them. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "licensing/book/billing_records.hpp"
#include "licensing/book/records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

Result<void> insert_price_list(database::Connection& connection, const HeldPriceList& held);
// The newest version. not_found "price.unknown".
Result<HeldPriceList> read_price_list(database::Connection& connection, const PriceListId& id);
// The one that counts then; nothing: none does. not_found "price.unknown".
Result<std::optional<HeldPriceList>> read_price_list_at(database::Connection& connection, const PriceListId& id,
                                                        std::int64_t at_ms);
Result<std::vector<HeldPriceList>> read_price_versions(database::Connection& connection, const PriceListId& id);
// The newest version of each. publisher: empty for all.
Result<std::vector<HeldPriceList>> read_price_lists(database::Connection& connection, std::string_view publisher,
                                                    const Page& page);

Result<void> insert_charge(database::Connection& connection, const Charge& charge);
// What models are charged by at that moment: page.after is a model.
Result<std::vector<Charge>> read_charges_at(database::Connection& connection, std::int64_t at_ms, const Page& page);
// Of one model: all there were and will be, the latest first.
Result<std::vector<Charge>> read_charges_of(database::Connection& connection, std::string_view model);

}  // namespace stoa::licensing
