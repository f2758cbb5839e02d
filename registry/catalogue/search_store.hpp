// search_store.hpp: from a filter to the query that finds its releases without reading all.
// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <string>
#include <string_view>

#include "registry/catalogue/release_store.hpp"
#include "registry/database/sqlite_store.hpp"

namespace stoa::registry {

// Selects ids from the newest back, with the numbered values ?1 publisher, ?2 plugin, ?3 state, ?4 after, ?5 model, ?6
// task, ?7 like_pattern(text), ?8 most.
Result<std::string> select_ids(database::Connection& connection, const ReleaseFilter& filter);

// LIKE's own signs are letters of the text that is looked for. Empty for an empty one.
std::string like_pattern(std::string_view text);

}  // namespace stoa::registry
