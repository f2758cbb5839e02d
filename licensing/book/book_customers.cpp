// book_customers.cpp: customers and their states. SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "licensing/book/act_store.hpp"
#include "licensing/book/customer_store.hpp"
#include "licensing/book/lease_store.hpp"
#include "registry/document/words.hpp"

namespace stoa::licensing {
namespace {

constexpr std::size_t kDisplayNameMax = 200;

}  // namespace

Result<Customer> Book::create_customer(const Actor& actor, std::string_view name, std::string_view display_name) {
  if (auto allowed = require_operator(actor, "create customers"); !allowed) return std::unexpected(allowed.error());
  if (auto good = check_customer_name(name); !good) return std::unexpected(good.error());
  if (auto good = registry::check_words("display_name", display_name, kDisplayNameMax); !good)
    return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  if (const auto known = read_customer(writing_, name))
    return failure(
        Code::already_exists, "customer.exists",
        fmt::format("name: there is a customer '{}' already ({}, {})", name, known->id.text, name_of(known->state)));
  else if (known.error().code != Code::not_found)
    return std::unexpected(known.error());
  Customer customer{.id = new_id<CustomerTag>(act->now_ms),
                    .name = std::string(name),
                    .display_name = std::string(display_name.empty() ? name : display_name),
                    .state = CustomerState::active,
                    .state_because = {},
                    .created_ms = act->now_ms};
  if (auto kept = write_customer(writing_, customer, act->revision); !kept) return std::unexpected(kept.error());
  const std::string subject = customer.id.text;
  return act->end_with(std::move(customer), actor, "customer.create", subject, name);
}

Result<Customer> Book::set_customer_state(const Actor& actor, const CustomerId& id, CustomerState state,
                                          std::string_view because) {
  if (auto allowed = require_operator(actor, "suspend, resume or close customers"); !allowed)
    return std::unexpected(allowed.error());
  if (auto good = registry::check_words("because", because); !good) return std::unexpected(good.error());
  auto act = Act::begin(*this);
  if (!act) return std::unexpected(act.error());
  auto customer = read_customer(writing_, id.text);
  if (!customer) return customer;
  if (customer->state == state || customer->state == CustomerState::closed)
    return failure(Code::failed_precondition, "customer.state",
                   fmt::format("customer '{}' is {} and cannot become {}", customer->name, name_of(customer->state),
                               name_of(state)));
  const std::string detail = fmt::format("{} -> {}: {}", name_of(customer->state), name_of(state), because);
  customer->state = state;
  customer->state_because = because;
  if (auto kept = write_customer(writing_, *customer, act->revision); !kept) return std::unexpected(kept.error());
  if (state == CustomerState::closed)
    if (auto ended = act->end_leases(actor, {.customer = customer->id, .licence = {}}, "the customer is closed");
        !ended)
      return std::unexpected(ended.error());
  return act->end_with(std::move(*customer), actor, "customer.state", id.text, detail);
}

Result<Customer> Book::customer(std::string_view id_or_name) {
  return read([&](database::Connection& connection) { return read_customer(connection, id_or_name); });
}

Result<std::vector<Customer>> Book::customers(const Page& page) {
  return read([&](database::Connection& connection) { return read_customers(connection, page); });
}

}  // namespace stoa::licensing
