// payout_store.hpp: SQL of payees and payouts. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "licensing/settlement/settlement.hpp"

namespace stoa::licensing {

Result<void> write_payee(database::Connection& connection, const Payee& payee);
Result<std::optional<Payee>> find_payee(database::Connection& connection, std::string_view party);
Result<std::vector<Payee>> read_payees(database::Connection& connection, const Page& page);

Result<void> write_payout(database::Connection& connection, const PayoutRecord& payout);
Result<PayoutRecord> read_payout(database::Connection& connection, std::string_view id);
// The newest first; page.after: those before that id.
Result<std::vector<PayoutRecord>> read_payouts(database::Connection& connection, const Settlement::PayoutFilter& filter,
                                               const Page& page);
// Of a state, in their order.
Result<std::vector<PayoutRecord>> payouts_in(database::Connection& connection, PayoutState state);

// What of a statement's closing is not to be paid any more: payouts under way, those that were booked since its month
// was closed, and what was kept back of the month.
Result<Nano> paid_or_kept(database::Connection& connection, const IssuedDocument& statement);
Result<Nano> under_way(database::Connection& connection, std::string_view party, Currency currency);

}  // namespace stoa::licensing
