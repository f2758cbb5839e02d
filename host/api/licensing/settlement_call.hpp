// settlement_call.hpp: what the routes of money in and out have in common. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>

#include "host/api/licensing/licensing_call.hpp"
#include "licensing/settlement/settlement.hpp"

namespace stoa::api {

// unimplemented "billing.off": the host has no [billing].
Result<licensing::Settlement*> settlement_of(const LicensingCall& call);

// Who may, and the settlement.
struct SettlementOrder {
  licensing::Settlement& settlement;
  licensing::Settlement::Order order;
};
// An operator who manages money; reason: from the body.
Result<SettlementOrder> order_of(const LicensingCall& call, std::string reason);
// An operator who may read it.
Result<licensing::Settlement*> settlement_read_by_operator(const LicensingCall& call);

}  // namespace stoa::api
