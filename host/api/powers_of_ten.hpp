// powers_of_ten.hpp: the whole ones below 2^60. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace stoa::api {

inline constexpr std::array<std::uint64_t, 18> kWholePowersOfTen = [] {
  std::array<std::uint64_t, 18> powers{1};
  for (std::size_t i = 1; i < powers.size(); ++i) powers[i] = powers[i - 1] * 10;
  return powers;
}();

}  // namespace stoa::api
