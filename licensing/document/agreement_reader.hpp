// agreement_reader.hpp: the words of an agreement that writing and reading have in common.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string_view>

namespace stoa::licensing {

inline constexpr std::string_view kOfPlatformFee = "platform_fee", kOfGross = "gross";  // a referral's base
inline constexpr std::string_view kMarginal = "marginal", kCliff = "cliff";             // a tier rule

}  // namespace stoa::licensing
