// amount.cpp SPDX-License-Identifier: Apache-2.0
#include "licensing/money/amount.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stoa::licensing {
namespace {

constexpr int kNanoDigits = 9;
constexpr std::string_view kWhole[] = {"BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG",
                                       "RWF", "UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"};
constexpr std::string_view kThousandths[] = {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"};

std::unexpected<Error> no_amount(std::string_view text, std::string_view rule) {
  return failure(Code::invalid_argument, "money.amount", fmt::format("'{}': {}", text.substr(0, 40), rule));
}

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Result<Currency> Currency::parse(std::string_view code) {
  const bool is_code = code.size() == 3 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!is_code)
    return failure(Code::invalid_argument, "money.currency",
                   fmt::format("currency: '{}' is no ISO 4217 code of three capital letters", code.substr(0, 16)));
  return Currency({code[0], code[1], code[2]});
}

int Currency::minor_digits() const {
  if (std::ranges::find(kWhole, code()) != std::end(kWhole)) return 0;
  return std::ranges::find(kThousandths, code()) != std::end(kThousandths) ? 3 : 2;
}

std::unexpected<Error> amounts_overflow(Nano a, std::string_view sign, Nano b) {
  return failure(Code::out_of_range, "money.overflow",
                 fmt::format("{} {} {} billionths is more than 64 bits hold", a, sign, b));
}

Result<Nano> parse_amount(std::string_view text) {
  std::string_view digits = text;
  const bool is_negative = digits.starts_with('-');
  if (is_negative) digits.remove_prefix(1);
  const std::size_t point = digits.find('.');
  const std::string_view whole = digits.substr(0, point);
  const std::string_view fraction = point == std::string_view::npos ? std::string_view() : digits.substr(point + 1);
  if (!is_digits(whole) || (point != std::string_view::npos && !is_digits(fraction)))
    return no_amount(text, "is no decimal number such as 12.5");
  if (whole.size() > 1 && whole.starts_with('0')) return no_amount(text, "begins with a zero too many");
  if (fraction.size() > kNanoDigits) return no_amount(text, "has more than nine digits behind the point");

  // Downwards: the lowest number has no positive counterpart.
  Nano nano = 0;
  for (std::size_t i = 0; i < whole.size() + kNanoDigits; ++i) {
    const std::size_t behind = i - whole.size();
    const char digit = i < whole.size() ? whole[i] : behind < fraction.size() ? fraction[behind] : '0';
    if (__builtin_mul_overflow(nano, Nano{10}, &nano) || __builtin_sub_overflow(nano, Nano{digit - '0'}, &nano))
      return no_amount(text, "is more than 9.2 billion units");
  }
  if (is_negative) return nano;
  if (nano == INT64_MIN) return no_amount(text, "is more than 9.2 billion units");
  return -nano;
}

std::string amount_text(Nano nano, int min_digits) {
  const std::uint64_t size = nano < 0 ? 0 - static_cast<std::uint64_t>(nano) : static_cast<std::uint64_t>(nano);
  const std::uint64_t unit = static_cast<std::uint64_t>(kNanoPerUnit);
  std::string fraction = fmt::format("{:09}", size % unit);
  while (fraction.size() > static_cast<std::size_t>(min_digits) && fraction.ends_with('0')) fraction.pop_back();
  return fmt::format("{}{}{}{}", nano < 0 ? "-" : "", size / unit, fraction.empty() ? "" : ".", fraction);
}

}  // namespace stoa::licensing
