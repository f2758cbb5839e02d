// listing_json.hpp: what the catalogue shows to everybody, as JSON; and what somebody looks for.
// docs/reference/registry-api.md. SPDX-License-Identifier: Apache-2.0
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "host/api/registry/registry_call.hpp"
#include "registry/listing/listing.hpp"
#include "registry/listing/model_card.hpp"

namespace stoa::api {

struct ListingQuery {
  std::map<std::string, std::string, std::less<>> values;

  std::string value(std::string_view name) const;  // empty: not there
  Result<std::size_t> limit() const;               // 1 to 1000, 50 where nothing is said
};

// Errors: invalid_argument "registry.query" with the parameter and what it may be.
Result<registry::SearchQuery> search_in(const ListingQuery& query);

Json json_of(const registry::SearchEntry& entry);
// A row of a model's versions, without what only the release's record says.
Json json_of(const registry::ListedRelease& release);
Json json_of(const registry::ModelCard& card);
// What a page of a model says: the newest release's words, its versions and where the rest is.
Json page_json(const registry::ListedModel& model, const registry::ModelCard& newest);

}  // namespace stoa::api
