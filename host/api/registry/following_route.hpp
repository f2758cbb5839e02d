// following_route.hpp: how a host stands with the registry that it follows. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "host/http/exchange.hpp"

namespace stoa::api {

struct Following {
  std::string registry;
  std::uint64_t timestamp = 0;  // version of what is served; 0: nothing
  std::int64_t heard_s = 0, expires_s = 0;
  std::string reason, message;  // why it was not followed the last time; empty: it was
};

// GET /v1/following. following: any thread, prompt.
http::Route following_route(std::function<Following()> following);

}  // namespace stoa::api
