// routes.hpp: every path the host answers, as data for the server and for its own description.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "host/api/api_context.hpp"
#include "host/http/exchange.hpp"

namespace stoa::api {

// Lifetime: api outlives the server that has these routes.
// The customer plane: the v2 protocol and /openapi.json.
std::vector<http::Route> customer_routes(ApiContext& api);
// The operator plane: /metrics, health, /openapi.json.
std::vector<http::Route> operator_routes(ApiContext& api);

}  // namespace stoa::api
