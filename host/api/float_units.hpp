// float_units.hpp: what one unit in a float's last place is worth in decimal. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace stoa::api {

// Per exponent field of a normal float: what one unit in its last place is worth, as unit / 2^60 * 10^exponent, rounded
// down, with the exponent that puts unit between 1 and 10. Zero for zero, subnormals and what is not finite.
struct FloatUnit {
  std::uint64_t unit;
  std::int64_t exponent;
};

inline constexpr int kUnitBits = 60;

// An integer of 256 bits, for the table.
class WideInteger {
 public:
  constexpr void multiply(std::uint32_t by) {
    std::uint64_t carry = 0;
    for (auto& limb : limbs_) {
      carry += std::uint64_t{limb} * by;
      limb = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
  }
  constexpr void divide(std::uint32_t by) {  // rounds down, and so does a row of them
    std::uint64_t rest = 0;
    for (int i = 7; i >= 0; --i) {
      rest = rest << 32 | limbs_[i];
      limbs_[i] = static_cast<std::uint32_t>(rest / by);
      rest %= by;
    }
  }
  constexpr void shift(int left) {  // to the right where negative, rounding down
    for (; left >= 16; left -= 16) multiply(1u << 16);
    for (; left <= -16; left += 16) divide(1u << 16);
    if (left > 0) multiply(1u << left);
    if (left < 0) divide(1u << -left);
  }
  constexpr std::uint64_t low() const { return std::uint64_t{limbs_[1]} << 32 | limbs_[0]; }

 private:
  std::uint32_t limbs_[8] = {1};
};

inline constexpr std::array<FloatUnit, 256> kFloatUnits = [] {
  std::array<FloatUnit, 256> units{};
  for (int field = 1; field < 255; ++field) {
    const int binary = field - 150;
    const int exponent = (binary * 315'653) >> 20;  // floor(log10(2^binary)), right for all of them
    WideInteger unit;
    for (int i = 0; i < -exponent; ++i) unit.multiply(10);
    unit.shift(binary + kUnitBits);
    for (int i = 0; i < exponent; ++i) unit.divide(10);
    units[static_cast<std::size_t>(field)] = {unit.low(), exponent};
  }
  return units;
}();

}  // namespace stoa::api
