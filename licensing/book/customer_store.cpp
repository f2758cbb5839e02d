// customer_store.cpp: SQL of customers. SPDX-License-Identifier: Apache-2.0
#include "licensing/book/customer_store.hpp"

#include <fmt/format.h>

namespace stoa::licensing {
namespace {

constexpr std::string_view kCustomerColumns = "id, name, display_name, state, state_because, created_ms";

Customer customer_of(const database::Rows& rows) {
  return {.id = {std::string(rows.text(0))},
          .name = std::string(rows.text(1)),
          .display_name = std::string(rows.text(2)),
          .state = customer_state_of(rows.text(3)).value_or(CustomerState::suspended),
          .state_because = std::string(rows.text(4)),
          .created_ms = rows.integer(5)};
}

Result<std::vector<Customer>> all_customers(database::Rows rows) {
  std::vector<Customer> customers;
  while (rows.next()) customers.push_back(customer_of(rows));
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return customers;
}

}  // namespace

Result<void> write_customer(database::Connection& connection, const Customer& customer, std::int64_t revision) {
  return database::done(
      connection.run("INSERT INTO customers VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT(id) DO UPDATE SET "
                     "display_name = ?3, state = ?4, state_because = ?5, changed = ?7",
                     customer.id.text, customer.name, customer.display_name, name_of(customer.state),
                     customer.state_because, customer.created_ms, revision));
}

Result<Customer> read_customer(database::Connection& connection, std::string_view id_or_name) {
  auto rows = connection.query(fmt::format("SELECT {} FROM customers WHERE id = ?1 OR name = ?1", kCustomerColumns),
                               id_or_name);
  if (rows.next()) return customer_of(rows);
  if (auto end = rows.end(); !end) return std::unexpected(end.error());
  return failure(Code::not_found, "customer.unknown",
                 fmt::format("there is no customer '{}'", id_or_name.substr(0, 80)));
}

Result<std::vector<Customer>> read_customers(database::Connection& connection, const Page& page) {
  return all_customers(
      connection.query(fmt::format("SELECT {} FROM customers WHERE id > ? ORDER BY id LIMIT ?", kCustomerColumns),
                       page.after, page.most));
}

Result<std::vector<Customer>> read_customers_since(database::Connection& connection, std::int64_t revision) {
  return all_customers(
      connection.query(fmt::format("SELECT {} FROM customers WHERE changed > ?", kCustomerColumns), revision));
}

}  // namespace stoa::licensing
