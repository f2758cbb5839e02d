// amount.hpp: money in whole billionths, and arithmetic that says when it does not fit.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "stoa/result.hpp"

namespace stoa::licensing {

// Billionths of a currency's unit: 9.2 billion units fit, and a hundredth of a cent per million tokens is 0.1 of them
// per token, which a price's remainder carries.
using Nano = std::int64_t;
inline constexpr Nano kNanoPerUnit = 1'000'000'000;

// An ISO 4217 code. Which of them a platform trades in is its own matter.
class Currency {
 public:
  // Three capital letters. Error: invalid_argument "money.currency".
  static Result<Currency> parse(std::string_view code);
  std::string_view code() const { return {code_.data(), code_.size()}; }
  // Digits of the smallest unit that is paid out: 2 for EUR, 0 for JPY, 3 for KWD (ISO 4217, list one, 2024).
  int minor_digits() const;
  friend auto operator<=>(const Currency&, const Currency&) = default;

 private:
  explicit constexpr Currency(std::array<char, 3> code) : code_(code) {}
  std::array<char, 3> code_;
};

// Amounts of two currencies never meet without somebody's rate.
struct Money {
  Currency currency;
  Nano nano = 0;
  friend bool operator==(const Money&, const Money&) = default;
};

std::unexpected<Error> amounts_overflow(Nano a, std::string_view sign, Nano b);
// Error: out_of_range "money.overflow", with both numbers.
inline Result<Nano> plus(Nano a, Nano b) {
  Nano sum;
  if (__builtin_add_overflow(a, b, &sum)) return amounts_overflow(a, "+", b);
  return sum;
}
inline Result<Nano> minus(Nano a, Nano b) {
  Nano difference;
  if (__builtin_sub_overflow(a, b, &difference)) return amounts_overflow(a, "-", b);
  return difference;
}

// "12.5", "-0.000000001": no exponent, at most nine digits behind the point. Error: invalid_argument "money.amount".
Result<Nano> parse_amount(std::string_view text);
// The shortest text that parse_amount reads as the same; at least min_digits behind the point.
std::string amount_text(Nano nano, int min_digits = 0);

}  // namespace stoa::licensing
