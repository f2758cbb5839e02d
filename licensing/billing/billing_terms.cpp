// billing_terms.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/billing/billing_terms.hpp"

#include <fmt/format.h>

#include <set>

namespace stoa::licensing {

Result<void> check_price_list(const PriceList& list) {
  constexpr std::size_t kMetersMax = 16;
  const auto refuse = [](std::string_view field, std::string_view rule) {
    return failure(Code::invalid_argument, "price.terms", fmt::format("{}: {}", field, rule));
  };
  if (list.id.empty()) return refuse("id", "is missing");
  if (list.publisher.empty()) return refuse("publisher", "is missing");
  if (list.meters.empty() || list.meters.size() > kMetersMax)
    return refuse("meters", fmt::format("{} of them, allowed are 1 to {}", list.meters.size(), kMetersMax));
  std::set<std::string_view> meters;
  for (const MeterPrice& price : list.meters) {
    if (auto fine = check_price(price); !fine) return fine;
    if (!meters.insert(price.meter).second)
      return refuse("meters[].meter", fmt::format("'{}' is there twice", price.meter));
  }
  return {};
}

}  // namespace stoa::licensing
