// writing_store.hpp: one transaction on the settlement's file, with its lines of the audit log.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <utility>

#include "licensing/settlement/settlement.hpp"

namespace stoa::licensing {

// Destroyed before keep(): nothing was changed. Lock: the settlement's, held by whoever makes it.
struct Settlement::Writing {
  static Result<Writing> begin(Settlement& settlement) {
    auto transaction = database::Transaction::begin(settlement.connection_);
    if (!transaction) return std::unexpected(transaction.error());
    return Writing{settlement, std::move(*transaction)};
  }
  Result<void> note(const Order& order, std::string_view action, std::string_view subject) {
    auto line = registry::append_audit(settlement.connection_, settlement.parts_.now_ms(), order.actor, action, subject,
                                       order.reason);
    return line ? Result<void>() : std::unexpected(line.error());
  }
  Result<void> keep() { return transaction.commit(); }

  Settlement& settlement;
  database::Transaction transaction;
};

}  // namespace stoa::licensing
