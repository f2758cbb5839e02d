// utc_time.cpp SPDX-License-Identifier: Apache-2.0
#include "registry/document/utc_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

namespace stoa::registry {
namespace {

namespace chrono = std::chrono;

constexpr std::string_view kForm = "dddd-dd-ddTdd:dd:dd.dddZ";

bool has_form(std::string_view text, std::string_view form) {
  return std::ranges::equal(text, form,
                            [](char c, char wanted) { return wanted == 'd' ? c >= '0' && c <= '9' : c == wanted; });
}

int digits(std::string_view text, std::size_t at, std::size_t count) {
  int value = 0;
  for (const char c : text.substr(at, count)) value = value * 10 + (c - '0');
  return value;
}

}  // namespace

std::string utc_text(std::int64_t ms) {
  const chrono::sys_time<chrono::milliseconds> at{chrono::milliseconds(std::clamp<std::int64_t>(ms, 0, kUtcMaxMs))};
  const auto day = chrono::floor<chrono::days>(at);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss time{at - day};
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::optional<std::int64_t> utc_ms_of(std::string_view text) {
  const bool has_ms = has_form(text, kForm);
  const bool has_time =
      has_ms || (text.ends_with('Z') && has_form(text.substr(0, text.size() - 1), kForm.substr(0, 19)));
  if (!has_time && !has_form(text, kForm.substr(0, 10))) return std::nullopt;
  const chrono::year_month_day date{chrono::year(digits(text, 0, 4)),
                                    chrono::month(static_cast<unsigned>(digits(text, 5, 2))),
                                    chrono::day(static_cast<unsigned>(digits(text, 8, 2)))};
  if (!date.ok() || date.year() < chrono::year(1970)) return std::nullopt;
  std::int64_t ms = chrono::sys_days(date).time_since_epoch().count() * 86'400'000LL;
  if (!has_time) return ms;
  const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
  if (hour > 23 || minute > 59 || second > 59) return std::nullopt;
  ms += ((hour * 60LL + minute) * 60 + second) * 1'000;
  return has_ms ? ms + digits(text, 20, 3) : ms;
}

}  // namespace stoa::registry
