// ledger_routes.hpp: usage, spend, earnings, entries and balances under /v1, out of the journal's projection.
// docs/reference/ledger-api.md. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <functional>
#include <vector>

#include "host/api/licensing/licensing_call.hpp"
#include "licensing/projection/projection.hpp"

namespace stoa::api {

// Lifetime: outlives the server.
struct LedgerApi {
  const licensing::Projection& projection;
  // Begins one, where none runs; and how it stands with it: ledger_json.hpp. Any thread.
  std::function<Json()> begin_verification;
  std::function<Json()> verification;
};

// Of one plane.
void add_ledger_routes(LicensingApi& api, LedgerApi& ledger, Plane plane, std::vector<http::Route>& routes);

}  // namespace stoa::api
