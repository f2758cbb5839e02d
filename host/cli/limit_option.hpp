// limit_option.hpp: rates, quotas and coverages as they are written on a command line.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <vector>

#include "host/client/http_client.hpp"
#include "stoa/result.hpp"

namespace stoa::cli {

// "100/1s", "5000/1h": {"calls":100,"window_ms":1000}. Windows: ms, s, m, h. usage: with the option's name.
Result<client::Json> rate_in(const std::string& option, const std::string& text);
// "10000/month", "token.out=5000000/day", "100": {"meter":"call","amount":10000,"period":"month"}.
Result<client::Json> quota_in(const std::string& option, const std::string& text);
// "acme/vision", "acme/*", "acme/vision@^1.2".
client::Json coverage_in(const std::string& text);

}  // namespace stoa::cli
