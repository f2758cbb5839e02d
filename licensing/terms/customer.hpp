// customer.hpp: an organisation that calls models. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "licensing/terms/ids.hpp"
#include "stoa/result.hpp"

namespace stoa::licensing {

// active -> suspended -> active …; closed ends it.
enum class CustomerState : std::uint8_t { active, suspended, closed };
std::string_view name_of(CustomerState state);
std::optional<CustomerState> customer_state_of(std::string_view name);

struct Customer {
  CustomerId id;
  std::string name;          // a handle as of namespaces: "northwind"; unique
  std::string display_name;  // for people
  CustomerState state = CustomerState::active;
  std::string state_because;
  std::int64_t created_ms = 0;
};

// Error: invalid_argument "customer.name".
Result<void> check_customer_name(std::string_view name);

}  // namespace stoa::licensing
