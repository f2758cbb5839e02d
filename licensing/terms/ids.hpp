// ids.hpp: the ids of those who call, of what they show, and of what they may. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

#include "registry/document/id.hpp"

namespace stoa::licensing {

using registry::Id;
using registry::new_id;

struct CustomerTag {
  static constexpr std::string_view kPrefix = "cus";
};
struct KeyTag {
  static constexpr std::string_view kPrefix = "key";
};
struct LicenceTag {
  static constexpr std::string_view kPrefix = "lic";
};
struct LeaseTag {
  static constexpr std::string_view kPrefix = "lea";
};
struct OfferTag {
  static constexpr std::string_view kPrefix = "off";
};
struct PriceTag {
  static constexpr std::string_view kPrefix = "pri";
};
struct AgreementTag {
  static constexpr std::string_view kPrefix = "agr";
};
using CustomerId = Id<CustomerTag>;
using ApiKeyId = Id<KeyTag>;
using LicenceId = Id<LicenceTag>;
using LeaseId = Id<LeaseTag>;
using OfferId = Id<OfferTag>;
using PriceListId = Id<PriceTag>;
using AgreementId = Id<AgreementTag>;

}  // namespace stoa::licensing
