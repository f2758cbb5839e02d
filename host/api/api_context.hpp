// api_context.hpp: what the handlers share; made by the composition root, outlives the server.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/api/access_gate.hpp"
#include "host/api/desk.hpp"
#include "host/api/idempotency_gate.hpp"
#include "host/api/metrics.hpp"
#include "host/api/reader_pool.hpp"
#include "host/api/registry/signal_list.hpp"
#include "host/api/rollout_report.hpp"
#include "host/http/server.hpp"
#include "host/inference/catalog.hpp"
#include "stoa/result.hpp"

namespace stoa::api {

struct ApiContext {
  const inference::Catalog& catalog;
  Metrics& metrics;
  std::function<bool()> is_loading = [] { return false; };  // packages found at start are still on their way
  std::function<bool()> is_draining = [] { return false; };
  // What "acme/vision@^1.2" or "@champion" means now: the version. share_ppm: the asker's place in a divided alias. Any
  // thread, prompt. Empty, or model.unknown: only versions that are served under their own name count.
  std::function<Result<std::string>(std::string_view model, std::string_view selector, std::uint32_t share_ppm)>
      resolve = {};
  // Of a version or range that resolve() does not know, the version: it is published, and loaded now because it was
  // asked for. Errors: unavailable "release.loading": again when releases_changed says so; others are answers. Any
  // thread, prompt. Empty: nothing is loaded so.
  std::function<Result<std::string>(std::string_view model, std::string_view selector)> demand = {};
  // Why nobody is answered by a model's bare name, where the catalogue has something to say. Any thread, prompt.
  std::function<std::optional<Error>(std::string_view model)> no_default = {};
  std::uint32_t demand_wait_ms = 10'000;  // for one that loads
  SignalList releases_changed = {};       // wakes who waits for one
  // The field in which a gateway in front says which customer asks, in lower case; empty: there is none, and whatever
  // clients send counts for nothing.
  std::string customer_field = {};
  // Who may call: null, everybody may. With it a customer is whose key it is, and customer_field counts for nothing.
  AccessGate* gate = nullptr;
  // What calls cost: null, nothing. With it the gate charges by it.
  BillingGate* billing = nullptr;
  // Calls with an Idempotency-Key; null: the field counts for nothing. With it there is a gate.
  IdempotencyGate* keys = nullptr;
  // For /metrics; set once the server exists.
  std::function<http::ServerStatistics()> server_statistics = [] { return http::ServerStatistics{}; };
  std::function<std::vector<HostGauge>()> gauges = [] { return std::vector<HostGauge>{}; };        // the same
  std::function<std::vector<ModelReport>()> rollouts = [] { return std::vector<ModelReport>{}; };  // the same
  std::string server_name = "stoa";
  std::string server_version = STOA_VERSION;
  ReaderPool readers = {};
  Desk long_bodies{2, 64};  // where JSON is read that would keep an I/O thread from others for milliseconds
};

// As much as is known before the body is read. Lifetime: until the handler next waits.
inline inference::Asker asker_of(const ApiContext& api, http::Exchange& exchange) {
  const http::RequestHead& head = exchange.head();
  const std::string_view customer = api.gate != nullptr          ? api.gate->customer_of(exchange)
                                    : api.customer_field.empty() ? std::string_view()
                                                                 : head.find(api.customer_field);
  return {.customer = customer, .request = head.request_id};
}

// Nobody answers: what the catalogue says of a bare name, else what was found.
inline Error why_none(const ApiContext& api, std::string_view model, std::string_view version, const Error& found) {
  if (!version.empty() || !api.no_default) return found;
  return api.no_default(model).value_or(found);
}

// What a model's name with a range or an alias means to this asker: the version.
inline Result<std::string> resolve_for(const ApiContext& api, std::string_view model, std::string_view selector,
                                       const inference::Asker& asker) {
  return api.resolve(model, selector, inference::place_of(model, inference::key_of(asker)));
}

// Who answers a session whose first bytes went elsewhere: all of a session goes to one release, of a divided alias,
// too.
inline Result<inference::Routed> route_session(const ApiContext& api, std::string_view model, std::string_view selector,
                                               const inference::Asker& asker) {
  if (selector.empty()) return api.catalog.route(model, "", asker);
  const auto version = resolve_for(api, model, selector, asker);
  if (!version) return std::unexpected(version.error());
  return api.catalog.route(model, *version, asker);
}

}  // namespace stoa::api
