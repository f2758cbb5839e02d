// billing_store.hpp: how customers pay, and all that calls are charged by, read as a whole.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "licensing/book/billing_records.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

Result<void> insert_customer_billing(database::Connection& connection, const CustomerBilling& billing);
// All there were, the newest first.
Result<std::vector<CustomerBilling>> read_customer_billing(database::Connection& connection, std::string_view customer);

// The revision alone: of the last act that changed any of it.
Result<std::int64_t> read_billing_revision(database::Connection& connection);
// What counts at now_ms. known: documents that stand there are not read again; may be null.
Result<BillingNow> read_billing(database::Connection& connection, std::int64_t now_ms, const PayerSecret& secret,
                                const BillingTerms* known);

}  // namespace stoa::licensing
