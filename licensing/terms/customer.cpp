// customer.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/customer.hpp"

#include <algorithm>
#include <iterator>

namespace stoa::licensing {
namespace {

constexpr std::string_view kStates[] = {"active", "suspended", "closed"};

}  // namespace

std::string_view name_of(CustomerState state) { return kStates[static_cast<std::size_t>(state)]; }

std::optional<CustomerState> customer_state_of(std::string_view name) {
  const auto* const at = std::ranges::find(kStates, name);
  if (at == std::end(kStates)) return std::nullopt;
  return static_cast<CustomerState>(at - std::begin(kStates));
}

Result<void> check_customer_name(std::string_view name) {
  const auto is_of_name = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; };
  if (!name.empty() && name.size() <= 64 && std::ranges::all_of(name, is_of_name) && name.front() != '-' &&
      name.back() != '-')
    return {};
  return failure(Code::invalid_argument, "customer.name",
                 "name: want 1 to 64 of a-z, 0-9 and hyphens between them, as in 'northwind'");
}

}  // namespace stoa::licensing
