// settlement_call.cpp SPDX-License-Identifier: Apache-2.0
#include "host/api/licensing/settlement_call.hpp"

namespace stoa::api {

Result<licensing::Settlement*> settlement_of(const LicensingCall& call) {
  if (call.api.settlement) return call.api.settlement;
  return failure(Code::unimplemented, "billing.off", "this host bills nobody: add [billing] to its configuration");
}

Result<SettlementOrder> order_of(const LicensingCall& call, std::string reason) {
  const auto actor = call.operator_who(registry::Permission::manage_customers);
  if (!actor) return std::unexpected(actor.error());
  const auto settlement = settlement_of(call);
  if (!settlement) return std::unexpected(settlement.error());
  return SettlementOrder{**settlement, {actor->text(), std::move(reason), call.once()}};
}

Result<licensing::Settlement*> settlement_read_by_operator(const LicensingCall& call) {
  const auto actor = call.operator_who(registry::Permission::read_customers);
  if (!actor) return std::unexpected(actor.error());
  return settlement_of(call);
}

}  // namespace stoa::api
