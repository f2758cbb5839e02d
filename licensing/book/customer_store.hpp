// customer_store.hpp: the rows of customers. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>
#include <vector>

#include "licensing/book/records.hpp"
#include "licensing/terms/customer.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::licensing {

// Replaces the row of that id.
Result<void> write_customer(database::Connection& connection, const Customer& customer, std::int64_t revision);
// not_found "customer.unknown".
Result<Customer> read_customer(database::Connection& connection, std::string_view id_or_name);
Result<std::vector<Customer>> read_customers(database::Connection& connection, const Page& page);
Result<std::vector<Customer>> read_customers_since(database::Connection& connection, std::int64_t revision);

}  // namespace stoa::licensing
