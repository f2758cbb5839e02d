// utc_time.hpp: a moment as milliseconds of Unix time, and as text: RFC 3339 in UTC.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace stoa::registry {

inline constexpr std::int64_t kUtcMaxMs = 253'402'300'799'999;  // 9999-12-31T23:59:59.999Z, the last there is a text of

// "2026-01-31T23:59:59.000Z": always 24 characters. What lies outside 1970 to 9999 is told as the nearest that does
// not.
std::string utc_text(std::int64_t ms);

// That form; and, as people write it, without the milliseconds, or a day alone, which is its first moment. Anything
// else, and what was before 1970, is nothing.
std::optional<std::int64_t> utc_ms_of(std::string_view text);

}  // namespace stoa::registry
