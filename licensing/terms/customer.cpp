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

}  // namespace stoa::licensing
