// limit.cpp: periods of the calendar in UTC. SPDX-License-Identifier: Apache-2.0
#include "licensing/terms/limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>

namespace stoa::licensing {
namespace {

namespace chrono = std::chrono;

constexpr std::string_view kPeriods[] = {"none", "hour", "day", "month", "year"};

std::int64_t ms_of(chrono::sys_days day) {
  return chrono::duration_cast<chrono::milliseconds>(day.time_since_epoch()).count();
}

// The periods' borders around a time.
struct Borders {
  std::int64_t start_ms, end_ms;
};

Borders borders(Period period, std::int64_t at_ms) {
  const chrono::sys_time<chrono::milliseconds> at{chrono::milliseconds(at_ms)};
  const auto day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date{day};
  switch (period) {
    case Period::hour: {
      constexpr std::int64_t kHourMs = 3'600'000;
      const std::int64_t start = chrono::floor<chrono::hours>(at).time_since_epoch().count() * kHourMs;
      return {start, start + kHourMs};
    }
    case Period::day:
      return {ms_of(day), ms_of(day + chrono::days(1))};
    case Period::month: {
      const chrono::year_month month = date.year() / date.month();
      return {ms_of(month / 1), ms_of((month + chrono::months(1)) / 1)};
    }
    case Period::year:
      return {ms_of(date.year() / 1 / 1), ms_of((date.year() + chrono::years(1)) / 1 / 1)};
    case Period::none:
      break;
  }
  return {0, 0};
}

}  // namespace

std::string_view name_of(Period period) { return kPeriods[static_cast<std::size_t>(period)]; }

std::optional<Period> period_of(std::string_view name) {
  const auto* const at = std::ranges::find(kPeriods, name);
  if (at == std::end(kPeriods)) return std::nullopt;
  return static_cast<Period>(at - std::begin(kPeriods));
}

std::optional<std::int64_t> end_of_period(Period period, std::int64_t at_ms) {
  if (period == Period::none) return std::nullopt;
  return borders(period, at_ms).end_ms;
}

std::int64_t start_of_period(Period period, std::int64_t at_ms) { return borders(period, at_ms).start_ms; }

std::optional<std::string> flaw_of(const Rate& rate) {
  if (rate.calls < 1 || rate.calls > 1'000'000'000)
    return fmt::format("calls: is {}, allowed are 1 to 10^9", rate.calls);
  if (rate.window_ms < 1 || rate.window_ms > 86'400'000)
    return fmt::format("window_ms: is {}, allowed are 1 to 86400000 (a day)", rate.window_ms);
  return std::nullopt;
}

std::optional<std::string> flaw_of(const Quota& quota) {
  if (!is_handle(quota.meter)) return "meter: is not a lower-case dotted word";
  if (quota.amount > kAmountMax) return "amount: is over 2^53 - 1";
  return std::nullopt;
}

bool is_handle(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  });
}

}  // namespace stoa::licensing
