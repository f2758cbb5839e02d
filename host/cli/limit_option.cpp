// limit_option.cpp SPDX-License-Identifier: Apache-2.0
#include "host/cli/limit_option.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

namespace stoa::cli {
namespace {

using client::Json;

std::unexpected<Error> wrong(const std::string& option, const std::string& text, const char* want) {
  return failure(Code::invalid_argument, "usage", fmt::format("{}: is '{}', want {}", option, text, want));
}

std::optional<std::uint64_t> number_in(std::string_view text, std::string_view& rest) {
  std::uint64_t value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (bad != std::errc()) return std::nullopt;
  rest = text.substr(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

Result<Json> rate_in(const std::string& option, const std::string& text) {
  constexpr const char* kWant = "CALLS/WINDOW, as in 100/1s, 5000/1h";
  std::string_view rest;
  const auto calls = number_in(text, rest);
  if (!calls || !rest.starts_with('/')) return wrong(option, text, kWant);
  rest.remove_prefix(1);
  const auto window = number_in(rest, rest);
  struct Unit {
    std::string_view name;
    std::uint64_t ms;
  };
  constexpr Unit kUnits[] = {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
  for (const Unit& unit : kUnits)
    if (window && rest == unit.name && *window <= 86'400'000 / unit.ms)
      return Json{{"calls", *calls}, {"window_ms", *window * unit.ms}};
  return wrong(option, text, kWant);
}

Result<Json> quota_in(const std::string& option, const std::string& text) {
  const std::size_t equals = text.find('=');
  const std::string meter = equals == text.npos ? "call" : text.substr(0, equals);
  std::string_view rest = std::string_view(text).substr(equals == text.npos ? 0 : equals + 1);
  const auto amount = number_in(rest, rest);
  if (!amount || (!rest.empty() && rest[0] != '/'))
    return wrong(option, text, "AMOUNT/PERIOD or METER=AMOUNT/PERIOD, as in 10000/month, token.out=5000000/day");
  const std::string period(rest.empty() ? "none" : rest.substr(1));
  return Json{{"meter", meter}, {"amount", *amount}, {"period", period}};
}

Json coverage_in(const std::string& text) {
  const std::size_t at = text.find('@');
  Json coverage{{"model", text.substr(0, at)}};
  if (at != text.npos) coverage["versions"] = text.substr(at + 1);
  return coverage;
}

}  // namespace stoa::cli
