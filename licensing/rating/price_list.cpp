// price_list.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/rating/price_list.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>

namespace stoa::licensing {

Result<void> check_price_list(const PriceList& list) {
  const auto refuse = [](std::string_view field, std::string_view rule) {
    return failure(Code::invalid_argument, "price.terms", fmt::format("{}: {}", field, rule));
  };
  if (list.id.empty()) return refuse("id", "is missing");
  if (list.publisher.empty()) return refuse("publisher", "is missing");
  if (list.meters.empty() || list.meters.size() > kMetersMax)
    return refuse("meters", fmt::format("{} of them, allowed are 1 to {}", list.meters.size(), kMetersMax));
  std::set<std::string_view> meters;
  for (std::size_t i = 0; i < list.meters.size(); ++i) {
    const MeterPrice& price = list.meters[i];
    // Its message begins with a field of the meter's own.
    if (auto fine = check_price(price); !fine)
      return failure(Code::invalid_argument, "price.terms", fmt::format("meters[{}].{}", i, fine.error().message));
    if (!meters.insert(price.meter).second)
      return refuse("meters[].meter", fmt::format("'{}' is there twice", price.meter));
  }
  if (list.minimum < 0) return refuse("minimum", "is below zero");
  if (list.minimum > 0 && list.period == Period::none) return refuse("minimum", "wants a period");
  if (list.until_ms && *list.until_ms <= list.from_ms) return refuse("until", "is not after from");
  return {};
}

}  // namespace stoa::licensing
