// webhook_routes.hpp: webhooks under /v1, on the operators' plane. docs/reference/webhooks.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "host/api/licensing/licensing_call.hpp"
#include "licensing/outbox/outbox.hpp"

namespace stoa::api {

// What the endpoints share. Lifetime: outlives the server.
struct WebhookApi {
  LicensingApi& licensing;
  licensing::Outbox& outbox;
  // Of each log that webhooks are told from, where it ends now: a new webhook begins there. Any thread; may block.
  std::function<Result<std::vector<std::pair<std::string, std::uint64_t>>>()> ends;
};

void add_webhook_routes(WebhookApi& api, std::vector<http::Route>& routes);

}  // namespace stoa::api
