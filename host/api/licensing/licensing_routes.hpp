// licensing_routes.hpp: customers, keys, licences and leases under /v1, group by group.
// docs/reference/licensing-api.md. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "host/api/licensing/licensing_call.hpp"

namespace stoa::api {

// The operators' plane.
void add_customer_routes(LicensingApi& api, std::vector<http::Route>& routes);
void add_licence_routes(LicensingApi& api, std::vector<http::Route>& routes);
void add_offer_routes(LicensingApi& api, std::vector<http::Route>& routes);
void add_agreement_routes(LicensingApi& api, std::vector<http::Route>& routes);
void add_price_routes(LicensingApi& api, Plane plane, std::vector<http::Route>& routes);  // of either plane
void add_book_routes(LicensingApi& api, std::vector<http::Route>& routes);  // leases in use, the audit log
// Money in and out: docs/reference/settlement-api.md.
void add_wallet_routes(LicensingApi& api, std::vector<http::Route>& routes);
void add_document_routes(LicensingApi& api, std::vector<http::Route>& routes);
void add_payout_routes(LicensingApi& api, std::vector<http::Route>& routes);
void add_own_wallet_routes(LicensingApi& api, std::vector<http::Route>& routes);
void add_own_invoice_routes(LicensingApi& api, std::vector<http::Route>& routes);
// The customers': what a key's holder may ask about itself.
void add_account_routes(LicensingApi& api, std::vector<http::Route>& routes);
void add_lease_routes(LicensingApi& api, std::vector<http::Route>& routes);
// What of a key an operator and its customer do alike; actor: who may.
Result<RegistryAnswer> rotate_key_of(LicensingCall& call, const licensing::Actor& actor);
Result<RegistryAnswer> revoke_key_of(LicensingCall& call, const licensing::Actor& actor);
// The terms of a body, with those of the offer that it names.
Result<Json> terms_with_offer(LicensingCall& call, Json body);
// All of a plane.
void add_licensing_routes(LicensingApi& api, Plane plane, std::vector<http::Route>& routes);

}  // namespace stoa::api
