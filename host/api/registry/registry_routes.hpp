// registry_routes.hpp: the registry's API under /v1, group by group. docs/reference/registry-api.md.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <vector>

#include "host/api/registry/registry_call.hpp"

namespace stoa::api {

void add_operator_routes(RegistryApi& api, std::vector<http::Route>& routes);
void add_publisher_routes(RegistryApi& api, std::vector<http::Route>& routes);
void add_release_routes(RegistryApi& api, std::vector<http::Route>& routes);
void add_evaluation_routes(RegistryApi& api, std::vector<http::Route>& routes);
void add_alias_routes(RegistryApi& api, std::vector<http::Route>& routes);
void add_upkeep_routes(RegistryApi& api, std::vector<http::Route>& routes);
void add_rollout_routes(RegistryApi& api, std::vector<http::Route>& routes);
// What everybody may see of models; the same on either plane.
void add_listing_routes(RegistryApi& api, std::vector<http::Route>& routes);
// Packages. For everybody, as on the customer plane: what is public, and nobody's token is looked at, or by the keys of
// customers where RegistryApi says that downloads are not public. For actors: what theirs opens, too.
enum class PackagesFor : std::uint8_t { everybody, actors };
void add_catalogue_routes(RegistryApi& api, std::vector<http::Route>& routes, PackagesFor whom);
// The signed metadata under /tuf. Pre: api.metadata.
void add_metadata_routes(RegistryApi& api, std::vector<http::Route>& routes, PackagesFor whom);

// The answer of every route that gives a package away: whole, a range, or 304. hex: its digest as it was asked for.
http::Task<void> serve_package(RegistryApi& api, http::Exchange& exchange, PackagesFor whom, std::string hex);

// Whether a release, and what is said about it, is for who asks.
bool may_see(const std::optional<registry::Actor>& actor, const registry::ReleaseRecord& release);

}  // namespace stoa::api
