// limit.hpp: how fast, and how much: rates and quotas. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stoa::licensing {

inline constexpr std::uint64_t kAmountMax = (1ull << 53) - 1;  // what every reader of JSON takes exactly

// `calls` a `window_ms`, evenly refilled (the generic cell rate algorithm): a client that waited may use them all at
// once, and then one more in each window / calls.
struct Rate {
  std::uint64_t calls = 0;      // 1 … 10^9
  std::uint64_t window_ms = 0;  // 1 … 86'400'000
  friend bool operator==(const Rate&, const Rate&) = default;
};
// The field and the rule it breaks; nothing: it makes sense.
std::optional<std::string> flaw_of(const Rate& rate);

// What is counted: "call" (the host counts), or a meter that plugins report ("token.out", "image", "second.audio").
// When the period is over, counting starts at zero. Periods are those of the calendar in UTC.
enum class Period : std::uint8_t { none, hour, day, month, year };
std::string_view name_of(Period period);
std::optional<Period> period_of(std::string_view name);
// The first millisecond of the period after the one at_ms lies in; nothing for Period::none.
std::optional<std::int64_t> end_of_period(Period period, std::int64_t at_ms);
std::int64_t start_of_period(Period period, std::int64_t at_ms);  // 0 for Period::none

struct Quota {
  std::string meter = "call";
  std::uint64_t amount = 0;
  Period period = Period::none;
  friend bool operator==(const Quota&, const Quota&) = default;
};
std::optional<std::string> flaw_of(const Quota& quota);

// What meters, features and issuers are called: 1 to 64 of a-z, 0-9, '-', '_', '.'.
bool is_handle(std::string_view text);

}  // namespace stoa::licensing
