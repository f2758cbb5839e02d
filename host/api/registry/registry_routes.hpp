// registry_routes.hpp: the registry's API under /v1, group by group. docs/reference/registry-api.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "host/api/registry/registry_call.hpp"

namespace stoa::api {

void add_operator_routes(RegistryApi& api, std::vector<http::Route>& routes);
void add_publisher_routes(RegistryApi& api, std::vector<http::Route>& routes);
void add_release_routes(RegistryApi& api, std::vector<http::Route>& routes);
void add_alias_routes(RegistryApi& api, std::vector<http::Route>& routes);
// What anybody may ask, on the customer plane, too: models, releases, cards, packages.
void add_catalogue_routes(RegistryApi& api, std::vector<http::Route>& routes);

}  // namespace stoa::api
